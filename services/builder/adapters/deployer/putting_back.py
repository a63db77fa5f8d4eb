"""Puts back what a failed deploy has changed: CloudFormation undoes only the stack that failed."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from services.builder.adapters.deployer.errors import OutOfTime, StackFailed, Stopped
from services.builder.adapters.deployer.one_stack import Deployed, OneStack
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.removal import remove_stacks
from services.builder.adapters.deployer.states import DELETE_FAILED, GONE, is_busy
from services.builder.adapters.deployer.uploads import Uploads
from services.builder.domain.assembly.checked import CheckedStack
from services.builder.domain.assembly.refusals import Refusal
from services.chassis.logging import get_logger

T = TypeVar("T")


def is_as_before(error: Exception) -> bool:
    """Whether a stack whose deploy ended so went back by itself, or says that it has not."""
    match error:
        case StackFailed():
            return not is_busy(error.status) and error.status != DELETE_FAILED
        case Stopped() | OutOfTime() | Refusal():
            return True
        case _:
            return False


@dataclass
class PuttingBack:
    """The way back of one failed deploy: to `fallback`, or away for what it has made.

    In the fallback's order, so that each stack finds again what it imports. What this deploy made
    goes when nothing uses it any more; exports that were in use until then go last.
    """

    one: OneStack
    uploads: Uploads
    fallback: Prepared | None
    _not_back: dict[str, None] = field(default_factory=dict)

    def put_back(self, done: Sequence[Deployed], unsure: Collection[str]) -> tuple[str, ...]:
        """Put back what was done, and what may have been; name the stacks that are not back.

        Raises:
            Stopped: the environment is another run's by now; nothing more was touched.
        """
        made = [deployed for deployed in done if deployed.created]
        others = {one.outputs.stack: one for one in done if not one.created}
        names = {*others, *unsure}
        if names or made:
            self.one.watch.say("Putting back what this deployment may have changed")
        before = self._return(names)
        for deployed in reversed(made):
            self._attempt(deployed.outputs.stack, partial(self._remove, deployed))
        self._return({name for name, one in before.items() if one and one.kept})
        for name in sorted(names - before.keys()):
            if name not in others or self._was_changed(others[name]):
                self._attempt(name, partial(self._miss, name))
        return tuple(self._not_back)

    def _return(self, names: Collection[str]) -> dict[str, Deployed | None]:
        """Bring those of the stacks back that the environment had."""
        fallback = self.fallback
        if fallback is None:
            return {}
        return {
            stack.name: self._attempt(stack.name, partial(self._deploy, stack, fallback))
            for stack in fallback.assembly.stacks
            if stack.name in names
        }

    def _deploy(self, stack: CheckedStack, fallback: Prepared) -> Deployed:
        for asset in stack.assets:
            self.uploads.put_asset(asset, fallback.folder)
        return self.one.deploy(stack, fallback, self.uploads)

    def _remove(self, deployed: Deployed) -> None:
        """Also one that is protected since: that was this deploy's doing, too."""
        if found := self.one.find(deployed.outputs.stack_id):
            self.one.unprotect(found)
            remove_stacks(self.one, [deployed.outputs])

    def _was_changed(self, deployed: Deployed) -> bool:
        """Also by an earlier run of the deployment, if it never was the environment's before."""
        owner, outputs = self.one.owner, deployed.outputs
        known = outputs.stack_id in owner.recorded or outputs.stack in owner.adopts
        return deployed.changed or not known

    def _miss(self, name: str) -> None:
        """What was never deployed before can only be gone."""
        found = self.one.find(name)
        if found and found.status != GONE:
            raise StackFailed(name, found.status, "there is nothing kept to put it back to")

    def _attempt(self, name: str, act: Callable[[], T]) -> T | None:
        """What goes wrong here must not hide why the deploy failed."""
        self.one.watch.check_lost()
        try:
            return act()
        except Stopped:
            raise
        except Exception as second:  # noqa: BLE001 - it is told, and named
            get_logger().error("a stack was not put back", stack=name, reason=str(second))
            self.one.watch.say(f"Stack {name} could not be put back: {self.one.hide(str(second))}")
            self._not_back[name] = None
            return None

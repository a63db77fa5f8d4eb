"""What can go wrong with an environment's stacks, one event per kind."""

from typing import ClassVar

from typing_extensions import override

from trellis_contracts.failing import CloudFailure, RunFailure
from trellis_contracts.parties import Party


class DeployFailed(CloudFailure):
    """A stack failed and has settled; all runs what it ran before, but for `not_back`."""

    stack: str
    stack_status: str
    resource: str | None = None
    reason: str

    @property
    @override
    def sentence(self) -> str:
        at = f" at {self.resource}" if self.resource else ""
        return (
            f"Stack {self.stack} failed{at}: {self.reason} (now {self.stack_status}). {self._runs}"
            f"; mend the template and push.{self.aftermath}"
        )

    @property
    def _runs(self) -> str:
        what = "The rest of the environment" if self.not_back else "The environment"
        return f"{what} runs what it ran before"


class StackStuck(CloudFailure):
    """A stack failed and could not go back, also when its rollback was continued once."""

    must_act: ClassVar[Party] = Party.TEAM
    stack: str
    stack_status: str
    resources: tuple[str, ...] = ()
    reason: str

    @property
    @override
    def sentence(self) -> str:
        blocking = ", ".join(self.resources) or "a resource that its events name"
        skip = "".join(f" --skip {resource}" for resource in self.resources)
        return (
            f"Stack {self.stack} is stuck ({self.stack_status}): {blocking} cannot go back: "
            f"{self.reason}. Mend what blocks it in AWS and deploy again, or let an administrator "
            f"leave it as it is: `trellis continue APP ENV --stack {self.stack}{skip} --reason …`."
            f"{self.aftermath}"
        )


class RemovalFailed(RunFailure):
    """Something of the environment is still in the cloud."""

    must_act: ClassVar[Party] = Party.TEAM
    stack: str
    stack_status: str
    resource: str | None = None
    reason: str

    @property
    @override
    def sentence(self) -> str:
        at = f" at {self.resource}" if self.resource else ""
        return (
            f"Stack {self.stack} could not be removed{at}: {self.reason} "
            f"(now {self.stack_status}). Empty or free what holds it and tear down again."
        )


class CancelledHalfWay(CloudFailure):
    """Somebody asked to end the deployment, and stacks that it had changed are not back."""

    schema_version: ClassVar[int] = 1
    must_act: ClassVar[Party] = Party.TEAM

    @property
    @override
    def sentence(self) -> str:
        return f"The deployment was cancelled when stacks had changed.{self.aftermath}"

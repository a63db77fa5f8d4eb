"""The step that removes what an environment has in the cloud, and looks that it is gone."""

from functools import partial

from services.builder.adapters.attempt import Attempt
from services.builder.adapters.steps import cloud
from trellis_contracts.releases import StackOutputs


async def remove(attempt: Attempt) -> tuple[str, ...]:
    """Remove the stacks of the release in reverse order, and give their names once gone.

    Raises:
        StepFailed: with RemovalFailed, AssemblyRefused (somebody else's stack) or
            CredentialsRejected.
        RunWasCancelled: somebody asked; the cloud is settled.
    """
    work = attempt.work
    recorded = work.release.stacks if work.release else ()
    stacks: tuple[StackOutputs | str, ...] = (work.target.stack_name, *recorded)
    owner = cloud.owner_of(attempt)
    deployer, _ = await cloud.enter(attempt)
    async with cloud.watched(attempt) as watch:
        remove = partial(deployer.remove, stacks, owner, watch=watch, release=work.release)
        gone = await cloud.settled(attempt, remove)
    return tuple(dict.fromkeys(gone))

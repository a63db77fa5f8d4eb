"""The step that removes what an environment has in the cloud, and looks that it is gone."""

from services.builder.adapters.attempt import Attempt
from services.builder.adapters.steps import cloud
from services.builder.domain.assembly.reach import Owner
from trellis_contracts.releases import StackOutputs


async def remove(attempt: Attempt) -> tuple[str, ...]:
    """Remove the stacks of the release in reverse order, and give their names once gone.

    Raises:
        StepFailed: with RemovalFailed, AssemblyRefused (somebody else's stack) or
            CredentialsRejected.
        RunWasCancelled: somebody asked; the cloud is settled.
    """
    work = attempt.work
    stacks: tuple[StackOutputs | str, ...] = work.release.stacks if work.release else ()
    owner = Owner(work.application_id, work.environment_id)
    deployer, _ = await cloud.enter(attempt)
    async with cloud.watched(attempt) as watch:
        return await cloud.settled(
            attempt,
            lambda: deployer.remove(stacks or (work.target.stack_name,), owner, watch=watch),
        )

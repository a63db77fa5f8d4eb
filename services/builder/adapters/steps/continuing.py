"""The step that continues a stuck rollback, without the resources that a person gave up."""

from services.builder.adapters.attempt import Attempt
from services.builder.adapters.steps import cloud


class NothingToContinue(Exception):
    """The plan continues a rollback, and none was named: a fault of ours."""

    def __init__(self) -> None:
        super().__init__("a rollback was to be continued, and nothing says of which stack")


async def continue_rollback(attempt: Attempt) -> None:
    """Continue the rollback until the stack has settled where it can be changed again.

    Raises:
        StepFailed: with StackStuck (it is still), DeployFailed (it is not stuck), AssemblyRefused
            (somebody else's stack) or CredentialsRejected.
        RunWasCancelled: somebody asked; the cloud is settled.
    """
    wanted = attempt.work.continues
    if wanted is None:
        raise NothingToContinue
    owner = cloud.owner_of(attempt)
    deployer, _ = await cloud.enter(attempt)
    async with cloud.watched(attempt) as watch:
        await cloud.settled(
            attempt,
            lambda: deployer.continue_rollback(wanted.stack, owner, watch=watch, skip=wanted.skip),
        )

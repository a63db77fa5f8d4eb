"""The step of a preview: what would change in the cloud, worked out by the cloud itself."""

from services.builder.adapters.artifacts import Artifacts
from services.builder.adapters.attempt import Attempt, Look
from services.builder.adapters.deployer.access import Identity
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.steps import cloud
from services.builder.adapters.steps.deploy import open_kept
from trellis_contracts.changes import CommitsBetween, Direction

_CLONES_NOTHING = "a rollback brings back a kept assembly and clones nothing"


class NothingToForesee(Exception):
    """A preview has neither an assembly nor a release to bring back: a fault of ours."""

    def __init__(self) -> None:
        super().__init__("a preview was asked for of nothing")


async def foresee(attempt: Attempt, artifacts: Artifacts) -> None:
    """Find out what a deployment would change, stack by stack; change nothing.

    Raises:
        StepFailed: with AssemblyRefused, ArtifactUnavailable, ParameterMissing or
            CredentialsRejected: a deployment would fail of it too.
    """
    look = attempt.look or Look()
    deployer, identity = await cloud.enter(attempt)
    prepared = look.prepared or await _kept(attempt, artifacts, identity)
    async with cloud.watched(attempt) as watch:
        look.stacks = await cloud.settled(
            attempt,
            lambda: deployer.foresee(prepared, watch=watch, previous=attempt.work.previous),
        )
    look.commits = look.commits or _without_a_clone(attempt)
    await attempt.log.say("Every change set was taken back: nothing was changed")


async def _kept(attempt: Attempt, artifacts: Artifacts, identity: Identity) -> Prepared:
    if attempt.work.release is None:
        raise NothingToForesee
    return await open_kept(attempt, attempt.work.release, artifacts, identity=identity)


def _without_a_clone(attempt: Attempt) -> CommitsBetween:
    work = attempt.work
    until = work.commit or (work.release.commit if work.release else "")
    if work.previous is None:
        return CommitsBetween(until=until, direction=Direction.FIRST)
    since = work.previous.commit
    if since == until:
        return CommitsBetween(since=since, until=until, direction=Direction.SAME)
    return CommitsBetween(
        since=since, until=until, direction=Direction.UNKNOWN, detail=_CLONES_NOTHING
    )

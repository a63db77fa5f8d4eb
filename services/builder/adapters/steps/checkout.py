"""The first step: the commit, whole and verified, in a fresh folder."""

from services.builder.adapters.attempt import Attempt
from services.builder.adapters.git import failures
from services.builder.adapters.git.left_out import left_out
from services.builder.adapters.git.repositories import Git
from services.builder.domain.run import StepFailed
from trellis_contracts.changes import CommitsBetween, Direction
from trellis_contracts.failures import CheckoutFailed, CommitNotFound, FailureEvent
from trellis_contracts.names import CommitSha


async def check_out(attempt: Attempt) -> CommitSha:
    """Check out the wanted commit, or the newest one of the wanted branch, and say which.

    Raises:
        StepFailed: with CommitNotFound or CheckoutFailed.
    """
    work, token = attempt.work, attempt.granted.clone_token
    git = Git(attempt.sandbox, attempt.conditions.git_origins)
    try:
        commit = work.commit or await git.head_of(
            work.target.repository, work.branch or "main", token=token
        )
        await attempt.log.say(f"Checking out {commit} of {work.target.repository}")
        await git.check_out(
            work.target.repository,
            commit,
            branch=work.branch,
            token=token,
            on_output=attempt.log.write,
        )
    except failures.GitFailure as failure:
        raise StepFailed(_failed(attempt, failure)) from failure
    for sentence in left_out(attempt.folder.source):
        await attempt.log.say(sentence)
    return commit


async def look_back(attempt: Attempt) -> CommitsBetween:
    """Say what lies between what the environment runs and what was checked out.

    That it cannot be found out is no failure: it is said instead.
    """
    work = attempt.work
    since = work.previous.commit if work.previous else None
    git = Git(attempt.sandbox, attempt.conditions.git_origins)
    try:
        return await git.between(
            work.target.repository,
            since,
            attempt.commit or "",
            branch=work.branch,
            token=attempt.granted.clone_token,
        )
    except failures.GitFailure as failure:
        return CommitsBetween(
            since=since,
            until=attempt.commit or "",
            direction=Direction.UNKNOWN,
            detail=str(failure)[:512],
        )


def _failed(attempt: Attempt, failure: failures.GitFailure) -> FailureEvent:
    ids, repository = attempt.ids, attempt.work.target.repository
    match failure:
        case failures.CommitNotFound():
            return CommitNotFound(**ids, repository=repository, commit=failure.commit)
        case failures.BranchNotFound():
            return CommitNotFound(**ids, repository=repository, branch=failure.branch)
        case _:
            return CheckoutFailed(
                **ids, repository=repository, detail=str(failure), tail=attempt.log.tail()
            )

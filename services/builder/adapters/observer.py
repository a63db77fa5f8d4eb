"""Answers where branches stand: a short run that asks the remote and changes nothing."""

from contextlib import AsyncExitStack
from uuid import UUID

from services.builder.adapters.git.failures import BranchNotFound, GitFailure
from services.builder.adapters.git.repositories import Git
from services.builder.adapters.reporter import ask_about
from services.builder.adapters.spool import ACTOR
from services.builder.adapters.workshop import Workshop
from services.builder.domain.listing import listed
from services.chassis.bus.sending import Bus
from trellis_contracts import codec, subjects
from trellis_contracts.names import derived_id
from trellis_contracts.pushes import (
    BranchesListed,
    BranchesUnlisted,
    BranchHeadObserved,
    BranchUnobservable,
    HeadSource,
)
from trellis_contracts.runs import ListBranches, ObserveBranch

Question = ObserveBranch | ListBranches
Found = BranchHeadObserved | BranchUnobservable | BranchesListed | BranchesUnlisted


async def observe(bus: Bus, workshop: Workshop, question: Question, *, id_: UUID) -> None:
    """Ask the remote and report its answer; the same question reports under the same id.

    Raises:
        BusUnavailable, AnswerFailed: the answer was not taken; observe again.
    """
    found = await _ask_remote(workshop, question, id_)
    asked = codec.asked(found, id_=derived_id(id_, "observed"), actor=ACTOR)
    await ask_about(bus, subjects.fact(question.application_id), asked)


async def _ask_remote(workshop: Workshop, question: Question, id_: UUID) -> Found:
    try:
        async with AsyncExitStack() as stack:
            token = await workshop.clone_token(
                question.application_id, question.clone_token_version
            )
            _, sandbox = await workshop.room(str(id_), stack)
            git = Git(sandbox, workshop.conditions.git_origins)
            if isinstance(question, ListBranches):
                heads = await git.heads_like(question.repository, question.pattern, token=token)
                return listed(question, heads)
            head = await git.head_of(question.repository, question.branch, token=token)
    except GitFailure as failure:
        return _unanswered(question, failure)
    return BranchHeadObserved(
        application_id=question.application_id,
        branch=question.branch,
        commit=head,
        source=HeadSource.REMOTE,
    )


def _unanswered(question: Question, failure: GitFailure) -> BranchUnobservable | BranchesUnlisted:
    application, detail = question.application_id, str(failure)[:1024]
    if isinstance(question, ListBranches):
        return BranchesUnlisted(application_id=application, pattern=question.pattern, detail=detail)
    return BranchUnobservable(
        application_id=application,
        branch=question.branch,
        detail=detail,
        gone=isinstance(failure, BranchNotFound),
    )

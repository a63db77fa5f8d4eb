"""Answers where a branch stands: a short run that asks the remote and changes nothing."""

from contextlib import AsyncExitStack
from uuid import UUID

from services.builder.adapters.git.failures import BranchNotFound, GitFailure
from services.builder.adapters.git.repositories import Git
from services.builder.adapters.reporter import ask_about
from services.builder.adapters.spool import ACTOR
from services.builder.adapters.workshop import Workshop
from services.chassis.bus.sending import Bus
from trellis_contracts import codec, subjects
from trellis_contracts.names import derived_id
from trellis_contracts.pushes import BranchHeadObserved, BranchUnobservable, HeadSource
from trellis_contracts.runs import ObserveBranch


async def observe(bus: Bus, workshop: Workshop, question: ObserveBranch, *, id_: UUID) -> None:
    """Ask the remote and report its answer; the same question reports under the same id.

    Raises:
        BusUnavailable, AnswerFailed: the answer was not taken; observe again.
    """
    found = await _ask_remote(workshop, question, id_)
    asked = codec.asked(found, id_=derived_id(id_, "observed"), actor=ACTOR)
    await ask_about(bus, subjects.fact(question.application_id), asked)


async def _ask_remote(
    workshop: Workshop, question: ObserveBranch, id_: UUID
) -> BranchHeadObserved | BranchUnobservable:
    application, branch = question.application_id, question.branch
    try:
        async with AsyncExitStack() as stack:
            token = await workshop.clone_token(application, question.clone_token_version)
            _, sandbox = await workshop.room(str(id_), stack)
            head = await Git(sandbox, workshop.conditions.git_origins).head_of(
                question.repository, branch, token=token
            )
    except GitFailure as failure:
        return BranchUnobservable(
            application_id=application,
            branch=branch,
            detail=str(failure)[:1024],
            gone=isinstance(failure, BranchNotFound),
        )
    return BranchHeadObserved(
        application_id=application, branch=branch, commit=head, source=HeadSource.REMOTE
    )

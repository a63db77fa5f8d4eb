"""What the routes of the API share: who asks, under which key, and how an answer is told."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from services.chassis.identity import identified
from services.chassis.logging import get_logger
from services.chassis.problems import Problem
from services.ingest.adapters.orchestrator import Command, Orchestrator, Undecided
from services.ingest.domain.addresses import is_of
from services.ingest.domain.rates import network_of
from trellis_contracts.asking import Accepted, RefusalCode, Refused
from trellis_contracts.names import ApplicationId, EnvironmentId, new_id
from trellis_contracts.rights import Identity, Right

KEY_HEADER = "Idempotency-Key"

_STATUS: Mapping[RefusalCode, int] = MappingProxyType(
    {
        RefusalCode.UNKNOWN: 404,
        RefusalCode.CONFLICT: 409,
        RefusalCode.INVALID: 422,
        RefusalCode.STALE: 409,
    }
)

# A route takes its identity before anything else: whoever may not, learns nothing more.
Reader = Annotated[Identity, Depends(identified(Right.READ))]
Deployer = Annotated[Identity, Depends(identified(Right.DEPLOY))]
Approver = Annotated[Identity, Depends(identified(Right.APPROVE))]
Configurer = Annotated[Identity, Depends(identified(Right.CONFIGURE))]
Creator = Annotated[Identity, Depends(identified(Right.CREATE))]
Overrider = Annotated[Identity, Depends(identified(Right.OVERRIDE))]
Administrator = Annotated[Identity, Depends(identified(Right.ADMINISTER))]


async def _dry_run(
    *,
    response: Response,
    dry_run: Annotated[bool, Query(description="Answer the same and change nothing.")] = False,
) -> bool:
    if dry_run:
        response.status_code = 200  # nothing was accepted
    return dry_run


DryRun = Annotated[bool, Depends(_dry_run)]


class Body(BaseModel):
    """What is sent to the API: fields that are not known are refused, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Decision(BaseModel):
    """A command was decided and stored; a view that has `position` shows it.

    `subject` is what it made, such as a deployment. `dry_run`: it would have been, and was
    not; `foretold` says what would have followed. `cannot_undo` says what a rollback does not
    bring back.
    """

    id: UUID
    position: int | None = None
    subject: UUID | None = None
    events: tuple[str, ...] = ()
    dry_run: bool = False
    foretold: tuple[str, ...] = ()
    cannot_undo: tuple[str, ...] = ()


class EnvironmentAddress(BaseModel):
    """An environment of an application, as the path names them."""

    application_id: ApplicationId
    environment_id: EnvironmentId


async def _key(
    response: Response, given: Annotated[UUID | None, Header(alias=KEY_HEADER)] = None
) -> UUID:
    key = given or new_id()
    response.headers[KEY_HEADER] = str(key)
    return key


Key = Annotated[UUID, Depends(_key)]
"""The id of the command: the same key gets the same answer again. Made here if none is sent."""


async def _environment(
    application_id: Annotated[UUID, Path()], environment_id: Annotated[UUID, Path()]
) -> EnvironmentAddress:
    address = EnvironmentAddress(application_id=application_id, environment_id=environment_id)
    return belonging(address)


AtEnvironment = Annotated[EnvironmentAddress, Depends(_environment)]


def belonging(address: EnvironmentAddress) -> EnvironmentAddress:
    """Give the address back.

    Raises:
        Problem: 404 when the environment is another application's.
    """
    if not is_of(address.environment_id, address.application_id):
        raise Problem(404, "This application has no such environment.")
    return address


async def decided(
    orchestrator: Orchestrator,
    command: Command,
    *,
    who: Identity,
    key: UUID,
    dry_run: bool = False,
) -> Accepted:
    """Have a command decided.

    Raises:
        Problem: 404, 409 or 422 with the rule and the sentence of the refusal; 503 when nobody
            answered. The key is in the header, so that 503 can be repeated safely.
    """
    headers = {KEY_HEADER: str(key)}
    try:
        answer = await orchestrator.decide(command, key=key, actor=who.actor, dry_run=dry_run)
    except Undecided as error:
        get_logger().error("command undecided", command=type(command).__name__, reason=str(error))
        detail = "Nobody answered; it may have been stored."
        raise Problem(503, detail, headers={**headers, "Retry-After": "5"}) from error
    if isinstance(answer, Refused):
        raise _problem_of(answer, headers)
    return answer


def _problem_of(refused: Refused, headers: Mapping[str, str]) -> Problem:
    return Problem(
        _STATUS[refused.code],
        refused.sentence,
        remedy="Do what the detail says, then send it with another Idempotency-Key.",
        rule=refused.rule,
        headers=headers,
    )


def told(accepted: Accepted, *, dry_run: bool = False) -> Decision:
    """Give what is sent of an answer."""
    return Decision(
        id=accepted.id,
        position=accepted.position,
        subject=accepted.subject,
        events=accepted.events,
        dry_run=dry_run,
        foretold=accepted.foretold,
    )


def address_of(request: Request) -> str:
    """Give the network that a request comes from: behind the front door, the one it names."""
    return network_of(request.client.host) if request.client else "unknown"


def too_often(detail: str, wait: float) -> Problem:
    """Give the refusal that says how many seconds to wait."""
    return Problem(429, detail, headers={"Retry-After": str(math.ceil(wait))})

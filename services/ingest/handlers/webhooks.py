"""`POST /webhooks/github/<hook>`: verify, interpret, keep, and only then 202.

A plain Starlette route: nothing is parsed before the signature over the raw bytes was right.
"""

import time
from collections.abc import Callable
from typing import assert_never

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.chassis.logging import get_logger
from services.chassis.problems import Problem
from services.ingest.adapters import github
from services.ingest.adapters.hooks import Hook, Hooks
from services.ingest.adapters.inbox import Inbox, NotKept
from services.ingest.domain.interpret import (
    Delivery,
    Interpretation,
    Mismatched,
    Unprocessable,
    interpret,
)
from services.ingest.domain.rates import Rate
from services.ingest.handlers.asking import address_of, too_often
from services.ingest.handlers.reading import Bodies, beside_the_loop_if_large
from trellis_contracts.pull_requests import PullRequestChanged
from trellis_contracts.pushes import (
    BranchDeleted,
    CheckCompleted,
    Delivered,
    DeliveryIgnored,
    PushReceived,
    RepositoryRenamed,
)

WEBHOOKS = "/webhooks/"

_SECONDS_FOR_A_BODY = 10  # GitHub waits no longer for an answer
_FORGED_PER_SECOND, _FORGED_AT_ONCE = 0.5, 30
_SIGN = (
    "Set the hook's content type to application/json and its secret to the one that Trellis "
    "printed; POST /api/v1/applications/<id>/hook makes a new one."
)


class DeliveryView(BaseModel):
    """What GitHub shows of the answer: which delivery, and what was understood."""

    delivery: str
    understood: str
    branch: str | None = None
    reason: str | None = None


class Webhooks:
    """The door for deliveries."""

    def __init__(
        self,
        hooks: Hooks,
        inbox: Inbox,
        *,
        per_second: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes who knows the hooks, what keeps deliveries, and how many a hook may send."""
        self._hooks, self._inbox, self._now = hooks, inbox, now
        self._bodies = Bodies(largest=github.LARGEST_PAYLOAD, seconds=_SECONDS_FOR_A_BODY)
        self._good = Rate(per_second=per_second, burst=max(1, int(5 * per_second)))
        self._forged = Rate(per_second=_FORGED_PER_SECOND, burst=_FORGED_AT_ONCE)

    def routes(self) -> list[Route]:
        """The one route, open to everybody: the signature is the identity."""
        return [Route(f"{WEBHOOKS}github/{{hook}}", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> JSONResponse:
        """Answer 202 once the inbox has acknowledged, 503 if it does not, else a refusal."""
        signatures = _raw(request, github.SIGNATURE_HEADER)
        if not github.is_signature(signatures):
            raise self._forgery(request)
        async with self._bodies.of(request) as body:
            hook = await self._hook(request, body, signature=signatures[0])
            meaning = await beside_the_loop_if_large(
                len(body), lambda: _read(request, hook, body, connected=self._hooks.has)
            )
        delivered = _accepted(meaning)
        await self._keep(delivered)
        if isinstance(delivered, RepositoryRenamed):
            await self._hooks.move(delivered.hook, delivered.renamed_to)
        return _understood(delivered)

    async def _hook(self, request: Request, body: bytearray, *, signature: bytes) -> Hook:
        hook, secret = await self._hooks.find(request.path_params["hook"])
        signed = await beside_the_loop_if_large(
            len(body), lambda: github.is_signed(body, signature=signature, secret=secret)
        )
        if hook is None or not signed:
            raise self._forgery(request)
        if wait := self._good.wait(hook.id, now=self._now()):
            raise too_often("This hook delivers more than it may.", wait)
        return hook

    def _forgery(self, request: Request) -> Problem:
        """The same answer for every reason, so that none can be told from another."""
        if wait := self._forged.wait(address_of(request), now=self._now()):
            return too_often("Too many deliveries without a right signature.", wait)
        return Problem(401, "No hook of this address signed this.", remedy=_SIGN)

    async def _keep(self, delivered: Delivered) -> None:
        try:
            await self._inbox.keep(delivered)
        except NotKept as error:
            get_logger().error("delivery not kept", delivery=delivered.delivery, reason=str(error))
            raise Problem(
                503,
                "The delivery was not kept.",
                remedy="Redeliver it in GitHub's settings of the hook once Trellis is well.",
                headers={"Retry-After": "5"},
            ) from error


def _read(
    request: Request, hook: Hook, body: bytearray, *, connected: Callable[[str], bool]
) -> Interpretation:
    delivery = github.delivery_id(request.headers.get(github.DELIVERY_HEADER))
    event = github.event_name(request.headers.get(github.EVENT_HEADER))
    if delivery is None or event is None:
        detail = f"{github.DELIVERY_HEADER} or {github.EVENT_HEADER} is not what GitHub sends."
        raise Problem(400, detail, remedy="Have GitHub send it.")
    if not request.headers.get("Content-Type", "").startswith("application/json"):
        raise Problem(415, "The payload is not JSON.", remedy=_SIGN)
    try:
        payload = github.read_payload(event, body)
    except github.Unreadable as error:
        raise Problem(422 if error.shape else 400, str(error), remedy=_SIGN) from error
    return interpret(
        Delivery(id=delivery, event=event, hook=hook.id, repository=hook.repository),
        payload,
        connected=connected,
    )


def _accepted(meaning: Interpretation) -> Delivered:
    match meaning:
        case (
            PushReceived()
            | BranchDeleted()
            | CheckCompleted()
            | PullRequestChanged()
            | RepositoryRenamed()
            | DeliveryIgnored()
        ):
            return meaning
        case Mismatched():
            raise Problem(
                403,
                "This hook belongs to another repository.",
                remedy="Give each repository the hook of its own application.",
            )
        case Unprocessable(reason):
            raise Problem(
                422,
                f"The payload is not what GitHub sends: {reason}.",
                remedy="Have GitHub send it.",
            )
        case _ as never:
            assert_never(never)


def _understood(delivered: Delivered) -> JSONResponse:
    view = DeliveryView(
        delivery=delivered.delivery,
        understood=type(delivered).__name__,
        branch=getattr(delivered, "branch", None),
        reason=delivered.reason if isinstance(delivered, DeliveryIgnored) else None,
    )
    return JSONResponse(view.model_dump(exclude_none=True), 202)


def _raw(request: Request, name: str) -> list[bytes]:
    wanted = name.lower().encode()
    return [value for header, value in request.headers.raw if header == wanted]

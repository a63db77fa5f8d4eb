"""Who asks: every guarded service verifies the identity that ingest signed, and asks the policy.

The front door puts it into a header; that a request came through the door proves nothing.
IdentityRejected
IdentityUnverifiable
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.clock import Clock, system_clock
from services.chassis.problems import Problem
from services.chassis.unavailable import Unavailable
from trellis_contracts.rights import HEADER, LIFETIME_SECONDS, Identity, Right, may, reaches

ALGORITHM = "EdDSA"
ISSUER = "trellis/ingest"
AUDIENCE = "trellis"
_SKEW = timedelta(seconds=5)  # between the clocks of two machines
_STATE_KEY = "identity"
_LARGEST_BODY = 256 * 1024
_MOST_DIGITS = 19


class IdentityRejected(Exception):
    """The identity that came with a request is none that ingest vouches for now."""

    def __init__(self, reason: str) -> None:
        """Takes what is wrong with it, for the log."""
        super().__init__(f"The request's identity is not good: {reason}. Ask again with a token.")


class IdentityUnverifiable(Unavailable):
    """There is no public key to verify with yet."""

    def __init__(self, key_file: Path) -> None:
        """Takes where the key should be."""
        super().__init__(
            f"No identity can be verified: {key_file} holds no Ed25519 public key. Start ingest, "
            "which makes it, or point TRELLIS_IDENTITY_PUBLIC_KEY at it."
        )


class Identities:
    """Verifies signed identities with the public key in a file, which may be made or changed later.

    Good is an EdDSA JWT of our issuer for our audience that lives 60 seconds at most.
    """

    def __init__(self, key_file: Path, *, clock: Clock = system_clock) -> None:
        """Takes where the public key lies; reads it when first needed."""
        self._file, self._clock = key_file, clock
        self._read_at: tuple[int, int] | None = None
        self._key: Ed25519PublicKey | None = None

    def verify(self, signed: str) -> Identity:
        """Give the identity that ingest signed.

        Raises:
            IdentityRejected: it is forged, altered, expired, too long-lived or not for us.
            IdentityUnverifiable: there is no key to verify with.
        """
        try:
            claims = jwt.decode(
                signed,
                self._public_key(),
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                # the times are checked below, against the clock that we were given
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
            issued_at, expires_at = (_moment(claims[name]) for name in ("iat", "exp"))
            identity = Identity(
                actor=claims["sub"],
                role=claims["role"],
                expires_at=expires_at,
                only=claims.get("only", ()),
            )
        except (jwt.InvalidTokenError, ValidationError, KeyError, TypeError, ValueError) as error:
            raise IdentityRejected(type(error).__name__) from None
        self._check_times(issued_at, expires_at)
        return identity

    def _check_times(self, issued_at: datetime, expires_at: datetime) -> None:
        now = self._clock()
        if expires_at - issued_at > timedelta(seconds=LIFETIME_SECONDS):
            raise IdentityRejected(f"it lives longer than {LIFETIME_SECONDS} seconds")
        if issued_at > now + _SKEW:
            raise IdentityRejected("it was issued in the future: compare the machines' clocks")
        if expires_at <= now - _SKEW:
            raise IdentityRejected("it has expired")

    def _public_key(self) -> Ed25519PublicKey:
        try:
            found = self._file.stat()
            stamp = (found.st_ino, found.st_mtime_ns)
            if self._key is None or stamp != self._read_at:
                self._key, self._read_at = _read(self._file), stamp
        except (OSError, ValueError, TypeError):
            raise IdentityUnverifiable(self._file) from None
        return self._key


class Guard:
    """ASGI middleware that answers 401 to every request without a good identity.

    It comes before routing and before any body is read, of which it lets through 256 KiB. Only
    paths that equal one of `unguarded`, or lie below one that ends in a slash, are let through
    without either. Add it with `app.add_middleware(Guard, identities=…, unguarded=(…))`.
    """

    def __init__(self, app: ASGIApp, *, identities: Identities, unguarded: Sequence[str]) -> None:
        """Takes who verifies, and the few paths that are open."""
        self._app, self._identities = app, identities
        self._open = frozenset(path for path in unguarded if not path.endswith("/"))
        self._open_below = tuple(path for path in unguarded if path.endswith("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with its identity, or answer 401, 413 or 503."""
        if scope["type"] == "http" and not self._is_open(scope["path"]):
            headers = Headers(scope=scope)
            try:
                identity = self._identify(headers)
                _refuse_above(declared_length(headers))
            except Problem as problem:
                await problem.response()(scope, receive, send)
                return
            scope.setdefault("state", {})[_STATE_KEY] = identity
            receive = _counted(receive)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return path in self._open or path.startswith(self._open_below)

    def _identify(self, headers: Headers) -> Identity:
        given = headers.getlist(HEADER)
        if len(given) != 1:
            raise _unidentified("Nobody vouches for this request.")
        try:
            return self._identities.verify(given[0])
        except IdentityRejected as rejected:
            raise _unidentified(str(rejected)) from rejected
        except IdentityUnverifiable as unverifiable:
            detail = "No identity can be verified at the moment."
            raise Problem(503, detail, headers={"Retry-After": "5"}) from unverifiable


class Identified:
    """A dependency that gives a route the identity of who asks, if it has one right."""

    def __init__(self, right: Right) -> None:
        """Takes the right that the route needs."""
        self.right = right

    async def __call__(self, request: Request) -> Identity:
        """Give the identity that `Guard` verified.

        Raises:
            Problem: 401 without one, 403 when its role has not the right, or not here.
        """
        identity = request.scope.get("state", {}).get(_STATE_KEY)
        if not isinstance(identity, Identity):
            raise _unidentified("Nobody vouches for this request.")
        if not may(identity.role, self.right):
            raise Problem(403, f"A {identity.role} may not {self.right} here.")
        if not reaches(identity, self.right, _places(request)):
            detail = f"This token is limited to other places: it may not {self.right} here."
            raise Problem(403, detail)
        return identity


def identified(right: Right) -> Identified:
    """Say in a route's signature what it needs: `Annotated[Identity, Depends(identified(READ))]`.

    A test finds it there: a route that names no right is not served.
    """
    return Identified(right)


def _places(request: Request) -> frozenset[UUID]:
    """The application and the environment that the path names; that they belong is asked later."""
    named = (request.path_params.get(name) for name in ("application_id", "environment_id"))
    with suppress(ValueError):
        return frozenset(UUID(str(one)) for one in named if one is not None)
    return frozenset()


def declared_length(headers: Headers) -> int:
    """Give the length that a body was said to have; 0 when nothing sensible was said."""
    declared = headers.get("Content-Length", "")
    return int(declared) if declared.isdecimal() and len(declared) < _MOST_DIGITS else 0


def _counted(receive: Receive) -> Receive:
    """The body as it comes, until it is too large, whatever its length was said to be."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        _refuse_above(received)
        return message

    return counted


def _refuse_above(size: int) -> None:
    if size > _LARGEST_BODY:
        raise Problem(413, f"The body is larger than {_LARGEST_BODY} bytes.")


def _moment(seconds: object) -> datetime:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise TypeError("a moment is a whole number of seconds")
    return datetime.fromtimestamp(seconds, UTC)


def _read(key_file: Path) -> Ed25519PublicKey:
    key = load_pem_public_key(key_file.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("not an Ed25519 key")
    return key


def _unidentified(detail: str) -> Problem:
    return Problem(401, detail, headers={"WWW-Authenticate": 'Bearer realm="trellis"'})

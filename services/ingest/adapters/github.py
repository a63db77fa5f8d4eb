"""GitHub's side of a delivery: its headers, its signature over the raw bytes, its JSON.

Forged
Unreadable
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from pydantic import SecretStr, ValidationError

from services.ingest.domain.interpret import Payload, why
from services.ingest.domain.payloads import (
    About,
    Checked,
    PullRequestEvent,
    Push,
    RepositoryChange,
    Status,
)

EVENT_HEADER: Final = "X-GitHub-Event"
DELIVERY_HEADER: Final = "X-GitHub-Delivery"
SIGNATURE_HEADER: Final = "X-Hub-Signature-256"

LARGEST_PAYLOAD: Final = 25 * 1024 * 1024
"""GitHub caps payloads at 25 MB and does not send larger ones."""

_SIGNATURE = re.compile(rb"sha256=([0-9a-f]{64})")
_DELIVERY = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}")  # projects_v2_item has a digit


_SHAPES: Final[Mapping[str, type[Payload]]] = MappingProxyType(
    {
        "push": Push,
        "pull_request": PullRequestEvent,
        "check_run": Checked,
        "status": Status,
        "repository": RepositoryChange,
    }
)
"""Any other event is only looked at for the repository that it names."""


class Unreadable(ValueError):
    """The body is not JSON, or not what its event says; `shape` tells which of the two."""

    def __init__(self, reason: str, *, shape: bool) -> None:
        """Takes what is wrong, without a value of it."""
        self.reason, self.shape = reason, shape
        super().__init__(f"The payload cannot be read: {reason}.")


def is_signature(headers: Sequence[bytes]) -> bool:
    """Say whether there is exactly one signature, written as GitHub writes it."""
    return len(headers) == 1 and _SIGNATURE.fullmatch(headers[0]) is not None


def is_signed(body: bytes | bytearray, *, signature: bytes, secret: SecretStr) -> bool:
    """Say whether a signature that `is_signature` is that of the raw bytes, in constant time."""
    expected = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(b"sha256=" + expected.encode(), signature)


def delivery_id(given: str | None) -> str | None:
    """Give the delivery's GUID, which names a stream and a message, in lower case; else None."""
    return given.lower() if given and _DELIVERY.fullmatch(given) else None


def event_name(given: str | None) -> str | None:
    """Give the event's name; None if it cannot be one."""
    return given if given and _EVENT.fullmatch(given) else None


def read_payload(event: str, body: bytes | bytearray) -> Payload:
    """Read what an event says.

    A second value under one key replaces the first, as in most readers of JSON.

    Raises:
        Unreadable: it is not JSON (nested too deep, numbers too long, broken Unicode …), or not
            of the event's shape.
    """
    try:
        return _SHAPES.get(event, About).model_validate_json(body)
    except ValidationError as refused:
        if any(fault["type"] == "json_invalid" for fault in refused.errors(include_input=False)):
            raise Unreadable("it is not JSON", shape=False) from None
        raise Unreadable(why(refused), shape=True) from None

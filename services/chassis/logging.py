"""How every process writes its log: one JSON line an event on stderr, readable text on a terminal.

Fields are `time`, `level`, `service`, `event` and whatever was bound; a secret is never written.
"""

import logging
import re
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TextIO

import structlog
from pydantic import SecretBytes, SecretStr
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

REDACTED = "[redacted]"

_SECRET_KEY = re.compile(
    r"token|secret|password|passphrase|authorization|cookie|credential|api[_-]?key|private[_-]?key",
    re.IGNORECASE,
)
_PASSWORD_IN_URL = re.compile(r"(?<=://)[^\s/@]+@")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]|\n")


def configure_logging(service: str, level: str = "info", *, stream: TextIO | None = None) -> None:
    """Sends this process's own log and that of every library to the stream (stderr).

    After it, an event is one line whatever it holds: CR, LF and escape sequences cannot forge
    another one. Values under a key that names a secret, `SecretStr` anywhere, and users and
    passwords inside URLs are replaced.
    """
    target = stream or sys.stderr
    terminal = target.isatty()
    shared = _enrichers(service)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    line = logging.StreamHandler(target)
    line.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                *_rendering(terminal=terminal),
            ],
        )
    )
    logging.basicConfig(handlers=[line], level=level.upper(), force=True)


def get_logger() -> FilteringBoundLogger:
    """The logger of this process; messages are constant, what varies goes into fields."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def bound(**ids: str | int) -> AbstractContextManager[None]:
    """Every event logged inside the block, by whatever is called there, carries these ids."""
    return structlog.contextvars.bound_contextvars(**ids)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The event without its secrets, however deep they lie."""
    return {key: _safe(key, value) for key, value in event.items()}


def without_passwords(text: str) -> str:
    """The text with user and password of every URL in it replaced."""
    return _PASSWORD_IN_URL.sub(f"{REDACTED}@", text)


def _safe(key: object, value: object) -> object:
    if isinstance(value, SecretStr | SecretBytes):
        return REDACTED
    if isinstance(key, str) and _SECRET_KEY.search(key) and not isinstance(value, bool | None):
        return REDACTED
    match value:
        case str():
            return without_passwords(value)
        case Mapping():
            return {inner: _safe(inner, held) for inner, held in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_safe(None, held) for held in value]
        case _:
            return value


def _enrichers(service: str) -> list[Processor]:
    def named(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    return [
        structlog.contextvars.merge_contextvars,
        named,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
    ]


def _rendering(*, terminal: bool) -> list[Processor]:
    if terminal:
        return [_escape, structlog.dev.ConsoleRenderer(timestamp_key="time")]
    return [structlog.processors.JSONRenderer(sort_keys=False)]


def _escape(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {
        key: _CONTROL.sub(lambda found: repr(found[0])[1:-1], value)
        if isinstance(value, str) and key != "exception"
        else value
        for key, value in event.items()
    }

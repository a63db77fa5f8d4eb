"""Which repositories may be read at all: decided before git runs (pure)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from services.builder.adapters.git.failures import OriginRefused

_PORTS = {"http": 80, "https": 443}
_ORIGIN = r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?"
_AN_ORIGIN = re.compile(_ORIGIN + "/?")
_A_REPOSITORY = re.compile(_ORIGIN + r"(?P<path>(/[A-Za-z0-9._~+-]+)+)/?")

Place = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository that may be read: `url` holds nothing that git could take for an option."""

    url: str
    scheme: str
    origin: str


def allowed(repository: str, origins: Iterable[str]) -> Remote:
    """The repository as git is told it, if scheme, host and port are those of an origin.

    Raises:
        OriginRefused: they are not, or it is no plain http(s) URL: it names a user, a query,
            another transport, or a folder `..`.
    """
    known = tuple(origins)
    found = _A_REPOSITORY.fullmatch(repository)
    if found is None or _place(found) not in map(_place_of, known):
        raise OriginRefused(repository, known)
    if {".", ".."} & set(found["path"].split("/")):
        raise OriginRefused(repository, known)
    origin = repository[: found.start("path")]
    return Remote(url=origin + found["path"], scheme=found["scheme"], origin=origin)


def _place_of(origin: str) -> Place | None:
    found = _AN_ORIGIN.fullmatch(origin)
    return _place(found) if found else None


def _place(found: re.Match[str]) -> Place:
    port = int(found["port"]) if found["port"] else _PORTS[found["scheme"]]
    return found["scheme"], found["host"].lower(), port

"""What of the host's proxy, registry and CA settings reaches a step: `TRELLIS_BUILDER_PASS`.

A company's registry is reached through what its machines are told by variables and files. Only
what is named here passes, and nothing of AWS or of Trellis ever does.

PassRefused
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from services.builder.adapters.isolation.profile import HOME, Mount

_PROXY = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
_CA = (
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "PIP_CERT",
)
_NPM = (
    "registry",
    "cafile",
    "strict_ssl",
    "proxy",
    "https_proxy",
    "noproxy",
    "replace_registry_host",
)
_PIP = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_TRUSTED_HOST", "PIP_PROXY")

DEFAULT = (
    *_PROXY,
    *(name.upper() for name in _PROXY),
    *_CA,
    *(f"npm_config_{name}" for name in _NPM),
    *(f"NPM_CONFIG_{name.upper()}" for name in _NPM),
    *_PIP,
)
"""The variables that pass unless `TRELLIS_BUILDER_PASS` says otherwise."""

_NEVER = ("AWS_*", "TRELLIS_*")
_A_PASSWORD = re.compile(r"//[^/\s]*@")
_A_NAME_OR_GLOB = re.compile(r"[A-Za-z_*?][A-Za-z0-9_*?]*")


class PassRefused(ValueError):
    """`TRELLIS_BUILDER_PASS` asks for something that may not reach a step."""

    def __init__(self, word: str, reason: str) -> None:
        """Takes the word of the setting, and why it may not pass."""
        super().__init__(f"TRELLIS_BUILDER_PASS may not hold {word!r}: {reason}. Take it out.")


@dataclass(frozen=True, slots=True)
class Passed:
    """The variables that every step gets, and the files of the host that it can read."""

    environment: Mapping[str, str]
    mounts: tuple[Mount, ...]


def read_pass(setting: str, environ: Mapping[str, str], home: Path) -> Passed:
    """Work out what passes: words split by comma or space.

    `default` stands for `DEFAULT`; a word with a leading `/` or `~/` is a file or folder of the
    host, shown read-only in the same place (below the step's own home for `~/`); any other word
    is the name of a variable, or a glob of names. Where a variable that passes names a file or
    folder of the host, that is shown too.

    Raises:
        PassRefused: a word names AWS's or Trellis's own, or a path that is not there.
    """
    words = setting.replace(",", " ").split()
    names = [name for word in words if word[0] not in "/~" for name in _names(word)]
    environment = {
        name: value
        for name, value in environ.items()
        if _matches(name, names) and not _matches(name, _NEVER)
    }
    asked = [_asked(word, home) for word in words if word[0] in "/~"]
    return Passed(environment, (*asked, *_named_by(environment.values())))


def without_passwords(passed: Passed) -> Passed:
    """Leave out what a run that nobody trusts may not see: addresses with a password."""
    kept = {n: value for n, value in passed.environment.items() if not _A_PASSWORD.search(value)}
    return Passed(kept, tuple(_named_by(kept.values())))


def _names(word: str) -> tuple[str, ...]:
    if word == "default":
        return DEFAULT
    if _matches(word, _NEVER):
        raise PassRefused(word, "credentials and settings of Trellis never reach a step this way")
    if not _A_NAME_OR_GLOB.fullmatch(word):
        raise PassRefused(word, "it is neither the name of a variable nor an absolute path")
    return (word,)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _asked(word: str, home: Path) -> Mount:
    below_home = word.removeprefix("~/")
    source, target = (
        (home / below_home, f"{HOME}/{below_home}") if below_home != word else (Path(word), word)
    )
    if not source.exists():
        raise PassRefused(word, "there is no such file")
    if ".." in source.parts or source == home:
        raise PassRefused(word, "name one file or folder, without `..`")
    return Mount(source, target)


def _named_by(values: Iterable[str]) -> list[Mount]:
    paths = {Path(value) for value in values if value.startswith("/")}
    return [Mount(path, str(path)) for path in sorted(paths) if path.exists()]

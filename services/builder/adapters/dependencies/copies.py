"""Which folders and archives of the repository a package manager copies into node_modules.

A lock file names them, but need not change when they do: what was copied is that of one commit.
"""

import json
import re
from collections.abc import Iterable, Iterator

from services.builder.domain.installers import Installer

_PATH = r"(?:file:|portal:|exec:|\.{1,2}/)"
_IN_LOCK = re.compile(
    rf"""(?:@|version: )["']?({_PATH}[^"'\s,:]*)|"resolved":\s*"(file:[^"]*)""".encode()
)
"""What is copied stands behind its name; npm's `resolved` has `file:` unless it is a link."""
_IN_PACKAGE = re.compile(rf"{_PATH}|~?/|(?!\w+:).*\.(?:tgz|tar|tar\.gz)$")
_KINDS = ("dependencies", "devDependencies", "optionalDependencies", "resolutions")


def copied(installer: Installer, lock: bytes, packages: Iterable[bytes]) -> str | None:
    """Give one that is copied, as the lock file or one of the package.json files writes it.

    npm makes links of folders, unless it is told otherwise; its lock file says which.
    """
    if found := _IN_LOCK.search(lock):
        return (found[1] or found[2]).decode(errors="replace")
    if installer is Installer.NPM:
        return None
    wanted = (version for package in packages for version in _versions(package))
    return next((version for version in wanted if _IN_PACKAGE.match(version)), None)


def _versions(package: bytes) -> Iterator[str]:
    try:
        document = json.loads(package)
        for kind in _KINDS:
            yield from (one for one in document.get(kind, {}).values() if isinstance(one, str))
    except (ValueError, AttributeError, RecursionError):
        return

"""What a checkout does not hold although the repository names it, for the log to say.

Submodules lie on other servers, and so does what Git LFS keeps: neither is fetched.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from services.builder.adapters.frameworks.files import beginning

_MOST_NAMED = 5
_PATH = re.compile(rb"^[ \t]*path[ \t]*=[ \t]*(\S.*?)[ \t\r]*$", re.MULTILINE)
_LFS = re.compile(rb"^[ \t]*([^\s#]\S*)[ \t].*\bfilter=lfs\b", re.MULTILINE)


def left_out(source: Path) -> Iterator[str]:
    """Give a sentence for each kind of thing that is not there."""
    if paths := _PATH.findall(beginning(source / ".gitmodules")):
        yield (
            f"Submodules are not checked out ({_named(paths)}): what is needed of them must lie in "
            "the repository itself, or come as a package."
        )
    if patterns := _LFS.findall(beginning(source / ".gitattributes")):
        yield (
            f"Files that Git LFS keeps are not fetched ({_named(patterns)}): what is deployed of "
            "them is the pointer. Keep in the repository itself what is deployed."
        )


def _named(found: list[bytes]) -> str:
    names = [name.decode("utf-8", "replace")[:100] for name in found[:_MOST_NAMED]]
    return ", ".join([*names, "…"] if len(found) > _MOST_NAMED else names)

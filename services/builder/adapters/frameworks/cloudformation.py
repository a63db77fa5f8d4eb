"""CloudFormation and SAM templates: the framework that needs no tool of its own."""

import os
import re
import stat
import sys
from pathlib import Path

import yaml

from services.builder.adapters.frameworks import synthesiser
from services.builder.adapters.isolation.profile import Mount
from services.builder.adapters.isolation.sandbox import Command

FILES = tuple(
    f"{name}.{ending}"
    for name in ("template", "cloudformation")
    for ending in ("yaml", "yml", "json")
)

_ENOUGH = 256 << 10
_RESOURCES = re.compile(rb'(^|[\s{,])["\']?Resources["\']?\s*:')
_OF_AWS = re.compile(rb"\bAWS::[A-Z]")

_LIBRARY = "/opt/trellis"
_PROGRAM = synthesiser.__name__ + ".program"
_START = "; ".join(
    (
        "import sys, runpy",
        f"sys.path.insert(0, {_LIBRARY!r})",
        f"runpy.run_module({_PROGRAM!r}, run_name='__main__', alter_sys=True)",
    )
)


class CloudFormation:
    """Templates as they lie in the repository; SAM's transform is expanded by AWS."""

    name = "CloudFormation or SAM"
    looked_for = ("template.yaml, .yml or .json", "cloudformation.yaml, .yml or .json")

    def detect(self, folder: Path) -> str | None:
        """Give the first of `FILES` that reads like a template of AWS resources."""
        return next((name for name in FILES if _is_template(_beginning(folder / name))), None)

    def command(self, room: str) -> Command:
        """Give the program of `synthesiser`, on this very Python and PyYAML, shown read-only."""
        return Command(
            (_python(), "-I", "-B", "-X", "utf8", "-c", _START, room), read_only=_needed()
        )


def _is_template(text: bytes) -> bool:
    return bool(_RESOURCES.search(text) and _OF_AWS.search(text))


def _beginning(file: Path) -> bytes:
    """Read the first part of a plain file; nothing of what is none, or is a link."""
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with open(opened, "rb") as content:  # noqa: PTH123 - a descriptor that follows no link
        return content.read(_ENOUGH) if stat.S_ISREG(os.fstat(opened).st_mode) else b""


def _python() -> str:
    return str(Path(sys.executable).resolve())


def _needed() -> tuple[Mount, ...]:
    prefix = Path(sys.base_prefix).resolve()
    program, libraries = Path(*synthesiser.__path__), Path(yaml.__file__).parent
    return (
        Mount(prefix, str(prefix)),
        Mount(program, f"{_LIBRARY}/{synthesiser.__name__.replace('.', '/')}"),
        Mount(libraries, f"{_LIBRARY}/{yaml.__name__}"),
    )

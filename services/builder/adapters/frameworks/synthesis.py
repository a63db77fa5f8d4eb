"""One synthesis: writes the request into the run's folder, and reads the result as hostile.

NotSynthesised
ParametersNotSet
LookupsWanted
"""

import json
import os
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.builder.adapters.frameworks import synthesiser
from services.builder.adapters.frameworks.port import Found, SynthesisRequest
from services.builder.adapters.frameworks.synthesiser.program import ASSEMBLY, REQUEST, RESULT
from services.builder.adapters.isolation.layers import WORKSPACE
from services.builder.adapters.isolation.profile import SOURCE, Mount
from services.builder.adapters.isolation.sandbox import Command
from services.builder.domain.assembly.documents import ParameterName

_LARGEST_RESULT = 256 << 10

_LIBRARY = "/opt/trellis"
TOOLS = "/opt/trellis-tools"
"""Where the builder's own toolchain is seen by a step."""
_PROGRAM = synthesiser.__name__ + ".program"
_START = "; ".join(
    (
        "import sys, runpy",
        f"sys.path.insert(0, {_LIBRARY!r})",
        f"runpy.run_module({_PROGRAM!r}, run_name='__main__', alter_sys=True)",
    )
)


class NotSynthesised(Exception):
    """No assembly could be made of the commit; the message, or the log, says what to change."""

    def __init__(self, framework: str, detail: str, *, in_log: bool = False) -> None:
        self.framework = framework
        self.detail = detail
        self.in_log = in_log
        super().__init__(f"{framework}: {detail}")


class ParametersNotSet(Exception):
    """The template has parameters without a value; `no_echo` are those for secrets."""

    def __init__(self, parameters: tuple[str, ...], no_echo: tuple[str, ...]) -> None:
        self.parameters = parameters
        self.no_echo = no_echo
        super().__init__(f"no value for {', '.join((*parameters, *no_echo))}")


class LookupsWanted(Exception):
    """The application asks about its account: `lookups` are to be answered, and it made again."""

    def __init__(self, lookups: "tuple[Lookup, ...]") -> None:
        self.lookups = lookups
        super().__init__(f"{len(lookups)} questions about the account")


class Lookup(BaseModel):
    """One of CDK's questions; its answer is remembered under `key`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: Annotated[str, Field(max_length=2000)]
    provider: Annotated[str, Field(max_length=100)]
    props: dict[str, Any]


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Assembled(_Result):
    outcome: Literal["assembled"]


class _NotPossible(_Result):
    outcome: Literal["not_possible"]
    detail: Annotated[str, Field(max_length=2000)]
    in_log: bool = False


class _ParametersMissing(_Result):
    outcome: Literal["parameters_missing"]
    parameters: Annotated[tuple[ParameterName, ...], Field(max_length=200)]
    no_echo: Annotated[tuple[ParameterName, ...], Field(max_length=200)]


class _LookupsMissing(_Result):
    outcome: Literal["lookups_missing"]
    lookups: Annotated[tuple[Lookup, ...], Field(max_length=100)]


_Outcome = _Assembled | _NotPossible | _ParametersMissing | _LookupsMissing
_RESULT: TypeAdapter[_Outcome] = TypeAdapter(Annotated[_Outcome, Field(discriminator="outcome")])


@dataclass(frozen=True, slots=True)
class Synthesis:
    """One that was begun: run `command` in the application's folder, then `finish`."""

    command: Command
    framework: str
    _room: Path

    @property
    def assembly(self) -> Path:
        """Where the assembly lies once it is made. What is in it is hostile until checked."""
        return self._room / ASSEMBLY

    def finish(self, exit_code: int) -> None:
        """Read what came of it.

        Raises:
            ParametersNotSet: the template needs values that nobody has set.
            LookupsWanted: it asks about the account first.
            NotSynthesised: no assembly was made.
        """
        match self._result(exit_code):
            case _ParametersMissing(parameters=parameters, no_echo=no_echo):
                raise ParametersNotSet(parameters, no_echo)
            case _LookupsMissing(lookups=lookups):
                raise LookupsWanted(lookups)
            case _NotPossible(detail=detail, in_log=in_log):
                raise NotSynthesised(self.framework, detail, in_log=in_log)
            case _Assembled():
                if exit_code != 0:
                    raise NotSynthesised(self.framework, _ended(exit_code), in_log=True)

    def _result(self, exit_code: int) -> _Outcome:
        try:
            return _RESULT.validate_json(_read_plain(self._room / RESULT))
        except (OSError, ValidationError):
            raise NotSynthesised(self.framework, _ended(exit_code), in_log=True) from None


def begin_synthesis(
    workspace: Path, found: Found, request: SynthesisRequest, *, tools: Path | None = None
) -> Synthesis:
    """Write the request into a new folder of the workspace, which no earlier step can have made.

    `tools` is the builder's own toolchain that the framework needs.
    """
    room = Path(tempfile.mkdtemp(prefix="synthesis-", dir=workspace))
    (room / REQUEST).write_text(json.dumps(_written(found, request)), encoding="utf-8")
    kept = (Mount(tools, TOOLS),) if tools else ()
    argv = (_python(), "-I", "-B", "-X", "utf8", "-c", _START, f"{WORKSPACE}/{room.name}")
    return Synthesis(Command(argv, read_only=_needed(), of_builder=kept), found.name, room)


def _written(found: Found, request: SynthesisRequest) -> dict[str, object]:
    return {
        "way": found.framework.way,
        "root": SOURCE,
        "file": found.file,
        "tools": TOOLS,
        "target": {
            "application": str(request.application_id),
            "environment": str(request.environment_id),
            "account": request.account,
            "region": request.region,
            "stage": request.stage,
            "stack": request.stack,
            "bucket": request.bucket,
        },
        "variables": dict(request.variables),
        "secrets": sorted(request.secrets),
        "context": dict(request.context),
    }


def _python() -> str:
    return str(Path(sys.executable).resolve())


def _needed() -> tuple[Mount, ...]:
    """This very Python, `synthesiser` and PyYAML, read-only."""
    prefix = Path(sys.base_prefix).resolve()
    program, libraries = Path(*synthesiser.__path__), Path(yaml.__file__).parent
    return (
        Mount(prefix, str(prefix)),
        Mount(program, f"{_LIBRARY}/{synthesiser.__name__.replace('.', '/')}"),
        Mount(libraries, f"{_LIBRARY}/{yaml.__name__}"),
    )


def _read_plain(file: Path) -> bytes:
    opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(opened, "rb") as content:  # noqa: PTH123 - a descriptor that follows no link
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return b""
        return content.read(_LARGEST_RESULT)


def _ended(exit_code: int) -> str:
    return (
        f"making the assembly ended with {exit_code} and left no result; the last lines of the "
        "log say why."
    )

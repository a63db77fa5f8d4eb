"""Runs in the sandbox, in the application's folder: reads a request, leaves an assembly.

The request and the result are files in the folder that is named as the one argument; the result
says what came of it, so that nobody has to read what was printed.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from services.builder.adapters.frameworks.synthesiser.cdk import of_cdk
from services.builder.adapters.frameworks.synthesiser.problems import (
    LookupsMissing,
    NotPossible,
    ParametersMissing,
    ToolFailed,
)
from services.builder.adapters.frameworks.synthesiser.sst import of_sst
from services.builder.adapters.frameworks.synthesiser.templates import of_template

REQUEST, RESULT, ASSEMBLY = "request.json", "result.json", "assembly"

Request = Mapping[str, Any]
WAYS: Mapping[str, Callable[[Request, Path], None]] = {
    "template": of_template,
    "cdk": of_cdk,
    "sst": of_sst,
}
"""How an assembly is made, by what the framework says in its request."""


def main(arguments: Sequence[str]) -> int:
    """Make the assembly; the exit code is 0 if it was made."""
    room = Path(arguments[0])
    request = json.loads((room / REQUEST).read_text(encoding="utf-8"))
    result = _outcome(request, room / ASSEMBLY)
    (room / RESULT).write_text(json.dumps(result), encoding="utf-8")
    return 0 if result["outcome"] == "assembled" else 1


def _outcome(request: Request, assembly: Path) -> dict[str, Any]:
    try:
        WAYS[request["way"]](request, assembly)
    except NotPossible as reason:
        print(reason, flush=True)  # noqa: T201 - the step's log
        in_log = isinstance(reason, ToolFailed)
        return {"outcome": "not_possible", "detail": str(reason)[:2000], "in_log": in_log}
    except ParametersMissing as missing:
        return {
            "outcome": "parameters_missing",
            "parameters": missing.parameters,
            "no_echo": missing.no_echo,
        }
    except LookupsMissing as missing:
        return {"outcome": "lookups_missing", "lookups": missing.lookups}
    return {"outcome": "assembled"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

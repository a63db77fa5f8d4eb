"""Runs in the sandbox, in the application's folder: reads a request, leaves an assembly.

The request and the result are files in the folder that is named as the one argument; the result
says what came of it, so that nobody has to read what was printed.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.builder.adapters.frameworks.synthesiser.loading import Template, load_template
from services.builder.adapters.frameworks.synthesiser.local_code import Bucket, Local, find_local
from services.builder.adapters.frameworks.synthesiser.packing import Packed, Packer
from services.builder.adapters.frameworks.synthesiser.parameters import fill
from services.builder.adapters.frameworks.synthesiser.problems import (
    NotPossible,
    ParametersMissing,
)
from services.builder.adapters.frameworks.synthesiser.writing import (
    template_bytes,
    write_assembly,
)

REQUEST, RESULT, ASSEMBLY = "request.json", "result.json", "assembly"
DEEPEST_NESTING = 8
SAM = "AWS::Serverless-"

Request = Mapping[str, Any]


@dataclass
class _Work:
    """What is on the way into the assembly."""

    packer: Packer
    bucket: Bucket
    assets: dict[str, Packed] = field(default_factory=dict)

    def keep(self, packed: Packed) -> Packed:
        self.assets[packed.sha256] = packed
        return packed


def main(arguments: Sequence[str]) -> int:
    """Make the assembly; the exit code is 0 if it was made."""
    room = Path(arguments[0])
    request = json.loads((room / REQUEST).read_text(encoding="utf-8"))
    result = _outcome(request, room / ASSEMBLY)
    (room / RESULT).write_text(json.dumps(result), encoding="utf-8")
    return 0 if result["outcome"] == "assembled" else 1


def synthesise(request: Request, assembly: Path) -> None:
    """Make an assembly of the template that the request names, in a new folder.

    Raises:
        NotPossible: the template, or what it names, cannot be deployed.
        ParametersMissing: it has parameters without a value.
    """
    file = Path(request["template"])
    template = load_template(file)
    framework = _framework(template)
    print(f"{file.name} ({framework[0]} {framework[1]})", flush=True)  # noqa: T201 - the step's log
    filled = fill(
        template,
        stage=request["target"]["stage"],
        variables=request["variables"],
        secrets=request["secrets"],
    )
    assembly.mkdir()
    target = request["target"]
    work = _Work(
        Packer(assembly, Path(request["root"])), Bucket(target["bucket"], target["region"])
    )
    _take_in(template, file.parent, work, depth=0)
    write_assembly(
        assembly,
        template=template,
        assets=work.assets,
        filled=filled,
        framework=framework,
        target=target,
    )


def _outcome(request: Request, assembly: Path) -> dict[str, Any]:
    try:
        synthesise(request, assembly)
    except NotPossible as reason:
        print(reason, flush=True)  # noqa: T201 - the step's log
        return {"outcome": "not_possible", "detail": str(reason)[:2000]}
    except ParametersMissing as missing:
        return {
            "outcome": "parameters_missing",
            "parameters": missing.parameters,
            "no_echo": missing.no_echo,
        }
    return {"outcome": "assembled"}


def _take_in(template: Template, beside: Path, work: _Work, *, depth: int) -> None:
    """Take what a template names into the assembly, and name its place in the bucket instead."""
    if depth > DEEPEST_NESTING:
        raise NotPossible(f"Templates are nested deeper than {DEEPEST_NESTING}.")
    for local in list(find_local(template)):
        packed = work.keep(_packed(local, beside, work, depth=depth))
        local.replace(local.of.form(work.bucket, packed))


def _packed(local: Local, beside: Path, work: _Work, *, depth: int) -> Packed:
    found = work.packer.find(local.named, beside)
    if not local.of.template:
        return work.packer.pack(found, zipped=local.of.zipped)
    nested = load_template(found)
    _take_in(nested, found.parent, work, depth=depth + 1)
    return work.packer.put(template_bytes(nested), "template.json")


def _framework(template: Template) -> tuple[str, str]:
    transforms = template.get("Transform", [])
    for transform in transforms if isinstance(transforms, list) else [transforms]:
        if isinstance(transform, str) and transform.startswith(SAM):
            return "sam", transform.removeprefix(SAM)[:64]
    return "cloudformation", str(template.get("AWSTemplateFormatVersion", "2010-09-09"))[:64]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

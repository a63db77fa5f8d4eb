"""An assembly of a CloudFormation or SAM template: its local code is packed and named by digest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.builder.adapters.frameworks.synthesiser.loading import Template, load_template
from services.builder.adapters.frameworks.synthesiser.local_code import Bucket, Local, find_local
from services.builder.adapters.frameworks.synthesiser.packing import Packed, Packer
from services.builder.adapters.frameworks.synthesiser.parameters import fill
from services.builder.adapters.frameworks.synthesiser.problems import NotPossible
from services.builder.adapters.frameworks.synthesiser.writing import (
    Framework,
    WrittenStack,
    template_bytes,
    write_assembly,
)

DEEPEST_NESTING = 8
SAM = "AWS::Serverless-"


@dataclass
class _Work:
    """What is on the way into the assembly."""

    packer: Packer
    bucket: Bucket
    assets: dict[str, Packed] = field(default_factory=dict)

    def keep(self, packed: Packed) -> Packed:
        self.assets[packed.sha256] = packed
        return packed


def of_template(request: Mapping[str, Any], assembly: Path) -> None:
    """Make an assembly of the template that the request names, in a new folder.

    Raises:
        NotPossible: the template, or what it names, cannot be deployed.
        ParametersMissing: it has parameters without a value.
    """
    file, target = Path(request["file"]), request["target"]
    template = load_template(file)
    framework = _framework(template)
    print(f"{file.name} ({framework.name} {framework.version})", flush=True)  # noqa: T201 - the step's log
    filled = fill(
        template,
        stage=target["stage"],
        variables=request["variables"],
        secrets=request["secrets"],
    )
    assembly.mkdir()
    work = _Work(
        Packer(assembly, Path(request["root"])), Bucket(target["bucket"], target["region"])
    )
    _take_in(template, file.parent, work, depth=0)
    stack = WrittenStack(target["stack"], template, filled, assets=work.assets)
    write_assembly(assembly, [stack], framework=framework, target=target)


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


def _framework(template: Template) -> Framework:
    transforms = template.get("Transform", [])
    for transform in transforms if isinstance(transforms, list) else [transforms]:
        if isinstance(transform, str) and transform.startswith(SAM):
            return Framework("sam", transform.removeprefix(SAM)[:64])
    return Framework("cloudformation", str(template.get("AWSTemplateFormatVersion", "2010-09-09")))

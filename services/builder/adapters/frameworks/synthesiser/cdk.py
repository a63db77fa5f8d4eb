"""An assembly of a CDK application: `cdk synth`, without a credential."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.builder.adapters.frameworks.synthesiser import toolkit
from services.builder.adapters.frameworks.synthesiser.building import building, hint_to_build
from services.builder.adapters.frameworks.synthesiser.cloud_assembly import (
    MadeStack,
    read_stacks,
)
from services.builder.adapters.frameworks.synthesiser.node_version import hint_of_node
from services.builder.adapters.frameworks.synthesiser.problems import NotPossible, ToolFailed
from services.builder.adapters.frameworks.synthesiser.rewriting import rewrite
from services.builder.adapters.frameworks.synthesiser.stages import without_stages
from services.builder.adapters.frameworks.synthesiser.writing import Framework

CONTEXT = Path("cdk.context.json")
_LIBRARY, _LIBRARY_OF_1 = "aws-cdk-lib", "@aws-cdk/core"


def of_cdk(request: Mapping[str, Any], assembly: Path) -> None:
    """Let CDK synthesise the application in this folder, and make our assembly of it.

    Raises:
        NotPossible: CDK said no, or made what cannot be deployed.
        LookupsMissing: the application asks about its account.
        ParametersMissing: stacks have parameters without a value.
    """
    root, tools, target = Path(request["root"]), Path(request["tools"]), request["target"]
    library = toolkit.installed(_LIBRARY, root)
    if library is None:
        raise _without_library(root)
    _remember(request["context"])
    made, build = assembly.with_name("cdk.out"), building(root)
    ended = toolkit.run(
        [_program(root, tools), *_arguments(made, target["stage"]), *build],
        _environment(target),
        root=root,
        tools=tools,
    )
    hints = ("" if build else hint_to_build(root), hint_of_node(root)) if ended else ()
    stacks = _read(made, ToolFailed("cdk synth", ended, hints=hints) if ended else None)
    framework = Framework("cdk", toolkit.version_of(library))
    rewrite(stacks, assembly, request, framework=framework, root=root.parent)
    shutil.rmtree(made, ignore_errors=True)


def _without_library(root: Path) -> NotPossible:
    if old := toolkit.installed(_LIBRARY_OF_1, root):
        return NotPossible(
            f"This is CDK {toolkit.version_of(old)}, and AWS ended CDK 1 in June 2023: move the "
            f"application to CDK 2 (`npm install {_LIBRARY} constructs`, and import from there; "
            "docs.aws.amazon.com/cdk/v2/guide/migrating-v2.html says how)."
        )
    return NotPossible(
        f"{_LIBRARY} is not installed: only CDK applications in TypeScript or JavaScript can be "
        "synthesised here; they name it in a package.json beside cdk.json, or above it."
    )


def _read(made: Path, failed: ToolFailed | None) -> list[MadeStack]:
    """A lookup that is missing ends `cdk synth` with 1, and an assembly that says which."""
    try:
        stacks = without_stages(read_stacks(made))
    except NotPossible as reason:
        raise (failed or reason) from None
    if failed:
        raise failed
    return stacks


def _remember(context: Mapping[str, Any]) -> None:
    """Write what was looked up to where CDK looks for it; what the repository holds stays."""
    if not context:
        return
    try:
        kept = json.loads(CONTEXT.read_text(encoding="utf-8")) if CONTEXT.exists() else {}
    except ValueError:
        raise NotPossible(f"{CONTEXT} cannot be read: it is no JSON.") from None
    CONTEXT.write_text(json.dumps({**context, **kept}), encoding="utf-8")


def _program(root: Path, tools: Path) -> str:
    """Choose the newer one of the application's CLI and ours: an old one refuses a new library."""
    ours, own = tools / "node_modules" / "aws-cdk", toolkit.installed("aws-cdk", root)
    if own and toolkit.as_numbers(toolkit.version_of(own)) >= toolkit.as_numbers(
        toolkit.version_of(ours)
    ):
        return str(own.parent / ".bin" / "cdk")
    return str(tools / "bin" / "cdk")


def _arguments(made: Path, stage: str) -> list[str]:
    return [
        *("synth", "--quiet", "--no-notices", "--no-lookups", "--output", str(made)),
        *("--context", f"stage={stage}"),
    ]


def _environment(target: Mapping[str, str]) -> dict[str, str]:
    return {
        "CDK_DEFAULT_ACCOUNT": target["account"],
        "CDK_DEFAULT_REGION": target["region"],
        "AWS_REGION": target["region"],
        "AWS_DEFAULT_REGION": target["region"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }

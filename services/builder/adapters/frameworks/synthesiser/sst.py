"""An assembly of an SST v2 application: `sst build`, which a stub tells what it asks AWS."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.builder.adapters.frameworks.synthesiser import toolkit
from services.builder.adapters.frameworks.synthesiser.aws_stub import answering
from services.builder.adapters.frameworks.synthesiser.cloud_assembly import read_stacks
from services.builder.adapters.frameworks.synthesiser.node_version import hint_of_node
from services.builder.adapters.frameworks.synthesiser.problems import NotPossible, ToolFailed
from services.builder.adapters.frameworks.synthesiser.rewriting import rewrite
from services.builder.adapters.frameworks.synthesiser.writing import Framework

_PACKAGE, _MAJOR = "sst", 2
_MADE = Path(".sst") / "dist"
_WANTED = re.compile(r"LATEST_VERSION\s*=\s*[\"'](\d+)")
_LAST_KNOWN = 7
_NAME = r"\s*:\s*[\"'`]([A-Za-z][A-Za-z0-9-]{0,127})[\"'`]"
_NAMES = {
    "CDKToolkit": re.compile(rf"\btoolkitStackName{_NAME}"),
    "SSTBootstrap": re.compile(
        rf"\bbootstrap\s*:\s*\{{(?:[^{{}}]|\{{[^{{}}]*\}})*?\bstackName{_NAME}"
    ),
}
"""Bootstrap stacks by their usual names, and how the settings give them another."""
_SHIM = Path(__file__).with_name("aim_at_stub.cjs")


def of_sst(request: Mapping[str, Any], assembly: Path) -> None:
    """Let SST build the application in this folder, and make our assembly of it.

    Raises:
        NotPossible: it is no SST v2, SST said no, or made what cannot be deployed.
        ParametersMissing: stacks have parameters without a value.
    """
    root, target = Path(request["root"]), request["target"]
    package = toolkit.installed(_PACKAGE, root)
    version = _checked(package)
    assert package is not None  # noqa: S101 - `_checked` has refused that
    shutil.rmtree(_MADE, ignore_errors=True)
    place = {name: target[name] for name in ("account", "region", "bucket")}
    with answering(**place, major=_bootstrap(package), stacks=_bootstraps()) as address:
        ended = toolkit.run(
            [str(package.parent / ".bin" / "sst"), *_arguments(target)],
            _environment(target, address),
            root=root,
        )
    if ended != 0:
        raise ToolFailed("sst build", ended, hints=(hint_of_node(root),))
    framework = Framework("sst", version)
    rewrite(read_stacks(_MADE.resolve()), assembly, request, framework=framework, root=root.parent)


def _checked(package: Path | None) -> str:
    if package is None:
        raise NotPossible("sst is not installed: name it in package.json.")
    version = toolkit.version_of(package)
    major = (*toolkit.as_numbers(version), 0)[0]
    if major < _MAJOR:
        raise NotPossible(
            f"This is SST {version}, which is no longer cared for: upgrade to SST {_MAJOR} "
            "(v2.sst.dev/upgrade-guide), which is deployed here."
        )
    if major > _MAJOR:
        raise NotPossible(
            f"This is SST {version}. SST {_MAJOR} makes CloudFormation, which is deployed here; "
            "later ones have an engine of their own, which is not run yet."
        )
    return version


def _bootstrap(package: Path) -> int:
    """Read which bootstrap this SST asks for; its stub says that it is there."""
    try:
        text = (package / "bootstrap.js").read_text(encoding="utf-8")
    except OSError:
        return _LAST_KNOWN
    found = _WANTED.search(text)
    return int(found[1]) if found else _LAST_KNOWN


def _bootstraps() -> tuple[str, ...]:
    """The names of CDK's bootstrap stack and of SST's own, as the application's settings have them.

    A name must stand there as plain text: the settings are a program, which is not run for it.
    """
    files = (Path(f"sst.config.{ending}") for ending in ("ts", "mts", "js", "mjs", "cjs"))
    text = next((file.read_text("utf-8", "replace") for file in files if file.is_file()), "")
    return tuple(
        found[1] if (found := pattern.search(text)) else usual for usual, pattern in _NAMES.items()
    )


def _arguments(target: Mapping[str, str]) -> list[str]:
    return ["build", "--stage", target["stage"], "--region", target["region"]]


def _environment(target: Mapping[str, str], address: str) -> dict[str, str]:
    """Keys that open nothing, because SST does not begin without any."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_REGION": target["region"],
        "AWS_ACCESS_KEY_ID": "synthesis",
        "AWS_SECRET_ACCESS_KEY": "synthesis",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SST_TELEMETRY_DISABLED": "1",
        "NODE_OPTIONS": f"{os.environ.get('NODE_OPTIONS', '')} --require={_SHIM}".strip(),
    }

"""Keeps what other stacks still import when a stack no longer exports it.

CloudFormation refuses an update that drops an export in use, also when the importer is about to be
updated in the same deploy. So the export stays, with its present value, until nobody imports it:
SST's own deploy does the same (`addInUseExports` in its `stacks/deploy.js`).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, code_of
from services.builder.adapters.deployer.stacks import Stack

_DIGITS = 12


def with_exports_in_use(
    access: Access, found: Stack | None, template: str
) -> tuple[str, tuple[str, ...]]:
    """Give the template with the dropped exports that are in use, and the names of these."""
    if found is None or not found.exports:
        return template, ()
    content = json.loads(template)
    outputs = dict(content.get("Outputs") or {})
    kept = {
        key: name
        for key, name in found.exports.items()
        if not _still_exports(outputs, key, name) and importers(access, name)
    }
    for key, name in kept.items():
        outputs[_free_key(outputs, key, name)] = _output(found, key, name)
    if not kept:
        return template, ()
    return json.dumps(content | {"Outputs": outputs}, separators=(",", ":")), tuple(kept.values())


def importers(access: Access, name: str) -> list[str]:
    """Name the stacks that import an export."""
    try:
        return list(access.cloudformation.list_imports(ExportName=name)["Imports"])
    except ClientError as refused:
        if code_of(refused) == "ValidationError":  # AWS's way to say that nobody does
            return []
        raise


def _still_exports(outputs: Mapping[str, Any], key: str, name: str) -> bool:
    """By its name where that is written out, else by the output's key."""
    named = [output.get("Export", {}).get("Name") for output in outputs.values()]
    own = outputs.get(key, {}).get("Export", {}).get("Name")
    return name in named or (own is not None and not isinstance(own, str))


def _free_key(outputs: Mapping[str, Any], key: str, name: str) -> str:
    if key not in outputs:
        return key
    return f"Kept{hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]}"


def _output(found: Stack, key: str, name: str) -> dict[str, Any]:
    return {"Value": found.outputs[key], "Export": {"Name": name}}

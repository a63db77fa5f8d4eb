"""Writes an assembly in the layout of CDK's, and our release beside it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.builder.adapters.frameworks.synthesiser.loading import Template
from services.builder.adapters.frameworks.synthesiser.packing import Packed
from services.builder.adapters.frameworks.synthesiser.parameters import Filled

SCHEMA = "48.0.0"
"""The cloud assembly's schema that this layout is a part of."""


@dataclass(frozen=True)
class Framework:
    """What made the templates."""

    name: str
    version: str


@dataclass(frozen=True)
class WrittenStack:
    """One stack as it goes into the assembly; `after` names the stacks that it needs.

    `place` is (account, region) where it is not the target's; `roles` are properties of CDK's
    manifest that name roles of the application's own, which the check refuses by name.
    """

    name: str
    template: Template
    filled: Filled
    assets: Mapping[str, Packed] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    after: Sequence[str] = ()
    protected: bool | None = None
    place: tuple[str, str] | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    images: Sequence[str] = ()


def write_assembly(
    folder: Path,
    stacks: Sequence[WrittenStack],
    *,
    framework: Framework,
    target: Mapping[str, str],
) -> None:
    """Write every document; the same arguments give the same bytes.

    `stacks` are in order of dependency. `target` holds application, environment, account, region,
    stage and bucket.
    """
    for stack in stacks:
        (folder / f"{stack.name}.template.json").write_bytes(template_bytes(stack.template))
        _write(folder / f"{stack.name}.assets.json", _asset_manifest(stack, target))
    artifacts = {name: one for stack in stacks for name, one in _artifacts(stack, target).items()}
    _write(folder / "manifest.json", {"version": SCHEMA, "artifacts": artifacts})
    made_for = {
        name: target[name] for name in ("application", "environment", "account", "region", "stage")
    }
    release = {
        "version": 1,
        "framework": framework.name,
        "framework_version": framework.version[:64],
        "target": made_for,
        "stacks": [_of_release(stack) for stack in stacks],
        "files": digests(sorted(folder.iterdir())),
    }
    _write(folder / "release.json", release)


def template_bytes(template: Template) -> bytes:
    """Give a template as it is deployed: JSON, in the author's order."""
    return json.dumps(template, ensure_ascii=False, separators=(",", ":")).encode()


def digests(files: Iterable[Path]) -> dict[str, str]:
    """Give the digest of each file by its name."""
    return {file.name: _digest(file) for file in files}


def _of_release(stack: WrittenStack) -> dict[str, Any]:
    return {
        "name": stack.name,
        "parameters": stack.filled.values,
        "secrets": stack.filled.secrets,
        "tags": dict(stack.tags),
        "after": list(stack.after),
        "protected": stack.protected,
    }


def _artifacts(stack: WrittenStack, target: Mapping[str, str]) -> dict[str, Any]:
    account, region = stack.place or (target["account"], target["region"])
    return {
        f"{stack.name}.assets": {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{stack.name}.assets.json"},
        },
        stack.name: {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{account}/{region}",
            "properties": {
                "templateFile": f"{stack.name}.template.json",
                "stackName": stack.name,
                **stack.roles,
            },
            "dependencies": [f"{stack.name}.assets"],
        },
    }


def _asset_manifest(stack: WrittenStack, target: Mapping[str, str]) -> object:
    place = f"{target['account']}-{target['region']}"
    return {
        "version": SCHEMA,
        "files": {
            digest: {
                "source": {"path": packed.path, "packaging": "file"},
                "destinations": {
                    place: {
                        "bucketName": target["bucket"],
                        "objectKey": packed.key,
                        "region": target["region"],
                    }
                },
            }
            for digest, packed in sorted(stack.assets.items())
        },
        "dockerImages": {image: {} for image in stack.images},
    }


def _write(file: Path, document: object) -> None:
    file.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

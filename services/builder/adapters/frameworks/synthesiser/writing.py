"""Writes an assembly in the layout of CDK's, and our release beside it."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from services.builder.adapters.frameworks.synthesiser.loading import Template
from services.builder.adapters.frameworks.synthesiser.packing import Packed
from services.builder.adapters.frameworks.synthesiser.parameters import Filled

SCHEMA = "48.0.0"
"""The cloud assembly's schema that this layout is a part of."""


def write_assembly(
    folder: Path,
    *,
    template: Template,
    assets: Mapping[str, Packed],
    filled: Filled,
    framework: tuple[str, str],
    target: Mapping[str, str],
) -> None:
    """Write every document; the same arguments give the same bytes.

    `target` holds application, environment, account, region, stage, stack and bucket.
    """
    stack, place = target["stack"], (target["account"], target["region"])
    (folder / f"{stack}.template.json").write_bytes(template_bytes(template))
    _write(folder / f"{stack}.assets.json", _asset_manifest(assets, target["bucket"], place))
    _write(folder / "manifest.json", _manifest(stack, place))
    made_for = {
        name: target[name] for name in ("application", "environment", "account", "region", "stage")
    }
    release = {
        "version": 1,
        "framework": framework[0],
        "framework_version": framework[1],
        "target": made_for,
        "stacks": [{"name": stack, "parameters": filled.values, "secrets": filled.secrets}],
        "files": {file.name: _digest(file) for file in sorted(folder.iterdir())},
    }
    _write(folder / "release.json", release)


def template_bytes(template: Template) -> bytes:
    """Give a template as it is deployed: JSON, in the author's order."""
    return json.dumps(template, ensure_ascii=False, separators=(",", ":")).encode()


def _manifest(stack: str, place: tuple[str, str]) -> object:
    account, region = place
    properties = {"templateFile": f"{stack}.template.json", "stackName": stack}
    return {
        "version": SCHEMA,
        "artifacts": {
            f"{stack}.assets": {
                "type": "cdk:asset-manifest",
                "properties": {"file": f"{stack}.assets.json"},
            },
            stack: {
                "type": "aws:cloudformation:stack",
                "environment": f"aws://{account}/{region}",
                "properties": properties,
                "dependencies": [f"{stack}.assets"],
            },
        },
    }


def _asset_manifest(assets: Mapping[str, Packed], bucket: str, place: tuple[str, str]) -> object:
    return {
        "version": SCHEMA,
        "files": {
            digest: {
                "source": {"path": packed.path, "packaging": "file"},
                "destinations": {
                    "-".join(place): {
                        "bucketName": bucket,
                        "objectKey": packed.key,
                        "region": place[1],
                    }
                },
            }
            for digest, packed in sorted(assets.items())
        },
        "dockerImages": {},
    }


def _write(file: Path, document: object) -> None:
    file.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

"""Assemblies for tests: honest ones of real folders, and any others, built document by document."""

import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from services.builder.adapters.deployer.access import asset_bucket
from services.builder.adapters.frameworks.synthesiser.templates import of_template
from services.builder.domain.assembly.listing import Entry, Kind, Listing
from services.builder.domain.assembly.reach import Owner, Reach

Template = Mapping[str, Any]


def reach_of(
    account: str = "111122223333",
    region: str = "eu-west-1",
    *,
    stacks: tuple[str, ...] = ("shop-dev",),
    owner: Owner | None = None,
) -> Reach:
    return Reach(
        owner=owner or Owner(uuid4(), uuid4()),
        account=account,
        region=region,
        stage="dev",
        bucket=asset_bucket(account, region),
        stack_names=frozenset(stacks),
    )


def synthesised(
    source: Path,
    assembly: Path,
    reach: Reach,
    *,
    template: str = "template.yaml",
    variables: Mapping[str, str] | None = None,
    secrets: tuple[str, ...] = (),
) -> Path:
    """The assembly of a folder, made by the real synthesiser outside of a sandbox."""
    request = request_of(source, reach, template, variables=variables, secrets=secrets)
    of_template(request, assembly)
    return assembly


def request_of(
    source: Path,
    reach: Reach,
    template: str = "template.yaml",
    *,
    variables: Mapping[str, str] | None = None,
    secrets: tuple[str, ...] = (),
) -> dict[str, Any]:
    return {
        "root": str(source),
        "way": "template",
        "file": str(source / template),
        "target": _target(reach) | {"stack": min(reach.stack_names or ()), "bucket": reach.bucket},
        "variables": dict(variables or {}),
        "secrets": list(secrets),
    }


@dataclass
class AssemblyBuilder:
    """An assembly whose every document can be made wrong before it is written.

    `files` are those beside the three kinds of documents; digests are taken at the end.
    """

    reach: Reach
    manifest: dict[str, Any] = field(default_factory=dict)
    assets: dict[str, Any] = field(default_factory=dict)
    release: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.manifest = {"version": "48.0.0", "artifacts": {}}
        self.assets = {"version": "48.0.0", "files": {}, "dockerImages": {}}
        self.release = {
            "version": 1,
            "framework": "cloudformation",
            "framework_version": "2010-09-09",
            "target": _target(self.reach),
            "stacks": [],
        }
        self.artifacts["assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": "assets.json"},
        }

    @property
    def artifacts(self) -> dict[str, Any]:
        artifacts: dict[str, Any] = self.manifest["artifacts"]
        return artifacts

    def stack(
        self,
        name: str,
        template: Template,
        *,
        parameters: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        after: tuple[str, ...] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> "AssemblyBuilder":
        """Add a stack; without `after` it comes after all that were added before."""
        before = [stack["name"] for stack in self.release["stacks"]]
        self.files[f"{name}.template.json"] = json.dumps(template).encode()
        self.artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{self.reach.account}/{self.reach.region}",
            "properties": {"templateFile": f"{name}.template.json", "stackName": name},
            "dependencies": ["assets"],
        }
        self.release["stacks"].append(
            {
                "name": name,
                "parameters": dict(parameters or {}),
                "secrets": dict(secrets or {}),
                "tags": dict(tags or {}),
                "after": before if after is None else list(after),
            }
        )
        return self

    def asset(self, content: bytes, ending: str = "zip") -> dict[str, Any]:
        """Add a file to be uploaded; gives its one destination, to be made wrong."""
        digest = hashlib.sha256(content).hexdigest()
        path = f"asset.{digest}.{ending}"
        self.files[path] = content
        destination = {
            "bucketName": self.reach.bucket,
            "objectKey": f"assets/{digest}.{ending}",
            "region": self.reach.region,
        }
        self.assets["files"][digest] = {
            "source": {"path": path, "packaging": "file"},
            "destinations": {"here": destination},
        }
        return destination

    def contents(self) -> dict[str, bytes]:
        """Every file, with the digests of the others in the release."""
        files = {
            **self.files,
            "manifest.json": json.dumps(self.manifest).encode(),
            "assets.json": json.dumps(self.assets).encode(),
        }
        release = deepcopy(self.release)
        digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
        release.setdefault("files", digests)
        return files | {"release.json": json.dumps(release).encode()}

    def listing(self, *more: Entry) -> Listing:
        """What `read_assembly` would find; `more` are paths that no honest assembly has."""
        return Listing((*(_entry(path, c) for path, c in self.contents().items()), *more))

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True)
        for path, content in self.contents().items():
            (folder / path).write_bytes(content)
        return folder


def parameter(value: str = "v", name: str | None = None) -> dict[str, Any]:
    """A resource that costs nothing: an SSM parameter."""
    named = {"Name": name} if name else {}
    return {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": value, **named},
    }


def broken_queue() -> dict[str, Any]:
    """A resource that fails for sure, with a reason."""
    return {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 999999}}


def template_of(**resources: Mapping[str, Any]) -> dict[str, Any]:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def _target(reach: Reach) -> dict[str, str]:
    return {
        "application": str(reach.owner.application_id),
        "environment": str(reach.owner.environment_id),
        "account": reach.account,
        "region": reach.region,
        "stage": reach.stage,
    }


def _entry(path: str, content: bytes) -> Entry:
    return Entry(
        path=path,
        kind=Kind.FILE,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        text=content.decode() if path.endswith(".json") else None,
    )

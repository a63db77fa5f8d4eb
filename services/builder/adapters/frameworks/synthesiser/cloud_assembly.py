"""Reads what CDK or SST has synthesised: the stacks of a cloud assembly, in order of dependency.

The layout is that of aws-cdk-lib's cloud-assembly-schema (38 to 55 seen); what else a version
holds is let be.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from services.builder.adapters.frameworks.synthesiser.loading import Template
from services.builder.adapters.frameworks.synthesiser.problems import (
    LookupsMissing,
    NotPossible,
)

_STACK, _ASSETS, _NESTED = "aws:cloudformation:stack", "cdk:asset-manifest", "cdk:cloud-assembly"
_LEGACY_ASSET = re.compile(r"AssetParameters[0-9a-f]{64}")
_DEEPEST = 8
_ROLES = ("assumeRoleArn", "cloudFormationExecutionRoleArn")
_BOOTSTRAP = re.compile(
    r"arn:(?:aws(?:-[a-z]{1,10}){0,3}|\$\{AWS::Partition\}):iam::([0-9]{12}):role/"
    r"cdk-[A-Za-z0-9_-]{1,10}-(?:deploy|cfn-exec|file-publishing|image-publishing|lookup)-role-"
    r"([0-9]{12})-([a-z0-9-]{1,32})"
)
"""The roles that `cdk bootstrap` makes, with the account twice and the region."""
_UNKNOWN = ("unknown-account", "unknown-region")


@dataclass(frozen=True)
class MadeAsset:
    """Something to be uploaded: where it lies, how it is packed, and what templates call it."""

    source: Path
    zipped: bool
    names: tuple[tuple[str, str], ...]
    """The bucket and the key by which templates know it, one pair a destination."""


@dataclass(frozen=True)
class MadeStack:
    """A stack as the framework has written it; `after` names the stacks that it needs.

    `in_stage` says that it lies in an assembly that is nested in the application's own.
    """

    name: str
    template: Template
    place: tuple[str, str]
    properties: Mapping[str, Any]
    assets: tuple[MadeAsset, ...]
    images: tuple[str, ...]
    after: tuple[str, ...] = ()
    in_stage: bool = False

    @property
    def tags(self) -> dict[str, str]:
        """The tags that the framework gives to the stack and all that is in it."""
        return {str(key): str(value) for key, value in self.properties.get("tags", {}).items()}

    def roles(self, account: str, region: str) -> dict[str, str]:
        """Give the roles of the application's own choice, for the check to judge.

        Those of CDK's bootstrap in this very account and region are left out: they are not needed.
        """
        named = {role: str(self.properties.get(role) or "") for role in _ROLES}
        place = {"${AWS::AccountId}": account, "${AWS::Region}": region}
        return {
            role: arn
            for role, arn in named.items()
            if arn and not _of_bootstrap(_filled(arn, place), account, region)
        }


@dataclass
class _Manifest:
    """One manifest: its artifacts, and those of the assemblies that are nested in it."""

    root: Path
    folder: Path
    artifacts: Mapping[str, Mapping[str, Any]]
    depth: int
    nested: dict[str, "_Manifest"] = field(default_factory=dict)

    def stacks(self) -> Iterator[str]:
        for name, artifact in self.artifacts.items():
            if artifact.get("type") == _STACK:
                yield _stack_name(name, artifact)
        for manifest in self.nested.values():
            yield from manifest.stacks()

    def document(self, named: str) -> Any:  # noqa: ANN401 - as the framework wrote it
        """Read a document that the manifest names: one of the outermost assembly, and JSON."""
        file = self.folder / named
        try:
            if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(self.root)):
                raise NotPossible(f"The cloud assembly names {named[:200]}, which leads out of it.")
            return json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as wrong:
            raise NotPossible(f"{named[:200]!a} of the cloud assembly: {wrong}.") from None


def read_stacks(folder: Path) -> list[MadeStack]:
    """Give the stacks in an order in which each comes after those that it needs.

    Raises:
        LookupsMissing: the application asked about its account, and was not answered.
        NotPossible: there is no stack, or they need each other.
    """
    made: dict[str, MadeStack] = {}
    for stack in _stacks(_manifest(folder, folder, depth=0), ()):
        if stack.name in made:
            raise NotPossible(f"Two stacks are called {stack.name}: give each its own name.")
        made[stack.name] = stack
    if not made:
        raise NotPossible("The application has no stack: there is nothing to deploy.")
    needed = {
        name: [other for other in stack.after if other in made] for name, stack in made.items()
    }
    try:
        return [made[name] for name in TopologicalSorter(needed).static_order()]
    except CycleError as cycle:
        raise NotPossible(f"Stacks need each other: {' → '.join(cycle.args[1])}.") from None


def _manifest(root: Path, folder: Path, *, depth: int) -> _Manifest:
    try:
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise NotPossible(f"No cloud assembly was made: {wrong}.") from None
    if missing := content.get("missing"):
        raise LookupsMissing(missing)
    manifest = _Manifest(root, folder, content.get("artifacts", {}), depth)
    for name, artifact in manifest.artifacts.items():
        if artifact.get("type") == _NESTED:
            if depth >= _DEEPEST:
                raise NotPossible(f"Stages are nested deeper than {_DEEPEST}.")
            inner = folder / artifact["properties"]["directoryName"]
            manifest.nested[name] = _manifest(root, inner, depth=depth + 1)
    return manifest


def _stacks(manifest: _Manifest, after: Sequence[str]) -> Iterator[MadeStack]:
    """The stacks of a manifest; `after` are those that all of them need."""
    for name, artifact in manifest.artifacts.items():
        needs = [*after, *_names_of(manifest, artifact)]
        if artifact.get("type") == _STACK:
            yield _stack(manifest, name, needs)
        elif name in manifest.nested:
            yield from _stacks(manifest.nested[name], needs)


def _names_of(manifest: _Manifest, artifact: Mapping[str, Any]) -> Iterator[str]:
    """The stacks that an artifact depends on, also those inside of an assembly that it names."""
    for needed in artifact.get("dependencies", []):
        other = manifest.artifacts.get(needed, {})
        if other.get("type") == _STACK:
            yield _stack_name(needed, other)
        elif needed in manifest.nested:
            yield from manifest.nested[needed].stacks()


def _stack(manifest: _Manifest, name: str, after: Sequence[str]) -> MadeStack:
    artifact = manifest.artifacts[name]
    properties = artifact.get("properties", {})
    listed = [
        manifest.document(other["properties"]["file"])
        for needed in artifact.get("dependencies", [])
        if (other := manifest.artifacts.get(needed, {})).get("type") == _ASSETS
    ]
    return MadeStack(
        name=_stack_name(name, artifact),
        template=_template(manifest.document(properties["templateFile"]), name),
        place=_place(artifact),
        properties=properties,
        assets=tuple(one for assets in listed for one in _assets(assets, manifest.folder)),
        images=tuple(image for assets in listed for image in assets.get("dockerImages", {})),
        after=tuple(dict.fromkeys(after)),
        in_stage=manifest.depth > 0,
    )


def _template(template: Template, stack: str) -> Template:
    """Give a stack's template; the legacy synthesizer asks for assets there, and lists none."""
    if any(_LEGACY_ASSET.match(name) for name in template.get("Parameters") or ()):
        raise NotPossible(
            f"The stack {stack} is made by CDK's legacy synthesizer, whose assets are not uploaded "
            "here: leave out `LegacyStackSynthesizer` (the default one will do), and "
            "`@aws-cdk/core:newStyleStackSynthesis` in cdk.json."
        )
    return template


def _assets(listed: Mapping[str, Any], folder: Path) -> Iterator[MadeAsset]:
    for name, asset in listed.get("files", {}).items():
        source = asset.get("source", {})
        if "path" not in source:
            raise NotPossible(f"The asset {name[:64]} is made by a program at deploy time.")
        names = {(to["bucketName"], to["objectKey"]) for to in asset["destinations"].values()}
        yield MadeAsset(
            folder / source["path"], source.get("packaging") == "zip", tuple(sorted(names))
        )


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _of_bootstrap(arn: str, account: str, region: str) -> bool:
    found = _BOOTSTRAP.fullmatch(arn)
    return found is not None and found.groups() == (account, account, region)


def _stack_name(name: str, artifact: Mapping[str, Any]) -> str:
    return str(artifact.get("properties", {}).get("stackName") or name)


def _place(artifact: Mapping[str, Any]) -> tuple[str, str]:
    account, _, region = str(artifact.get("environment", "")).removeprefix("aws://").partition("/")
    known = [word if word not in _UNKNOWN else "" for word in (account, region)]
    return known[0], known[1]

"""Makes our assembly of a framework's: assets go to our bucket, under the digest of their bytes.

A framework names an asset by a fingerprint of what it was made of and a bucket that the whole
account shares: whoever gets there first decides what others deploy (docs/decisions/0021).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.builder.adapters.frameworks.synthesiser.cloud_assembly import MadeAsset, MadeStack
from services.builder.adapters.frameworks.synthesiser.loading import Template
from services.builder.adapters.frameworks.synthesiser.packing import Packed, Packer
from services.builder.adapters.frameworks.synthesiser.parameters import Filled, fill
from services.builder.adapters.frameworks.synthesiser.problems import (
    NotPossible,
    ParametersMissing,
)
from services.builder.adapters.frameworks.synthesiser.writing import (
    Framework,
    WrittenStack,
    write_assembly,
)

_BOOTSTRAP = "/cdk-bootstrap/"
_LARGEST_UNPACKED = 1 << 30
"""An asset of CDK may be a website, not only a function."""


@dataclass
class _Placed:
    """What of a stack's assets lies in our assembly, by the key that templates know it by."""

    packer: Packer
    bucket: str
    known: dict[str, MadeAsset]
    keys: dict[str, Packed] = field(default_factory=dict)
    buckets: set[str] = field(default_factory=set)

    def renamed(self, text: str) -> str:
        """Give a template's text with our bucket and our keys in it."""
        for key in [key for key in self.known if key in text]:
            text = text.replace(key, self._place(key).key)
        for bucket in sorted(self.buckets, key=len, reverse=True):
            text = text.replace(bucket, self.bucket)
        return text

    def _place(self, key: str) -> Packed:
        if key not in self.keys:
            asset = self.known[key]
            self.buckets |= {bucket for bucket, _ in asset.names}
            self.keys[key] = self._packed(asset)
        return self.keys[key]

    def _packed(self, asset: MadeAsset) -> Packed:
        self.packer.inside(asset.source, f"The asset {asset.source}")
        if not asset.source.name.endswith(".template.json"):
            return self.packer.pack(asset.source, zipped=asset.zipped)
        nested = _without_bootstrap(json.loads(asset.source.read_text(encoding="utf-8")))
        return self.packer.put(self.renamed(_text(nested)).encode(), "template.json")


def rewrite(
    made: Sequence[MadeStack],
    assembly: Path,
    request: Mapping[str, Any],
    *,
    framework: Framework,
    root: Path,
) -> None:
    """Write our assembly of a framework's stacks into a new folder.

    Nothing outside of `root` is taken in.

    Raises:
        ParametersMissing: stacks have parameters without a value.
        NotPossible: an asset cannot be packed.
    """
    filled, target = _fill_all(made, request), request["target"]
    assembly.mkdir()
    packer = Packer(assembly, root, largest=_LARGEST_UNPACKED)
    written = [
        _written(
            stack,
            filled[stack.name],
            _placed(stack, packer, request),
            roles=stack.roles(target["account"], target["region"]),
        )
        for stack in made
    ]
    write_assembly(assembly, written, framework=framework, target=target)


def _placed(stack: MadeStack, packer: Packer, request: Mapping[str, Any]) -> _Placed:
    known = {key: asset for asset in stack.assets for _, key in asset.names}
    return _Placed(packer, request["target"]["bucket"], known)


def _written(
    stack: MadeStack, filled: Filled, placed: _Placed, *, roles: Mapping[str, str]
) -> WrittenStack:
    template = json.loads(placed.renamed(_text(_without_bootstrap(stack.template))))
    return WrittenStack(
        stack.name,
        template,
        filled,
        assets={packed.sha256: packed for packed in placed.keys.values()},
        tags=stack.tags,
        after=stack.after,
        protected=bool(stack.properties.get("terminationProtection")),
        place=stack.place if all(stack.place) else None,
        roles=roles,
        images=stack.images,
    )


def _fill_all(made: Sequence[MadeStack], request: Mapping[str, Any]) -> dict[str, Filled]:
    filled: dict[str, Filled] = {}
    parameters, no_echo = list[str](), list[str]()
    for stack in made:
        given = {str(k): str(v) for k, v in stack.properties.get("parameters", {}).items()}
        try:
            filled[stack.name] = fill(
                _without_bootstrap(stack.template),
                stage=request["target"]["stage"],
                variables=given | request["variables"],
                secrets=request["secrets"],
            )
        except ParametersMissing as missing:
            parameters += missing.parameters
            no_echo += missing.no_echo
    if parameters or no_echo:
        raise ParametersMissing(tuple(dict.fromkeys(parameters)), tuple(dict.fromkeys(no_echo)))
    return filled


def _without_bootstrap(template: Template) -> Template:
    """Leave out the question for CDK's bootstrap of the account: what it makes is not used."""
    if not isinstance(template.get("Resources"), dict):
        raise NotPossible("A template that was synthesised has no Resources: the stack is empty.")
    kept = {
        name: declared
        for name, declared in (template.get("Parameters") or {}).items()
        if not str(declared.get("Default", "")).startswith(_BOOTSTRAP)
    }
    rules = {
        name: rule
        for name, rule in (template.get("Rules") or {}).items()
        if name != "CheckBootstrapVersion"
    }
    rest = {key: value for key, value in template.items() if key not in ("Parameters", "Rules")}
    return rest | ({"Parameters": kept} if kept else {}) | ({"Rules": rules} if rules else {})


def _text(template: Template) -> str:
    return json.dumps(template, ensure_ascii=False, separators=(",", ":"))

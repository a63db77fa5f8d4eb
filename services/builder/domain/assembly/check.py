"""Judges an assembly as hostile input, before anything of it meets a credential.

Everything that it may name comes from `Reach`, never from the assembly; the rows are those of
docs/decisions/0004.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.builder.domain.assembly import documents
from services.builder.domain.assembly.assets import check_assets, check_roles, check_template
from services.builder.domain.assembly.checked import CheckedAssembly, CheckedAsset, CheckedStack
from services.builder.domain.assembly.documents import (
    Artifact,
    Manifest,
    ReleaseDocument,
    ReleaseStack,
    StackProperties,
    Template,
)
from services.builder.domain.assembly.files import (
    Case,
    Files,
    check_digests,
    inside,
    plain_files,
)
from services.builder.domain.assembly.listing import LIMITS, Limits, Listing
from services.builder.domain.assembly.reach import Reach
from services.builder.domain.assembly.refusals import (
    LookupMissing,
    Malformed,
    NotItsPlace,
    NotItsStack,
    SecretInTheOpen,
    StackElsewhere,
    TagOfOurs,
    TooMuch,
    UnknownKind,
)


@dataclass(frozen=True, slots=True)
class _Stack:
    """A stack of the manifest before it has its parameters."""

    text: str
    template: Template
    assets: tuple[CheckedAsset, ...]


def check_assembly(listing: Listing, reach: Reach, limits: Limits = LIMITS) -> CheckedAssembly:
    """Give what may be deployed, whole, or refuse all of it.

    Raises:
        Refusal: naming the first thing that the assembly must not reach for.
    """
    files = plain_files(listing, limits)
    release = documents.read(ReleaseDocument, _text(documents.RELEASE, files), documents.RELEASE)
    _check_target(release, reach)
    check_digests(release.files, files, besides=(documents.RELEASE,))
    manifest = documents.read(Manifest, _text(documents.MANIFEST, files), documents.MANIFEST)
    if manifest.missing:
        raise LookupMissing(f"{len(manifest.missing)} lookups")
    stacks = _stacks(manifest, Case(files, reach, limits))
    return CheckedAssembly(
        framework=release.framework,
        framework_version=release.framework_version,
        reach=reach,
        stacks=_in_order(release.stacks, stacks, limits),
    )


def _text(path: str, files: Files) -> str | None:
    entry = files.get(path)
    return entry.text if entry else None


def _check_target(release: ReleaseDocument, reach: Reach) -> None:
    made_for, own = release.target, reach.owner
    for what, named, ours in (
        ("application", made_for.application, str(own.application_id)),
        ("environment", made_for.environment, str(own.environment_id)),
        ("account", made_for.account, reach.account),
        ("region", made_for.region, reach.region),
        ("stage", made_for.stage, reach.stage),
    ):
        if named != ours:
            raise NotItsPlace(what, named[:64], ours)


def _stacks(manifest: Manifest, case: Case) -> dict[str, _Stack]:
    """Every stack of the manifest by its name."""
    by_kind: dict[str, dict[str, Artifact]] = {documents.ASSETS: {}, documents.STACK: {}}
    for name, artifact in manifest.artifacts.items():
        if artifact.type in by_kind:
            by_kind[artifact.type][name] = artifact
        elif artifact.type != documents.TREE:
            raise UnknownKind(f"an artifact of the kind {artifact.type[:64]}", name[:64])
    assets = {
        name: check_assets(artifact, case) for name, artifact in by_kind[documents.ASSETS].items()
    }
    named = [_stack(artifact, assets, case) for artifact in by_kind[documents.STACK].values()]
    stacks = dict(named)
    if len(stacks) != len(named):
        raise Malformed(documents.MANIFEST, "two stacks have the same name")
    return stacks


def _stack(
    artifact: Artifact, assets: Mapping[str, tuple[CheckedAsset, ...]], case: Case
) -> tuple[str, _Stack]:
    reach = case.reach
    of = documents.read_part(StackProperties, artifact.properties, documents.MANIFEST)
    if not reach.holds(of.stack_name):
        raise NotItsStack(of.stack_name, reach.stack_names)
    place = f"aws://{reach.account}/{reach.region}"
    if artifact.environment != place:
        raise StackElsewhere(of.stack_name, str(artifact.environment)[:64], place)
    check_roles(of.assume_role, of.execution_role, reach=reach)
    text, template = check_template(inside(of.template_file, case.files), case.limits)
    needed = tuple(asset for name in artifact.dependencies for asset in assets.get(name, ()))
    return of.stack_name, _Stack(text, template, needed)


def _in_order(
    ordered: list[ReleaseStack], stacks: dict[str, _Stack], limits: Limits
) -> tuple[CheckedStack, ...]:
    """The stacks in the release's order, each with its parameters; the two must name the same."""
    if len(stacks) > limits.stacks:
        raise TooMuch(f"{len(stacks)} stacks", f"{limits.stacks} stacks")
    if not stacks or sorted(stack.name for stack in ordered) != sorted(stacks):
        raise Malformed(documents.RELEASE, "its stacks are not those of the manifest")
    _check_order(ordered)
    return tuple(_with_parameters(stacks[of.name], of) for of in ordered)


def _check_order(ordered: list[ReleaseStack]) -> None:
    """Each stack comes after those that it needs, so that no two wait for each other."""
    before: set[str] = set()
    for stack in ordered:
        if not before.issuperset(stack.after):
            raise Malformed(documents.RELEASE, "its stacks are not in order of dependency")
        before.add(stack.name)


def _with_parameters(stack: _Stack, of: ReleaseStack) -> CheckedStack:
    for parameter, secret in of.secrets.items():
        if not stack.template.hides(parameter):
            raise SecretInTheOpen(parameter, secret)
    for tag in of.tags:
        if tag.lower().startswith(("aws:", "trellis:")):
            raise TagOfOurs(tag[:64], of.name)
    return CheckedStack(
        name=of.name,
        template=stack.text,
        parameters=of.parameters,
        secrets=of.secrets,
        assets=stack.assets,
        tags=of.tags,
        after=tuple(of.after),
        protected=of.protected,
    )

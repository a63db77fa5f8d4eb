"""The uploads of an assembly: to our bucket alone, under the digest of their own bytes."""

from services.builder.domain.assembly import documents
from services.builder.domain.assembly.checked import CheckedAsset
from services.builder.domain.assembly.documents import (
    Artifact,
    AssetManifest,
    AssetManifestProperties,
    Destination,
    FileAsset,
    Template,
)
from services.builder.domain.assembly.files import Case, inside
from services.builder.domain.assembly.listing import Entry, Limits
from services.builder.domain.assembly.reach import Reach
from services.builder.domain.assembly.refusals import (
    ImageAsset,
    Malformed,
    NotItsBucket,
    NotItsKey,
    NotItsPlace,
    NotItsRole,
    TooMuch,
    UnknownKind,
)

PREFIX = "assets/"
"""Where assets lie in our bucket."""


def check_assets(artifact: Artifact, case: Case) -> tuple[CheckedAsset, ...]:
    """Give what is to be uploaded for one asset manifest.

    Raises:
        Refusal: an image or a program, another bucket, key, region or role, a path outside.
    """
    properties = documents.read_part(
        AssetManifestProperties, artifact.properties, documents.MANIFEST
    )
    path = properties.file
    listed = documents.read(AssetManifest, inside(path, case.files).text, path)
    for digest, image in listed.images.items():
        stack = path.removesuffix(".assets.json")
        raise ImageAsset(f"{image.display_name or digest}"[:128], stack)
    return tuple(
        uploaded
        for name, asset in listed.files.items()
        for uploaded in _uploads(name[:64], asset, case)
    )


def check_template(entry: Entry, limits: Limits) -> tuple[str, Template]:
    """Give a template's text, and what is looked at in it.

    Raises:
        TooMuch: it has more bytes or resources than CloudFormation takes.
        Malformed: it is not JSON, or has no resources.
    """
    if entry.size > limits.template_bytes:
        what = f"the template {entry.path} has {entry.size:,} bytes"
        raise TooMuch(what, f"{limits.template_bytes:,} bytes")
    template = documents.read(Template, entry.text, entry.path)
    if len(template.resources) > limits.resources:
        what = f"the template {entry.path} has {len(template.resources)} resources"
        raise TooMuch(what, f"{limits.resources} resources")
    if entry.text is None:
        raise Malformed(entry.path, "it is no text")
    return entry.text, template


def check_roles(*roles: str | None, reach: Reach) -> None:
    """See that every role that is named is one of ours.

    Raises:
        NotItsRole: one is not.
    """
    for role in roles:
        if role is not None and role not in reach.roles:
            raise NotItsRole(role[:200])


def _uploads(name: str, asset: FileAsset, case: Case) -> list[CheckedAsset]:
    source = asset.source
    if source.executable is not None or source.path is None:
        raise UnknownKind("an asset that a program makes", name)
    if source.packaging != "file":
        raise UnknownKind(f"an asset packed as {source.packaging[:64]}", name)
    entry = inside(source.path, case.files)
    if entry.path.endswith(".template.json"):
        check_template(entry, case.limits)
    return [_upload(entry, to, case.reach) for to in asset.destinations.values()]


def _upload(entry: Entry, to: Destination, reach: Reach) -> CheckedAsset:
    if to.bucket != reach.bucket:
        raise NotItsBucket(to.bucket[:64], reach.bucket)
    if to.region not in (None, reach.region):
        raise NotItsPlace("region", str(to.region)[:64], reach.region)
    check_roles(to.assume_role, reach=reach)
    if not entry.sha256 or to.key != f"{PREFIX}{entry.sha256}{_ending(entry.path)}":
        raise NotItsKey(to.key[:200], entry.path)
    return CheckedAsset(path=entry.path, key=to.key, size=entry.size)


def _ending(path: str) -> str:
    name = path.rpartition("/")[2]
    return f".{name.rpartition('.')[2]}" if "." in name else ""

"""The documents of an assembly: CDK's cloud assembly, as far as we take it, and our own release.

Strict in types, lenient in what else a version of the schema may hold.
"""

import re
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.builder.domain.assembly.refusals import Malformed
from trellis_contracts.names import StackName, VariableName

MANIFEST = "manifest.json"
RELEASE = "release.json"

STACK = "aws:cloudformation:stack"
ASSETS = "cdk:asset-manifest"
TREE = "cdk:tree"
"""Known, and of no use to a deployer."""

PathText = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
TagKey = Annotated[str, StringConstraints(min_length=1, max_length=128)]
TagValue = Annotated[str, StringConstraints(max_length=256)]
ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,255}$")]


class Document(BaseModel):
    """A part of a document: values keep their types, what is not known here is let be."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", populate_by_name=True)


class Artifact(Document):
    """One artifact of the manifest; `properties` are read by its type."""

    type: str
    environment: str | None = None
    properties: dict[str, Any] = {}
    dependencies: list[str] = []


class Manifest(Document):
    """`manifest.json`."""

    version: str
    artifacts: dict[str, Artifact]
    missing: list[Any] = []


class StackProperties(Document):
    """What the manifest says of a stack. Parameters and tags come from our own release."""

    template_file: PathText = Field(alias="templateFile")
    stack_name: StackName = Field(alias="stackName")
    assume_role: str | None = Field(default=None, alias="assumeRoleArn")
    execution_role: str | None = Field(default=None, alias="cloudFormationExecutionRoleArn")


class AssetManifestProperties(Document):
    """Where the list of a stack's assets lies."""

    file: PathText


class Source(Document):
    """The file that an asset is."""

    path: PathText | None = None
    packaging: str = "file"
    executable: list[str] | None = None


class Destination(Document):
    """Where an asset is to be uploaded."""

    bucket: str = Field(alias="bucketName")
    key: str = Field(alias="objectKey")
    region: str | None = None
    assume_role: str | None = Field(default=None, alias="assumeRoleArn")


class FileAsset(Document):
    """A file to be uploaded."""

    source: Source
    destinations: dict[str, Destination]


class ImageSource(Document):
    """An image that would be built; newer frameworks say what it is for."""

    display_name: str = Field(default="", alias="displayName")


class AssetManifest(Document):
    """`<stack>.assets.json`."""

    version: str
    files: dict[str, FileAsset] = {}
    images: dict[str, ImageSource] = Field(default={}, alias="dockerImages")


class ReleaseTarget(Document):
    """For whom and where the assembly was made."""

    application: str
    environment: str
    account: str
    region: str
    stage: str


class ReleaseStack(Document):
    """One stack in its order, with every parameter of its template.

    `secrets` gives, for NoEcho parameters, the name of the secret that fills each; `after` the
    stacks that come first; `protected` switches termination protection on or
    off.
    """

    name: StackName
    parameters: dict[ParameterName, str] = {}
    secrets: dict[ParameterName, VariableName] = {}
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=40)] = {}
    after: list[StackName] = []
    protected: bool | None = None


class ReleaseDocument(Document):
    """`release.json`, ours: the digest of every other file is in it."""

    version: Annotated[int, Field(ge=1, le=1)]
    framework: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9.-]{0,63}$")]
    framework_version: Annotated[str, StringConstraints(max_length=64)]
    target: ReleaseTarget
    stacks: list[ReleaseStack]
    files: dict[PathText, Digest]


class Template(Document):
    """What is looked at in a template. It is the application's own, and bounded by IAM alone."""

    resources: dict[str, Any] = Field(alias="Resources", min_length=1)
    parameters: dict[str, dict[str, Any]] = Field(default={}, alias="Parameters")

    def hides(self, parameter: str) -> bool:
        """Whether CloudFormation keeps the parameter's value to itself."""
        return self.parameters.get(parameter, {}).get("NoEcho") in (True, "true", "True")


Read = TypeVar("Read", bound=Document)

_NAME = re.compile(r"^[A-Za-z0-9_.\[\]-]+$")


def read(kind: type[Read], text: str | None, path: str) -> Read:
    """Read a document, or say what is wrong with it without repeating its values.

    Raises:
        Malformed: it is not there or not JSON of that kind.
    """
    if text is None:
        raise Malformed(path, "it is not there")
    try:
        return kind.model_validate_json(text)
    except ValidationError as wrong:
        raise Malformed(path, _first(wrong)) from None


def read_part(kind: type[Read], part: object, path: str) -> Read:
    """Read a part of a document that was read already; raises as `read`."""
    try:
        return kind.model_validate(part)
    except ValidationError as wrong:
        raise Malformed(path, _first(wrong)) from None


def _first(wrong: ValidationError) -> str:
    error = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(step) for step in error["loc"] if _NAME.match(str(step)))
    return f"{error['msg']} at {where}" if where else error["msg"]

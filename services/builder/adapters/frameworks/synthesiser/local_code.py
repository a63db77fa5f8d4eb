"""Finds what a template names of the repository, and names its place in the bucket instead."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from services.builder.adapters.frameworks.synthesiser.loading import Template
from services.builder.adapters.frameworks.synthesiser.packing import Packed
from services.builder.adapters.frameworks.synthesiser.problems import NotPossible

Holder = dict[str, Any]
Named = Callable[[str, Packed], object]


@dataclass(frozen=True)
class Bucket:
    """Where assets will lie."""

    name: str
    region: str

    def lambda_code(self, packed: Packed) -> object:
        """As AWS::Lambda and Elastic Beanstalk name an object."""
        return {"S3Bucket": self.name, "S3Key": packed.key}

    def location(self, packed: Packed) -> object:
        """As SAM, API Gateway and Step Functions name an object."""
        return {"Bucket": self.name, "Key": packed.key}

    def s3(self, packed: Packed) -> object:
        """As an s3:// address."""
        return f"s3://{self.name}/{packed.key}"

    def url(self, packed: Packed) -> object:
        """As a template's address, in the one form that every region and a local AWS know."""
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://s3.{self.region}.{suffix}/{self.name}/{packed.key}"


Form = Callable[[Bucket, Packed], object]


@dataclass(frozen=True)
class Property:
    """A property that may name something local. `path` may lead through inner properties."""

    path: tuple[str, ...]
    form: Form
    zipped: bool = False
    template: bool = False


@dataclass(frozen=True)
class Local:
    """One place in a template that names something local."""

    holder: Holder
    key: str
    named: str
    of: Property

    def replace(self, by: object) -> None:
        """Name something else there."""
        self.holder[self.key] = by


_CODE = Property(("Code",), Bucket.lambda_code, zipped=True)
_CODE_URI = Property(("CodeUri",), Bucket.location, zipped=True)
_DEFINITION = Property(("DefinitionUri",), Bucket.location)

PROPERTIES: dict[str, tuple[Property, ...]] = {
    "AWS::Lambda::Function": (_CODE,),
    "AWS::Lambda::LayerVersion": (Property(("Content",), Bucket.lambda_code, zipped=True),),
    "AWS::Serverless::Function": (_CODE_URI,),
    "AWS::Serverless::LayerVersion": (Property(("ContentUri",), Bucket.location, zipped=True),),
    "AWS::Serverless::Api": (_DEFINITION,),
    "AWS::Serverless::HttpApi": (_DEFINITION,),
    "AWS::Serverless::StateMachine": (_DEFINITION,),
    "AWS::Serverless::Application": (Property(("Location",), Bucket.url, template=True),),
    "AWS::ApiGateway::RestApi": (Property(("BodyS3Location",), Bucket.location),),
    "AWS::ApiGatewayV2::Api": (Property(("BodyS3Location",), Bucket.location),),
    "AWS::StepFunctions::StateMachine": (Property(("DefinitionS3Location",), Bucket.location),),
    "AWS::AppSync::GraphQLSchema": (Property(("DefinitionS3Location",), Bucket.s3),),
    "AWS::AppSync::Resolver": (
        Property(("CodeS3Location",), Bucket.s3),
        Property(("RequestMappingTemplateS3Location",), Bucket.s3),
        Property(("ResponseMappingTemplateS3Location",), Bucket.s3),
    ),
    "AWS::AppSync::FunctionConfiguration": (
        Property(("CodeS3Location",), Bucket.s3),
        Property(("RequestMappingTemplateS3Location",), Bucket.s3),
        Property(("ResponseMappingTemplateS3Location",), Bucket.s3),
    ),
    "AWS::ElasticBeanstalk::ApplicationVersion": (
        Property(("SourceBundle",), Bucket.lambda_code, zipped=True),
    ),
    "AWS::Glue::Job": (Property(("Command", "ScriptLocation"), Bucket.s3),),
    "AWS::CloudFormation::Stack": (Property(("TemplateURL",), Bucket.url, template=True),),
}

_INCLUDE = Property(("Location",), Bucket.s3)
_ELSEWHERE = ("s3://", "https://", "http://")


def find_local(template: Template) -> Iterator[Local]:
    """Give every place that names something local.

    Raises:
        NotPossible: a resource needs a container image, or SAM's own build.
    """
    globals_ = _inner(template, ("Globals", "Function"))
    code_for_all = "CodeUri" in globals_
    yield from _named(globals_, _CODE_URI)
    for name, resource in template["Resources"].items():
        if isinstance(resource, dict):
            _refuse_what_needs_a_build(name, resource)
            yield from _of_resource(resource, code_for_all=code_for_all)
    yield from _includes(template)


def _of_resource(resource: Holder, *, code_for_all: bool) -> Iterator[Local]:
    kind = resource.get("Type")
    properties = _inner(resource, ("Properties",))
    bare = not ({"CodeUri", "InlineCode"} & set(properties)) and not code_for_all
    if kind == "AWS::Serverless::Function" and bare:
        properties["CodeUri"] = "."
        resource["Properties"] = properties
    for property_ in PROPERTIES.get(str(kind), ()):
        yield from _named(properties, property_)


def _named(properties: Holder, property_: Property) -> Iterator[Local]:
    holder, key = _inner(properties, property_.path[:-1]), property_.path[-1]
    named = holder.get(key)
    if isinstance(named, str) and not named.startswith(_ELSEWHERE):
        yield Local(holder, key, named, property_)


def _includes(value: object) -> Iterator[Local]:
    """`Fn::Transform` with AWS::Include may stand anywhere."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            transform = one.get("Fn::Transform")
            if isinstance(transform, dict) and transform.get("Name") == "AWS::Include":
                yield from _named(_inner(transform, ("Parameters",)), _INCLUDE)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _refuse_what_needs_a_build(name: str, resource: Holder) -> None:
    properties, metadata = _inner(resource, ("Properties",)), _inner(resource, ("Metadata",))
    code = properties.get("Code")
    if (
        properties.get("PackageType") == "Image"
        or "ImageUri" in properties
        or "Dockerfile" in metadata
        or (isinstance(code, dict) and "ImageUri" in code)
    ):
        raise NotPossible(
            f"{name} is a container image, and images cannot be built here yet: "
            "use a zip package (PackageType: Zip)."
        )
    if "BuildMethod" in metadata:
        raise NotPossible(
            f"{name} asks for `sam build` (Metadata BuildMethod), which is not run here yet: "
            "build it in package.json's `prepare` script and name the result as CodeUri."
        )


def _inner(holder: Holder, path: tuple[str, ...]) -> Holder:
    for key in path:
        inner = holder.get(key)
        holder = inner if isinstance(inner, dict) else {}
    return holder

"""Answers what a CDK application asks about its account: trusted code, and reads alone.

The questions and the shapes of the answers are those of aws-cdk's context providers
(cloud-assembly-schema, `ContextProvider`). What is not answered here is refused by name, and so is
every other account and region: all stacks of an assembly stand where its environment does.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, code_of
from services.builder.adapters.deployer.vpcs import find_vpc
from services.builder.domain.assembly.refusals import LookupMissing
from services.builder.domain.lookups import (
    UNKNOWN_ACCOUNT,
    UNKNOWN_REGION,
    Asked,
    HostedZoneAsked,
    ImageAsked,
    NetworkAsked,
    NotThere,
    ParameterAsked,
    read_question,
)

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

Answer = Any
READS = frozenset(
    {
        "DescribeAvailabilityZones",
        "DescribeImages",
        "DescribeRouteTables",
        "DescribeSubnets",
        "DescribeVpcs",
        "DescribeVpnGateways",
        "GetParameter",
        "ListHostedZonesByName",
    }
)
"""Every call of AWS that a lookup may make (docs/frameworks.md)."""
_ASKED_WRONGLY = {
    "FilterLimitExceeded",
    "InvalidDomainName",
    "InvalidFilter",
    "InvalidInput",
    "InvalidParameterValue",
    "MalformedQueryString",
    "ValidationError",
    "ValidationException",
}
"""What AWS says to a question that makes no sense: its author is who must act."""


class Question(Protocol):
    """One question of an application."""

    @property
    def key(self) -> str:
        """Under what CDK looks for the answer."""

    @property
    def provider(self) -> str:
        """What kind of question it is."""

    @property
    def props(self) -> Mapping[str, Any]:
        """Its details, as the provider names them."""


def look_up(access: Access, account: str, questions: Iterable[Question]) -> dict[str, Answer]:
    """Answer every question, by its key.

    Raises:
        LookupMissing: naming one that cannot be answered here.
    """
    reading = access.only(READS)
    return {question.key: _answer(reading, account, question) for question in questions}


def _answer(access: Access, account: str, question: Question) -> Answer:
    asked = read_question(question.provider, question.props)
    _check_place(asked, account, access.region)
    try:
        return _found(access, asked)
    except NotThere:
        if asked.has_stand_in:
            return asked.dummy_value
        raise
    except ClientError as refused:
        if code_of(refused) not in _ASKED_WRONGLY:
            raise
        said = f"a lookup of the kind {question.provider}, which AWS refused ({code_of(refused)})"
        raise LookupMissing(said) from refused


def _check_place(asked: Asked, account: str, region: str) -> None:
    if asked.account not in (account, UNKNOWN_ACCOUNT):
        raise LookupMissing(f"a lookup in the account {asked.account[:64]}")
    if asked.region not in (region, UNKNOWN_REGION):
        raise LookupMissing(f"a lookup in the region {asked.region[:64]}, not in {region}")


def _found(access: Access, asked: Asked) -> Answer:
    match asked:
        case ParameterAsked():
            return _parameter(access, asked)
        case ImageAsked():
            return _image(access, asked)
        case HostedZoneAsked():
            return _hosted_zone(access, asked)
        case NetworkAsked():
            return find_vpc(access, asked)
        case _:
            return _zones(access)


def _zones(access: Access) -> Answer:
    found = access.ec2.describe_availability_zones()["AvailabilityZones"]
    return [zone["ZoneName"] for zone in found if zone.get("State") == "available"]


def _parameter(access: Access, asked: ParameterAsked) -> Answer:
    try:
        return access.ssm.get_parameter(Name=asked.parameter_name)["Parameter"]["Value"]
    except ClientError as refused:
        if code_of(refused) == "ParameterNotFound":
            raise NotThere(f"the SSM parameter {asked.parameter_name}") from refused
        raise


def _image(access: Access, asked: ImageAsked) -> Answer:
    filters: list[FilterTypeDef] = [
        {"Name": name, "Values": values} for name, values in asked.filters.items()
    ]
    images = access.ec2.describe_images(Filters=filters, Owners=asked.owners)["Images"]
    if not images:
        raise NotThere("a machine image")
    return max(images, key=lambda image: image.get("CreationDate", ""))["ImageId"]


def _hosted_zone(access: Access, asked: HostedZoneAsked) -> Answer:
    wanted = f"{asked.domain_name.rstrip('.')}."
    zones = [
        zone
        for zone in access.route53.list_hosted_zones_by_name(DNSName=wanted)["HostedZones"]
        if zone["Name"] == wanted
        and bool(zone.get("Config", {}).get("PrivateZone")) == asked.private_zone
    ]
    if len(zones) != 1:
        kind = LookupMissing if zones else NotThere
        raise kind(f"the one hosted zone {wanted} (there are {len(zones)})")
    return {"Id": zones[0]["Id"], "Name": zones[0]["Name"]}

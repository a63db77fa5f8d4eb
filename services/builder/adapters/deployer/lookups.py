"""Answers what a CDK application asks about its account: trusted code, and reads alone.

The questions and the shapes of the answers are those of aws-cdk's context providers
(cloud-assembly-schema, `ContextProvider`). What is not answered here is refused by name.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, code_of
from services.builder.adapters.deployer.vpcs import find_vpc
from services.builder.domain.assembly.refusals import LookupMissing

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

Answer = Any
Props = Mapping[str, Any]


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
    return {question.key: _answer(access, account, question) for question in questions}


def _answer(access: Access, account: str, question: Question) -> Answer:
    asked = question.props
    answer = _ANSWERS.get(question.provider)
    if answer is None:
        raise LookupMissing(f"a lookup of the kind {question.provider}")
    if asked.get("account") not in (None, account, "unknown-account"):
        raise LookupMissing(f"a lookup in the account {asked['account']}")
    region = str(asked.get("region") or access.region)
    there = access if region in (access.region, "unknown-region") else access.in_region(region)
    return answer(there, asked)


def _zones(access: Access, _asked: Props) -> Answer:
    found = access.ec2.describe_availability_zones()["AvailabilityZones"]
    return [zone["ZoneName"] for zone in found if zone.get("State") == "available"]


def _parameter(access: Access, asked: Props) -> Answer:
    name = str(asked["parameterName"])
    try:
        return access.ssm.get_parameter(Name=name)["Parameter"]["Value"]
    except ClientError as refused:
        if code_of(refused) == "ParameterNotFound":
            raise LookupMissing(f"the SSM parameter {name}") from refused
        raise


def _image(access: Access, asked: Props) -> Answer:
    filters: list[FilterTypeDef] = [
        {"Name": str(name), "Values": [str(value) for value in values]}
        for name, values in asked.get("filters", {}).items()
    ]
    owners = [str(owner) for owner in asked.get("owners", [])]
    images = access.ec2.describe_images(Filters=filters, Owners=owners)["Images"]
    if not images:
        raise LookupMissing("a machine image")
    return max(images, key=lambda image: image.get("CreationDate", ""))["ImageId"]


def _hosted_zone(access: Access, asked: Props) -> Answer:
    wanted = f"{str(asked['domainName']).rstrip('.')}."
    private = bool(asked.get("privateZone", False))
    zones = [
        zone
        for zone in access.route53.list_hosted_zones_by_name(DNSName=wanted)["HostedZones"]
        if zone["Name"] == wanted and bool(zone.get("Config", {}).get("PrivateZone")) == private
    ]
    if len(zones) != 1:
        raise LookupMissing(f"the one hosted zone {wanted} (there are {len(zones)})")
    return {"Id": zones[0]["Id"], "Name": zones[0]["Name"]}


_ANSWERS: Mapping[str, Callable[[Access, Props], Answer]] = {
    "availability-zones": _zones,
    "ssm": _parameter,
    "ami": _image,
    "hosted-zone": _hosted_zone,
    "vpc-provider": find_vpc,
}

"""What a CDK application asks about its account is answered by reads, or refused by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from services.builder.adapters.deployer import lookups
from services.builder.adapters.deployer.access import Access, NotAllowedHere
from services.builder.domain.assembly.refusals import LookupMissing
from tests.support.deploying import Environment


@dataclass(frozen=True)
class Asked:
    provider: str
    props: Mapping[str, Any]
    key: str = "asked"


def test_availability_zones_are_those_of_the_region(environment: Environment) -> None:
    answers = environment.deployer.look_up([Asked("availability-zones", {})])

    assert answers["asked"]
    assert all(zone.startswith(environment.account.region) for zone in answers["asked"])


def test_a_parameter_of_the_account_is_read(environment: Environment) -> None:
    environment.account.client("ssm").put_parameter(Name="/vpc", Value="vpc-1", Type="String")

    answers = environment.deployer.look_up([Asked("ssm", {"parameterName": "/vpc"})])

    assert answers == {"asked": "vpc-1"}


def test_a_network_is_found_with_its_subnets_by_kind_and_name(environment: Environment) -> None:
    ec2 = environment.account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "main"}])
    zone = f"{environment.account.region}a"
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{n}.0/24", AvailabilityZone=zone)["Subnet"]
        for n in range(3)
    ]
    public, tagged, isolated = (subnet["SubnetId"] for subnet in subnets)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=public)
    tags = {"aws-cdk:subnet-type": "Private", "aws-cdk:subnet-name": "application"}
    ec2.create_tags(Resources=[tagged], Tags=[{"Key": k, "Value": v} for k, v in tags.items()])

    asked = Asked("vpc-provider", {"filter": {"tag:Name": "main"}, "returnAsymmetricSubnets": True})
    found = environment.deployer.look_up([asked])["asked"]

    assert (found["vpcId"], found["vpcCidrBlock"]) == (vpc, "10.7.0.0/16")
    groups = {
        (group["type"], group["name"]): [one["subnetId"] for one in group["subnets"]]
        for group in found["subnetGroups"]
    }
    assert groups == {
        ("Isolated", "Isolated"): [isolated],
        ("Private", "application"): [tagged],
        ("Public", "Public"): [public],
    }


@pytest.mark.parametrize(
    ("code", "ours"),
    [("ValidationException", False), ("InvalidParameterValue", False), ("InternalFailure", True)],
)
def test_a_question_that_aws_does_not_understand_is_the_authors_to_mend(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, *, code: str, ours: bool
) -> None:
    def refuse(**_asked: str) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetParameter")

    monkeypatch.setattr(Access, "ssm", SimpleNamespace(get_parameter=refuse))

    with pytest.raises(ClientError if ours else LookupMissing, match=code):
        environment.deployer.look_up([Asked("ssm", {"parameterName": "/x y"})])


STAND_IN = {"ignoreErrorOnMissingContext": True, "dummyValue": "instead"}


@pytest.mark.parametrize(
    ("provider", "props"),
    [
        ("ssm", {"parameterName": "/nothing"}),
        ("hosted-zone", {"domainName": "example.com"}),
        ("ami", {"owners": ["nobody"], "filters": {"name": ["none-*"]}}),
        ("vpc-provider", {"filter": {"tag:Name": "none"}}),
    ],
)
def test_what_is_not_there_is_what_the_application_takes_instead(
    environment: Environment, provider: str, props: Mapping[str, Any]
) -> None:
    asked = Asked(provider, {**props, **STAND_IN})
    assert environment.deployer.look_up([asked]) == {"asked": "instead"}

    for unasked in ({"dummyValue": "instead"}, {"ignoreErrorOnMissingContext": True}):
        with pytest.raises(LookupMissing):
            environment.deployer.look_up([Asked(provider, {**props, **unasked})])


def test_what_is_there_is_no_dummy_and_a_refusal_is_none_either(environment: Environment) -> None:
    environment.account.client("ssm").put_parameter(Name="/there", Value="real", Type="String")
    there = {"parameterName": "/there", "region": "unknown-region", **STAND_IN}
    assert environment.deployer.look_up([Asked("ssm", there)]) == {"asked": "real"}

    with pytest.raises(LookupMissing, match="ap-south-1"):
        environment.deployer.look_up([Asked("ssm", {**there, "region": "ap-south-1"})])


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (Asked("ssm", {"parameterName": "/nothing"}), "/nothing"),
        (Asked("hosted-zone", {"domainName": "example.com"}), "example.com"),
        (Asked("ami", {"owners": ["nobody"], "filters": {"name": ["none-*"]}}), "machine image"),
        (Asked("vpc-provider", {"filter": {"tag:Name": "none"}}), "tag:Name none"),
        (Asked("load-balancer", {}), "load-balancer"),
        (Asked("ssm", {"parameterName": "/x", "account": "999999999999"}), "999999999999"),
        (Asked("ssm", {"parameterName": "/x", "region": "ap-south-1"}), "region ap-south-1"),
        (Asked("ssm", {"parameterName": "/x", "region": "evil.example/?"}), "evil.example"),
        (Asked("ssm", {"parameterName": "/x", "region": ""}), "whose region"),
        (Asked("ssm", {}), "kind ssm, whose parameterName"),
        (Asked("ssm", {"parameterName": ["/x"]}), "whose parameterName"),
        (Asked("hosted-zone", {"domainName": "a.org", "privateZone": "no"}), "whose privateZone"),
        (Asked("ami", {"filters": {"name": "x"}}), "whose filters.name"),
        (Asked("vpc-provider", {"filter": [1]}), "whose filter"),
        (Asked("availability-zones", {"account": 7}), "whose account"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(
    environment: Environment, *, asked: Asked, named: str
) -> None:
    with pytest.raises(LookupMissing, match=named):
        environment.deployer.look_up([asked])


def test_a_lookup_can_make_no_call_but_those_that_are_documented(environment: Environment) -> None:
    """The one that is refused writes: what the same keys may do where they deploy."""
    credentials, region = environment.credentials(), environment.account.region
    whole = Access(credentials, region, environment.account.endpoint)
    reading = whole.only(lookups.READS)

    whole.ssm.put_parameter(Name="/x", Value="1", Type="String")
    with pytest.raises(NotAllowedHere, match="PutParameter"):
        reading.ssm.put_parameter(Name="/x", Value="2", Type="String", Overwrite=True)

    assert reading.ssm.get_parameter(Name="/x")["Parameter"]["Value"] == "1"
    frameworks = (Path(__file__).parents[3] / "docs" / "frameworks.md").read_text()
    assert not [call for call in lookups.READS if f"`{call}`" not in frameworks]


def test_lookups_are_made_with_that_access(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "READS", frozenset({"DescribeVpcs"}))

    with pytest.raises(NotAllowedHere, match="GetParameter"):
        environment.deployer.look_up([Asked("ssm", {"parameterName": "/x"})])

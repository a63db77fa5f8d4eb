"""What a CDK application asks about its account is answered by reads, or refused by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

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


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (Asked("ssm", {"parameterName": "/nothing"}), "/nothing"),
        (Asked("hosted-zone", {"domainName": "example.com"}), "example.com"),
        (Asked("ami", {"owners": ["nobody"], "filters": {"name": ["none-*"]}}), "machine image"),
        (Asked("load-balancer", {}), "load-balancer"),
        (Asked("ssm", {"parameterName": "/x", "account": "999999999999"}), "999999999999"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(
    environment: Environment, *, asked: Asked, named: str
) -> None:
    with pytest.raises(LookupMissing, match=named):
        environment.deployer.look_up([asked])

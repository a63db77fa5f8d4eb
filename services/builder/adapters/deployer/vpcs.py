"""Answers CDK's question for a network: `Vpc.fromLookup`.

The shape is `VpcContextResponse` of aws-cdk-lib's cx-api, with subnets in groups by kind and name;
which kind a subnet is, is told as CDK's own CLI tells it (its `context-providers/vpcs`).
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from services.builder.adapters.deployer.access import Access
from services.builder.domain.assembly.refusals import LookupMissing
from services.builder.domain.lookups import NetworkAsked, NotThere

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        FilterTypeDef,
        RouteTableTypeDef,
        SubnetTypeDef,
        TagTypeDef,
        VpcTypeDef,
    )

_TYPE_TAG, _NAME_TAG = "aws-cdk:subnet-type", "aws-cdk:subnet-name"
_KINDS = ("Public", "Private", "Isolated")


def find_vpc(access: Access, asked: NetworkAsked) -> dict[str, Any]:
    """Give the one network that the filters name, with its subnets.

    Raises:
        NotThere: there is none.
        LookupMissing: there is more than one.
    """
    vpc = _the_one(access, asked.filter)
    of_it: list[FilterTypeDef] = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    subnets = access.ec2.describe_subnets(Filters=of_it)["Subnets"]
    tables = access.ec2.describe_route_tables(Filters=of_it)["RouteTables"]
    name_tag = asked.subnet_group_name_tag or _NAME_TAG
    answer: dict[str, Any] = {
        "vpcId": vpc["VpcId"],
        "vpcCidrBlock": vpc.get("CidrBlock", ""),
        "ownerAccountId": vpc.get("OwnerId", ""),
        "region": access.region,
        "availabilityZones": [],
        "subnetGroups": _groups(subnets, tables, name_tag),
    }
    gateway = _vpn_gateway(access, vpc["VpcId"]) if asked.return_vpn_gateways else None
    return answer | ({"vpnGatewayId": gateway} if gateway else {})


def _the_one(access: Access, wanted: Mapping[str, str]) -> "VpcTypeDef":
    filters: list[FilterTypeDef] = [
        {"Name": name, "Values": [value]} for name, value in wanted.items()
    ]
    found = access.ec2.describe_vpcs(Filters=filters)["Vpcs"]
    if len(found) != 1:
        said = ", ".join(f"{name} {value}" for name, value in wanted.items())
        kind = LookupMissing if found else NotThere
        raise kind(f"the one network with {said or 'no filter'} (there are {len(found)})")
    return found[0]


def _groups(
    subnets: Iterable["SubnetTypeDef"], tables: "list[RouteTableTypeDef]", name_tag: str
) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for subnet in sorted(subnets, key=lambda one: (one["AvailabilityZone"], one["SubnetId"])):
        table = _table_of(subnet["SubnetId"], tables)
        kind = _kind(subnet, table)
        name = _tag(subnet.get("Tags", []), name_tag) or kind
        group = groups.setdefault((kind, name), {"name": name, "type": kind, "subnets": []})
        group["subnets"].append(
            {
                "subnetId": subnet["SubnetId"],
                "cidr": subnet.get("CidrBlock", ""),
                "availabilityZone": subnet["AvailabilityZone"],
                "routeTableId": table["RouteTableId"] if table else "",
            }
        )
    return [groups[key] for key in sorted(groups)]


def _table_of(subnet: str, tables: "list[RouteTableTypeDef]") -> "RouteTableTypeDef | None":
    """The subnet's own table of routes, or the network's main one."""
    own = (t for t in tables if any(a.get("SubnetId") == subnet for a in t.get("Associations", [])))
    main = (t for t in tables if any(a.get("Main") for a in t.get("Associations", [])))
    return next(own, None) or next(main, None)


def _kind(subnet: "SubnetTypeDef", table: "RouteTableTypeDef | None") -> str:
    if (tagged := _tag(subnet.get("Tags", []), _TYPE_TAG)) in _KINDS:
        return str(tagged)
    routes = table.get("Routes", []) if table else []
    if any(route.get("GatewayId", "").startswith("igw-") for route in routes):
        return "Public"
    if subnet.get("MapPublicIpOnLaunch"):
        return "Public"
    leaves = any(route.get("NatGatewayId") or route.get("TransitGatewayId") for route in routes)
    return "Private" if leaves else "Isolated"


def _tag(tags: "list[TagTypeDef]", name: str) -> str | None:
    return next((tag.get("Value") for tag in tags if tag.get("Key") == name), None)


def _vpn_gateway(access: Access, vpc: str) -> str | None:
    attached: list[FilterTypeDef] = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
    found = access.ec2.describe_vpn_gateways(Filters=attached)["VpnGateways"]
    return found[0].get("VpnGatewayId") if len(found) == 1 else None

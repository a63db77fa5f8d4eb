"""What a CDK application may ask about its account: one shape for each kind, read as hostile.

The names are those of cloud-assembly-schema's `ContextQueryProperties`; what else a question holds
(a role to look up with, for one) has no say.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from services.builder.domain.assembly.refusals import LookupMissing

UNKNOWN_ACCOUNT, UNKNOWN_REGION = "unknown-account", "unknown-region"
_MOST = 50
_Word = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
_Words = Annotated[list[_Word], Field(max_length=200)]


class NotThere(LookupMissing):
    """What was asked for is not in the account."""


class Asked(BaseModel):
    """What all questions have: where to look, and what to take where there is nothing."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        strict=True,
        alias_generator=to_camel,
        hide_input_in_errors=True,
    )

    account: _Word = UNKNOWN_ACCOUNT
    region: _Word = UNKNOWN_REGION
    ignore_error_on_missing_context: bool = False
    dummy_value: Any = None

    @property
    def has_stand_in(self) -> bool:
        """Whether `dummy_value` is the answer where there is nothing."""
        return self.ignore_error_on_missing_context and "dummy_value" in self.model_fields_set


class ZonesAsked(Asked):
    """The availability zones of a region."""


class ParameterAsked(Asked):
    """The value of an SSM parameter."""

    parameter_name: _Word


class ImageAsked(Asked):
    """The newest machine image that the filters name."""

    filters: Annotated[dict[_Word, _Words], Field(max_length=_MOST)]
    owners: _Words = Field(default_factory=list)


class HostedZoneAsked(Asked):
    """The one hosted zone of a domain."""

    domain_name: _Word
    private_zone: bool = False


class NetworkAsked(Asked):
    """The one network that the filter names, with its subnets."""

    filter: Annotated[dict[_Word, _Word], Field(max_length=_MOST)] = Field(default_factory=dict)
    subnet_group_name_tag: str = ""
    return_vpn_gateways: bool = False


KINDS: Mapping[str, type[Asked]] = {
    "availability-zones": ZonesAsked,
    "ssm": ParameterAsked,
    "ami": ImageAsked,
    "hosted-zone": HostedZoneAsked,
    "vpc-provider": NetworkAsked,
}
"""The questions that are answered, by what CDK calls their provider."""


def read_question(provider: str, props: Mapping[str, Any]) -> Asked:
    """Read a question's details.

    Raises:
        LookupMissing: naming the kind that is not answered, or the detail that cannot be read.
    """
    kind = KINDS.get(provider)
    if kind is None:
        raise LookupMissing(f"a lookup of the kind {provider[:64]}")
    try:
        return kind.model_validate(props)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        at = ".".join(str(part)[:64] for part in first["loc"][:3])
        raise LookupMissing(
            f"a lookup of the kind {provider}, whose {at} cannot be read: {first['msg'][:200]}"
        ) from None

"""Finds what an environment has in its account and no record of it: by the tags of its stacks."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, code_of
from services.builder.adapters.deployer.one_stack import OneStack
from services.builder.adapters.deployer.stacks import carries
from services.builder.adapters.deployer.states import GONE
from services.builder.domain.assembly.reach import Owner
from trellis_contracts.releases import StackOutputs

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_REFUSED = ("AccessDenied", "AccessDeniedException")


def orphans(one: OneStack, *, known: Iterable[StackOutputs | str]) -> tuple[str, ...]:
    """Name the stacks that carry an environment's tags and are not known, the oldest first.

    Nested stacks go with the one that they are in. Credentials that may not list the stacks of
    their account find nothing. Either is said.
    """
    try:
        found = one.persist(lambda: sorted(_tagged(one.access, one.owner)))
    except ClientError as refused:
        if code_of(refused) not in _REFUSED:
            raise
        one.watch.say(
            "Not looked for stacks that nobody recorded: these credentials may not list the "
            f"account's stacks ({code_of(refused)})."
        )
        return ()
    recorded = {stack if isinstance(stack, str) else stack.stack for stack in known}
    names = tuple(name for _, name in found if name not in recorded)
    if names:
        one.watch.say(f"Found by their tags, though no release has them: {', '.join(names)}")
    return names


def _tagged(access: Access, owner: Owner) -> Iterator[tuple[datetime, str]]:
    for stack in _all(access):
        tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
        if stack["StackStatus"] != GONE and "ParentId" not in stack and carries(tags, owner):
            yield stack["CreationTime"], stack["StackName"]


def _all(access: Access) -> "Iterator[StackTypeDef]":
    for page in access.cloudformation.get_paginator("describe_stacks").paginate():
        yield from page["Stacks"]

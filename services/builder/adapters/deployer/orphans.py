"""Finds what an environment has in its account and no record of it: by the tags of its stacks."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, code_of
from services.builder.adapters.deployer.retries import persist
from services.builder.adapters.deployer.stacks import tags_of
from services.builder.adapters.deployer.states import GONE
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.reach import Owner
from trellis_contracts.releases import StackOutputs

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_REFUSED = ("AccessDenied", "AccessDeniedException")


def orphans(
    access: Access, owner: Owner, watch: Watch, *, known: Iterable[StackOutputs | str]
) -> tuple[str, ...]:
    """Name the stacks that carry an environment's tags and are not known, the oldest first.

    Nested stacks go with the one that they are in. Credentials that may not list the stacks of
    their account find nothing. Either is said.
    """
    try:
        found = persist(lambda: sorted(_tagged(access, owner)), pause=watch.pause)
    except ClientError as refused:
        if code_of(refused) not in _REFUSED:
            raise
        watch.say(
            "Not looked for stacks that nobody recorded: these credentials may not list the "
            f"account's stacks ({code_of(refused)})."
        )
        return ()
    recorded = {one if isinstance(one, str) else one.stack for one in known}
    names = tuple(name for _, name in found if name not in recorded)
    if names:
        watch.say(f"Found by their tags, though no release has them: {', '.join(names)}")
    return names


def _tagged(access: Access, owner: Owner) -> Iterator[tuple[datetime, str]]:
    wanted = tags_of(owner).items()
    for stack in _all(access):
        tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
        if stack["StackStatus"] != GONE and "ParentId" not in stack and wanted <= tags.items():
            yield stack["CreationTime"], stack["StackName"]


def _all(access: Access) -> "Iterator[StackTypeDef]":
    for page in access.cloudformation.get_paginator("describe_stacks").paginate():
        yield from page["Stacks"]

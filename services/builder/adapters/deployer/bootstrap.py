"""Makes, once in an account and region, the bucket that assets go to: by a template kept here."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, asset_bucket, code_of
from services.builder.adapters.deployer.errors import StackFailed
from services.builder.adapters.deployer.operations import Operation
from services.builder.adapters.deployer.stacks import Stack, find_stack
from services.builder.adapters.deployer.states import is_busy, is_good
from services.builder.adapters.deployer.watch import Watch
from services.chassis.logging import get_logger

STACK = "trellis-bootstrap"
_TAG = "trellis:bootstrap"
TEMPLATE = Path(__file__).with_name("bootstrap.yaml")

_one_at_a_time: Mapping[tuple[str, str, str | None], threading.Lock] = defaultdict(threading.Lock)
"""One process makes one bootstrap of a place; between processes the stack's name decides."""


def bootstrap(access: Access, account: str) -> str:
    """See that the asset bucket is there, and give its name; cheap when it is.

    Raises:
        StackFailed: it cannot be made, or the bucket or the stack of that name is somebody else's.
    """
    bucket = asset_bucket(account, access.region)
    with _one_at_a_time[account, access.region, access.endpoint]:
        if not _is_there(access, bucket, account):
            get_logger().info("bootstrapping", account=account, region=access.region)
            _make(access, bucket, account)
    return bucket


def _is_there(access: Access, bucket: str, account: str) -> bool:
    try:
        access.s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except ClientError as refused:
        if code_of(refused) in ("404", "NoSuchBucket"):
            return False
        if code_of(refused) in ("403", "AccessDenied"):
            reason = (
                f"the bucket {bucket} is another account's, or these credentials may not use it "
                "(s3:ListBucket is needed)"
            )
            raise StackFailed(STACK, "unchanged", reason) from refused
        raise
    return True


def _make(access: Access, bucket: str, account: str) -> None:
    """Create the stack; a race for it is lost quietly, and waited out."""
    found = _settled(access, find_stack(access, STACK))
    if found and _is_there(access, bucket, account):
        return
    if found:  # it lost its bucket, or never was good
        _check_ours(found)
        access.cloudformation.delete_stack(StackName=found.id)
        _settled(access, find_stack(access, found.id))
    parameters = {"BucketName": bucket, "RequireTls": "false" if access.endpoint else "true"}
    try:
        access.cloudformation.create_stack(
            StackName=STACK,
            TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
            Tags=[{"Key": _TAG, "Value": "1"}],
        )
    except ClientError as refused:
        if code_of(refused) != "AlreadyExistsException":
            raise
    stack = find_stack(access, STACK)
    ending = Operation(access, stack, watch=Watch(), ours=False).follow() if stack else None
    if ending is None or not is_good(ending.stack.status):
        reason = ending.reason if ending else None
        raise StackFailed(STACK, ending.stack.status if ending else "gone", reason or "no reason")


def _check_ours(found: Stack) -> None:
    if _TAG not in found.tags:
        reason = (
            f"a stack of this name is in the account, without the bucket for assets and the "
            f"tag {_TAG}: it is not Trellis's, and stays as it is; remove or rename it, or use "
            "another account or region"
        )
        raise StackFailed(STACK, found.status, reason)


def _settled(access: Access, stack: Stack | None) -> Stack | None:
    """Wait out what runs, and give the stack that is there then."""
    if stack is None or not is_busy(stack.status):
        return stack if stack and stack.status != "DELETE_COMPLETE" else None
    Operation(access, stack, watch=Watch(), ours=False).follow()
    return _settled(access, find_stack(access, STACK))

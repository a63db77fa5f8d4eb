"""Repeats what AWS could not take for the moment: by its error codes, a bounded number of times.

botocore repeats every call a few times within seconds (`Access`); this outlasts a longer shortage,
so that a stack that changes is not left alone for it. Every call that changes something carries a
token of its own, by which AWS knows the second one for the first.
"""

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import code_of, said
from services.builder.adapters.deployer.errors import AwsUnreachable

T = TypeVar("T")

TRANSIENT = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
PAUSES = (2.0, 5.0, 15.0, 30.0)
"""Seconds before each further attempt, on top of botocore's own."""


def persist(call: Callable[[], T], *, pause: Callable[[float], object]) -> T:
    """Call, again after each pause while the refusal is a transient one; others pass at once.

    Raises:
        AwsUnreachable: it was refused so many times; the API's reason is in it.
    """
    for seconds in PAUSES:
        try:
            return call()
        except ClientError as refused:
            if code_of(refused) not in TRANSIENT:
                raise
        pause(seconds)
    try:
        return call()
    except ClientError as refused:
        if code_of(refused) not in TRANSIENT:
            raise
        reason = f"{code_of(refused)}: {said(refused)} ({len(PAUSES) + 1} attempts)"
        raise AwsUnreachable(reason) from refused

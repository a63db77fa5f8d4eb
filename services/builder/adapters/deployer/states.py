"""What the states of a stack mean for the next deploy (pure; CloudFormation's own words)."""

from collections.abc import Mapping
from enum import Enum, auto

REVIEW = "REVIEW_IN_PROGRESS"
UPDATING = "UPDATE_IN_PROGRESS"
CREATING = "CREATE_IN_PROGRESS"
STUCK = "UPDATE_ROLLBACK_FAILED"
WENT_BACK = "UPDATE_ROLLBACK_COMPLETE"
GONE = "DELETE_COMPLETE"
DELETE_FAILED = "DELETE_FAILED"

_GOOD = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}


class Way(Enum):
    """What a deploy has to do with a stack that it finds."""

    CREATE = auto()
    """There is none."""
    WAIT = auto()
    """Something else changes it."""
    CLEAR = auto()
    """It never was good: delete the shell, then create."""
    CONTINUE = auto()
    """Its rollback is stuck: continue that once."""
    UPDATE = auto()
    """It can be changed."""
    REFUSE = auto()
    """Its removal failed half-way: only another removal helps."""


WAYS: Mapping[str, Way] = {
    GONE: Way.CREATE,
    REVIEW: Way.CLEAR,
    "CREATE_FAILED": Way.CLEAR,
    "ROLLBACK_COMPLETE": Way.CLEAR,
    "ROLLBACK_FAILED": Way.CLEAR,
    "CREATE_COMPLETE": Way.UPDATE,
    "UPDATE_COMPLETE": Way.UPDATE,
    "IMPORT_COMPLETE": Way.UPDATE,
    "UPDATE_FAILED": Way.UPDATE,
    WENT_BACK: Way.UPDATE,
    "IMPORT_ROLLBACK_COMPLETE": Way.UPDATE,
    STUCK: Way.CONTINUE,
    DELETE_FAILED: Way.REFUSE,
}
"""The settled states. Every other one that ends in _IN_PROGRESS is waited out; what is unknown,
nothing is done with."""


def way(status: str | None) -> Way:
    """Say what is to be done with a stack in this state; None is no stack."""
    if status is None:
        return Way.CREATE
    return WAYS.get(status, Way.WAIT if is_busy(status) else Way.REFUSE)


def is_busy(status: str) -> bool:
    """Whether an operation runs. A stack under review has none."""
    return status.endswith("_IN_PROGRESS") and status != REVIEW


def is_good(status: str) -> bool:
    """Whether the last operation did what it was for."""
    return status in _GOOD


def is_failure(status: str) -> bool:
    """Whether a resource's state says that it failed."""
    return status.endswith("_FAILED")

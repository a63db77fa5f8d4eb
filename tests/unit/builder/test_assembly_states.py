"""The table of a stack's states, as code: what the next deploy does with each."""

import pytest

from services.builder.adapters.deployer.states import Way, is_busy, is_good, way


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, Way.CREATE),
        ("DELETE_COMPLETE", Way.CREATE),
        ("CREATE_IN_PROGRESS", Way.WAIT),
        ("UPDATE_IN_PROGRESS", Way.WAIT),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Way.WAIT),
        ("UPDATE_ROLLBACK_IN_PROGRESS", Way.WAIT),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Way.WAIT),
        ("ROLLBACK_IN_PROGRESS", Way.WAIT),
        ("DELETE_IN_PROGRESS", Way.WAIT),
        ("IMPORT_IN_PROGRESS", Way.WAIT),
        ("REVIEW_IN_PROGRESS", Way.CLEAR),
        ("CREATE_FAILED", Way.CLEAR),
        ("ROLLBACK_COMPLETE", Way.CLEAR),
        ("ROLLBACK_FAILED", Way.CLEAR),
        ("CREATE_COMPLETE", Way.UPDATE),
        ("UPDATE_COMPLETE", Way.UPDATE),
        ("UPDATE_FAILED", Way.UPDATE),
        ("UPDATE_ROLLBACK_COMPLETE", Way.UPDATE),
        ("IMPORT_COMPLETE", Way.UPDATE),
        ("IMPORT_ROLLBACK_COMPLETE", Way.UPDATE),
        ("UPDATE_ROLLBACK_FAILED", Way.CONTINUE),
        ("DELETE_FAILED", Way.REFUSE),
        ("IMPORT_ROLLBACK_FAILED", Way.REFUSE),
    ],
)
def test_every_state_has_its_way(status: str | None, expected: Way) -> None:
    assert way(status) is expected


def test_a_stack_under_review_is_not_waited_for() -> None:
    assert not is_busy("REVIEW_IN_PROGRESS")


def test_only_a_finished_change_is_good() -> None:
    assert is_good("UPDATE_COMPLETE")
    assert not is_good("UPDATE_ROLLBACK_COMPLETE")
    assert not is_good("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

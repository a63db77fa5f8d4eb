"""What the options of `trellis apps rules` mean beside what is set."""

import pytest
import typer

from cli.commands.rules import approvals_of, checks_of
from trellis_contracts.rules import Approvals, RequiredChecks
from trellis_contracts.settings import EnvironmentSettings

NOTHING = EnvironmentSettings()
TWO = EnvironmentSettings(approvals=Approvals(needed=2, hours=4))


def test_who_names_approvers_wants_one_of_them() -> None:
    assert approvals_of(NOTHING, needed=None, people=["person:ana"]) == {
        "needed": 1, "people": ["person:ana"],
    }  # fmt: skip


def test_what_was_not_said_stays() -> None:
    changed = approvals_of(TWO, needed=None, people=["person:ana", "person:ben"], own=None, hours=8)

    assert Approvals.model_validate(changed) == Approvals(
        needed=2, people=("person:ana", "person:ben"), hours=8
    )


def test_nothing_said_changes_nothing_and_none_clears() -> None:
    assert approvals_of(TWO, needed=None, people=None, own=None, hours=None) is None
    assert approvals_of(TWO, needed=0, people=None) == 0
    assert checks_of(NOTHING, None, None) is None
    assert checks_of(NOTHING, [""], None) == 0


def test_what_hangs_in_the_air_says_what_is_missing() -> None:
    with pytest.raises(typer.BadParameter, match="give --approvals, too"):
        approvals_of(NOTHING, needed=None, people=None, hours=4)
    with pytest.raises(typer.BadParameter, match="give --check, too"):
        checks_of(NOTHING, None, 5)


def test_checks_are_changed_in_part() -> None:
    before = EnvironmentSettings(checks=RequiredChecks(names=("unit",)))

    assert RequiredChecks.model_validate(checks_of(before, None, 5)) == RequiredChecks(
        names=("unit",), minutes=5
    )

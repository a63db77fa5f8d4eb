"""What forms say, as the API takes it."""

import pytest

from dashboard.errors import Declined
from dashboard.typed import (
    wanted_builds,
    wanted_environment,
    wanted_following,
    wanted_rules,
)
from trellis_contracts.settings import SettingsChange


def test_rules_are_told_as_they_are_typed() -> None:
    form = {
        "approvals": "2", "approvers": "ana, robot:ci", "own": "on", "approval_hours": "",
        "windows": "deny 0 18 * * fri 62h Europe/Rome\n\nallow 0 9 * * * 8h", "queue": "all",
        "checks": "build / lint\nunit", "check_minutes": "30",
    }  # fmt: skip

    wanted = wanted_rules(form)

    assert wanted["approvals"] == {"needed": 2, "people": ["person:ana", "robot:ci"], "own": True}
    assert wanted["checks"] == {"names": ["build / lint", "unit"], "minutes": 30}
    assert len(SettingsChange.model_validate(wanted).windows) == 2


def test_what_was_emptied_is_no_rule_any_more() -> None:
    wanted = wanted_rules({"approvals": "0", "approvers": "ana", "checks": " ", "queue": "latest"})

    assert wanted == {"approvals": None, "windows": [], "checks": None, "queue": "latest"}


@pytest.mark.parametrize(
    ("form", "said"),
    [({"windows": "on Fridays"}, "no window"), ({"approvals": "two"}, "approvals: this is no"),
     ({"windows": "deny 0 18 * * fri 40d"}, "Windows"), ({"approvals": "²"}, "no whole number")],
)  # fmt: skip
def test_what_cannot_be_read_is_said(form: dict[str, str], said: str) -> None:
    with pytest.raises(Declined, match=said):
        wanted_rules(form)


def test_runs_are_told_as_they_are_typed() -> None:
    wanted = wanted_builds({"tests": "on", "after_deploy": " npm run smoke ", "size": "large"})

    change = SettingsChange.model_validate(wanted)
    assert (change.tests, change.after_deploy, change.size) == (True, "npm run smoke", "large")
    assert (change.before_deploy, change.run_minutes, change.silence_minutes) == (None, None, None)


@pytest.mark.parametrize(("after", "told"), [("last", {}), ("an-id", {"after": "an-id"})])
def test_a_new_environment_is_last_or_behind_another(after: str, told: dict[str, str]) -> None:
    wanted = wanted_environment({"name": "qa", "branch": "next", "automatic": "on", "after": after})

    settings = {"branch": "next", "automatic": True}
    assert wanted == {"name": "qa", "production": False, "settings": settings, **told}


def test_what_is_not_said_of_pull_requests_is_as_it_is() -> None:
    assert wanted_following({"template": "an-id", "days": "3", "at_once": ""}) == {
        "following": {"template": "an-id", "days": 3}
    }

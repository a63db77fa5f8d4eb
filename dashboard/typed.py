"""What forms say, as the API takes it: pure functions; an empty field is none.

Every one raises Declined where the API could not even be asked.
"""

from collections.abc import Mapping
from typing import Any, Final

from dashboard.errors import Declined
from trellis_contracts.windows import window_of

Typed = Mapping[str, Any]

_COMMIT_LENGTH: Final = 40
_HEX: Final = set("0123456789abcdef")
_LONGEST_NUMBER: Final = 9
_PARTY: Final = "person:"
LAST: Final = "last"


def wanted_application(typed: Typed) -> dict[str, object]:
    """Give a new application; what was left empty is left out."""
    fields = ("name", "repository", "default_branch", "folder", "clone_token")
    said = {field: text(typed, field) or "" for field in fields}
    return {field: value for field, value in said.items() if value or field in fields[:2]}


def wanted_settings(typed: Typed) -> dict[str, object]:
    """Give what deploys an environment, and where to."""
    region = {"region": text(typed, "region")} if text(typed, "region") else {}
    return {
        "branch": text(typed, "branch"),
        "automatic": is_on(typed, "automatic"),
        "stack_name": text(typed, "stack_name"),
        **region,
    }


def wanted_builds(typed: Typed) -> dict[str, object]:
    """Give what a run does besides the deploy, and what it may take."""
    return {
        "tests": is_on(typed, "tests"),
        "test_command": text(typed, "test_command"),
        "before_deploy": text(typed, "before_deploy"),
        "after_deploy": text(typed, "after_deploy"),
        "size": text(typed, "size"),
        "run_minutes": number(typed, "run_minutes"),
        "silence_minutes": number(typed, "silence_minutes"),
    }


def wanted_rules(typed: Typed) -> dict[str, object]:
    """Give what deployments wait for."""
    return {
        "approvals": _approvals(typed),
        "windows": _windows(typed),
        "checks": _checks(typed),
        "queue": text(typed, "queue"),
    }


def wanted_environment(typed: Typed) -> dict[str, object]:
    """Give one more environment: behind `after`, unless it is last."""
    after = text(typed, "after")
    settings = {"branch": text(typed, "branch"), "automatic": is_on(typed, "automatic")}
    return {
        "name": text(typed, "name") or "",
        "production": is_on(typed, "production"),
        "settings": settings,
        **({"after": after} if after and after != LAST else {}),
    }


def wanted_following(typed: Typed) -> dict[str, object]:
    """Give how pull requests get environments; what was left empty is as it is unless set."""
    numbers = {field: number(typed, field) for field in ("days", "at_once")}
    given = {field: value for field, value in numbers.items() if value is not None}
    return {"following": {"template": text(typed, "template"), **given}}


def commit_or_branch(typed: str) -> dict[str, object]:
    """Tell a commit from a branch: forty hexadecimal digits are a commit."""
    if not typed:
        return {}
    is_commit = len(typed) == _COMMIT_LENGTH and set(typed.lower()) <= _HEX
    return {"commit": typed.lower()} if is_commit else {"branch": typed}


def text(typed: Typed, field: str) -> str | None:
    """Give a line; None when it is empty."""
    return str(typed.get(field, "")).strip() or None


def lines(typed: Typed, field: str) -> list[str]:
    """Give the lines that say something."""
    return [one.strip() for one in str(typed.get(field, "")).splitlines() if one.strip()]


def number(typed: Typed, field: str) -> int | None:
    """Give a whole number; None when the field is empty."""
    said = text(typed, field)
    if said is None:
        return None
    if not said.isascii() or not said.isdigit() or len(said) > _LONGEST_NUMBER:
        raise Declined(f"{field.replace('_', ' ')}: this is no whole number.")
    return int(said)


def is_on(typed: Typed, field: str) -> bool:
    """Say whether a switch is on."""
    return typed.get(field) in (True, "on", "true")


def _approvals(typed: Typed) -> dict[str, object] | None:
    needed, hours = number(typed, "approvals"), number(typed, "approval_hours")
    if not needed:
        return None
    people = str(typed.get("approvers", "")).replace(",", " ").split()
    return {
        "needed": needed,
        "people": [one if ":" in one else _PARTY + one for one in people],
        "own": is_on(typed, "own"),
        **({"hours": hours} if hours is not None else {}),
    }


def _windows(typed: Typed) -> list[dict[str, object]]:
    try:
        return [window_of(one).model_dump(mode="json") for one in lines(typed, "windows")]
    except ValueError as error:
        first = str(error).splitlines()[0]
        raise Declined(f"Windows: {first}") from error


def _checks(typed: Typed) -> dict[str, object] | None:
    names, minutes = lines(typed, "checks"), number(typed, "check_minutes")
    if not names:
        return None
    return {"names": names, **({"minutes": minutes} if minutes is not None else {})}

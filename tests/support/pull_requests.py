"""GitHub tells of a pull request: what its hook says, for tests on all of Trellis."""

from datetime import UTC, datetime

from cli.demo.github import deliver
from cli.demo.stage import Stage


async def say(
    stage: Stage,
    action: str,
    commit: str,
    *,
    number: int = 7,
    branch: str = "basket",
    head: dict[str, object],
) -> None:
    """Tell the hook of a pull request from `head` into main, as GitHub does."""
    assert stage.created
    ours = {"id": 1, "full_name": stage.repository, "fork": False}
    payload = {
        "action": action,
        "number": number,
        "pull_request": {
            "number": number,
            "state": "closed" if action == "closed" else "open",
            "updated_at": datetime.now(UTC).isoformat(),
            "head": {"ref": branch, "sha": commit, "repo": {**ours, **head}},
            "base": {"ref": "main", "sha": "a" * 40, "repo": ours},
        },
        "repository": {"full_name": stage.repository},
        "sender": {"login": "ana"},
    }
    await deliver(stage.created.webhook, "pull_request", payload)

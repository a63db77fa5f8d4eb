"""What GitHub really sent once: the examples that Octokit keeps (npm, MIT), and their repositories.

https://github.com/octokit/webhooks: they hold no ordinary push to a branch and no fork.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent / "node_modules/@octokit/webhooks-examples/api.github.com"


@dataclass(frozen=True)
class Example:
    """One payload as it was sent."""

    event: str
    payload: dict[str, Any]

    @property
    def repository(self) -> str | None:
        """The repository that it is about; None: an organisation's or an app's."""
        about = self.payload.get("repository")
        return about["full_name"] if about else None

    @property
    def branch(self) -> str:
        """The default branch of its repository."""
        return str((self.payload.get("repository") or {}).get("default_branch") or "main")


def examples() -> Iterator[Example]:
    """Every payload of api.github.com."""
    for event in json.loads((EXAMPLES / "index.json").read_text()):
        for payload in event["examples"]:
            yield Example(event["name"], payload)

"""GitHub as it behaves, and as somebody who would like to be it.

Payloads have the documented shape (docs.github.com, webhook events and payloads), made by hand.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from copy import deepcopy
from uuid import uuid4

ZEROS = "0" * 40

Json = dict[str, object]


class GitHub:
    """Makes the deliveries of one repository's hook."""

    def __init__(self, secret: str, repository: str = "acme/orders") -> None:
        self.secret, self.repository = secret, repository

    def push(
        self,
        branch: str = "main",
        *,
        before: str = "a" * 40,
        after: str = "b" * 40,
        commits: int = 1,
        **changed: object,
    ) -> Json:
        """A push; `changed` replaces fields of the payload."""
        listed = [self._commit(f"{number:040x}") for number in range(commits)]
        return {
            "ref": f"refs/heads/{branch}",
            "before": before,
            "after": after,
            "created": before == ZEROS,
            "deleted": after == ZEROS,
            "forced": False,
            "base_ref": None,
            "compare": "https://github.com/acme/orders/compare/aaaa...bbbb",
            "head_commit": listed[-1] if listed else None,
            "commits": listed,
            "repository": self._repository(),
            "pusher": {"name": "ana-login", "email": "ana@private.example"},
            "sender": {"login": "ana-login", "id": 1, "type": "User", "site_admin": False},
            **changed,
        }

    def deletion(self, branch: str = "main") -> Json:
        """The push that deletes a branch."""
        return self.push(branch, after=ZEROS, commits=0)

    def tag(self, name: str = "v1") -> Json:
        """The push of a tag."""
        return self.push(ref=f"refs/tags/{name}", before=ZEROS)

    def pull_request(
        self, action: str, number: int, *, branch: str = "basket", commit: str = "c" * 40
    ) -> Json:
        """The event `pull_request`, of a branch of the repository itself."""
        side = {"repo": {**self._repository(), "fork": False}}
        return {
            "action": action,
            "number": number,
            "pull_request": {
                "number": number,
                "state": "closed" if action == "closed" else "open",
                "merged": False,
                "draft": False,
                "updated_at": "2026-03-01T12:00:00Z",
                "head": {**deepcopy(side), "ref": branch, "sha": commit},
                "base": {**deepcopy(side), "ref": "main", "sha": "a" * 40},
            },
            "repository": self._repository(),
            "sender": {"login": "ana-login", "id": 1},
        }

    def check(self, name: str, commit: str, conclusion: str | None) -> Json:
        """A check run, completed with a conclusion or still going on."""
        return {
            "action": "completed" if conclusion else "created",
            "check_run": {
                "id": 1,
                "name": name,
                "head_sha": commit,
                "status": "completed" if conclusion else "in_progress",
                "conclusion": conclusion,
            },
            "repository": self._repository(),
            "sender": {"login": "ana-login"},
        }

    def status(self, context: str, commit: str, state: str) -> Json:
        """A commit status."""
        return {
            "id": 1,
            "sha": commit,
            "context": context,
            "state": state,
            "description": None,
            "repository": self._repository(),
            "sender": {"login": "ana-login"},
        }

    def renamed(self, to: str) -> Json:
        """The event `repository` after the repository got another name, `to` without owner."""
        old = self.repository.rpartition("/")[2]
        changes: Json = {"repository": {"name": {"from": old}}}
        return self._moved("renamed", f"{self.repository.rpartition('/')[0]}/{to}", changes)

    def transferred(self, to: str, *, kind: str = "organization") -> Json:
        """The event `repository` after somebody else, `to`, got the repository."""
        owner, _, name = self.repository.partition("/")
        changes: Json = {"owner": {"from": {kind: {"login": owner, "id": 1}}}}
        return self._moved("transferred", f"{to}/{name}", changes)

    def _moved(self, action: str, name: str, changes: Json) -> Json:
        repository = GitHub(self.secret, name)._repository()
        return {
            "action": action,
            "changes": changes,
            "repository": repository,
            "sender": {"login": "ana-login", "id": 1},
        }

    def ping(self) -> Json:
        """What GitHub sends when a hook is made."""
        return {
            "zen": "Design for failure.",
            "hook_id": 1,
            "hook": {"type": "Repository", "id": 1, "events": ["push"], "active": True},
            "repository": self._repository(),
            "sender": {"login": "ana-login"},
        }

    def signature(self, body: bytes, *, secret: str | None = None) -> str:
        """The value of X-Hub-Signature-256, with another secret if one is given."""
        key = (secret or self.secret).encode()
        return "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()

    def headers(
        self, body: bytes, event: str = "push", *, delivery: str | None = None
    ) -> dict[str, str]:
        """The headers of a delivery that is signed as it should be."""
        return {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/044aadd",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery or str(uuid4()),
            "X-Hub-Signature-256": self.signature(body),
        }

    def _repository(self) -> Json:
        return {
            "id": 186853002,
            "full_name": self.repository,
            "name": self.repository.rpartition("/")[2],
            "private": False,
            "default_branch": "main",
            "owner": {"login": self.repository.partition("/")[0], "email": "o@private.example"},
        }

    def _commit(self, sha: str) -> Json:
        person = {"name": "Ana Realname", "email": "ana@private.example", "username": "ana-login"}
        return {
            "id": sha,
            "message": f"Change {sha[-3:]}",
            "timestamp": "2026-01-01T00:00:00Z",
            "distinct": True,
            "author": person,
            "committer": person,
            "added": [],
            "removed": [],
            "modified": ["README.md"],
        }


def body_of(payload: Mapping[str, object]) -> bytes:
    """The bytes that GitHub would send and sign."""
    return json.dumps(payload).encode()

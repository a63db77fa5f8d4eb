"""What GitHub's deliveries say, as far as Trellis listens; everything else in them is ignored.

Shapes: https://docs.github.com/en/webhooks/webhook-events-and-payloads. No e-mail and no real
name is ever read: of a person, only the login.
"""

import re
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_LOGIN = re.compile(r"[A-Za-z0-9_.\[\]-]{1,128}")
"""As `ana-login`, `dependabot[bot]` and, of a managed user, `ana_acme`."""


def _login_or_nobody(value: object) -> object:
    """An author without an account, or with a nonsense one, is nobody: no push fails for it."""
    return value if isinstance(value, str) and _LOGIN.fullmatch(value) else None


Login = Annotated[str | None, BeforeValidator(_login_or_nobody)]


class Payload(BaseModel):
    """Tolerant: unknown fields are ignored, and what may be missing may be null."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Repository(Payload):
    """The repository that a delivery is about."""

    full_name: str


class OldName(Payload):
    """What a name was before."""

    old: Annotated[str | None, Field(alias="from")] = None


class RenamedRepository(Payload):
    """In `changes` of a renamed repository: its name without the owner."""

    name: OldName | None = None


class Owner(Payload):
    """Whose the repository was."""

    login: str


class OldOwner(Payload):
    """In `changes` of a transferred repository: a user or an organization owned it."""

    user: Owner | None = None
    organization: Owner | None = None


class TransferredRepository(Payload):
    """In `changes` of a transferred repository."""

    old: Annotated[OldOwner | None, Field(alias="from")] = None


class Changes(Payload):
    """What is different, by its old value."""

    repository: RenamedRepository | None = None
    owner: TransferredRepository | None = None


class About(Payload):
    """What any delivery may say; those of an organisation name no repository."""

    repository: Repository | None = None


class RepositoryChange(Payload):
    """The event `repository`: renamed, transferred, or anything else that is not used."""

    action: str | None = None
    changes: Changes | None = None
    repository: Repository | None = None

    @property
    def old_name(self) -> str | None:
        """What the repository was called, owner and all; None if its name is the same."""
        if self.repository is None or self.changes is None:
            return None
        owner, _, name = self.repository.full_name.partition("/")
        renamed, moved = self.changes.repository, self.changes.owner
        if self.action == "renamed" and renamed and renamed.name and renamed.name.old:
            return f"{owner}/{renamed.name.old}"
        whose = moved.old and (moved.old.organization or moved.old.user) if moved else None
        return f"{whose.login}/{name}" if self.action == "transferred" and whose else None


class Account(Payload):
    """Whoever did it, by login."""

    login: Login = None


class Author(Payload):
    """A commit's author; `username` is a login, and missing when git's author has no account."""

    username: Login = None


class Commit(Payload):
    """One commit of a push."""

    id: str
    message: str = ""
    author: Author | None = None
    added: tuple[str, ...] | None = None
    removed: tuple[str, ...] | None = None
    modified: tuple[str, ...] | None = None


class CheckRun(Payload):
    """A check of GitHub's Checks API; `conclusion` comes when it is completed."""

    name: str
    head_sha: str
    conclusion: str | None = None


class Checked(Payload):
    """The event `check_run`."""

    check_run: CheckRun
    repository: Repository


class Status(Payload):
    """The event `status`: a commit status, under the name `context`."""

    sha: str
    context: str
    state: str
    repository: Repository


class Origin(Payload):
    """A repository that one side of a pull request is in; `id` stays when it is renamed."""

    id: Annotated[int, Field(strict=True)]
    full_name: str
    fork: bool = False


class Side(Payload):
    """One side of a pull request; the head's repository is null once its fork is deleted."""

    ref: str
    sha: str
    repo: Origin | None = None


class PullRequest(Payload):
    """A pull request as it stands."""

    number: int
    state: str
    updated_at: datetime
    head: Side
    base: Side

    @property
    def is_foreign(self) -> bool:
        """Say whether its commit is from elsewhere; only the same id, name and kind are not."""
        head, base = self.head.repo, self.base.repo
        return head is None or base is None or head != base


class PullRequestEvent(Payload):
    """The event `pull_request`."""

    action: str
    pull_request: PullRequest
    repository: Repository
    sender: Account | None = None


class Push(Payload):
    """The event `push`: a branch or tag moved, came to be (`before` is zeros) or went."""

    ref: str
    before: str
    after: str
    created: bool | None = None
    deleted: bool | None = None
    forced: bool | None = None
    repository: Repository
    sender: Account | None = None
    commits: tuple[Commit, ...] | None = None

"""What the API answers to commands, and what it is sent, as far as the command line needs it.

Fields that are not known here are ignored, so that a newer server does not break an older client.
"""

from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, SecretStr

from trellis_contracts.logs import LogLine
from trellis_contracts.message import UtcDatetime
from trellis_contracts.names import ApplicationId, EnvironmentId
from trellis_contracts.rights import Role


class Place(NamedTuple):
    """An environment, as the API's paths name it."""

    application_id: ApplicationId
    environment_id: EnvironmentId


class Read(BaseModel):
    """Something that was read from the server."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Decision(Read):
    """A command was decided; a view that has `position` shows it. `subject` is what it made."""

    id: UUID
    position: int | None = None
    subject: UUID | None = None
    events: tuple[str, ...] = ()
    dry_run: bool = False
    foretold: tuple[str, ...] = ()
    cannot_undo: tuple[str, ...] = ()


class Webhook(Read):
    """What to enter in GitHub; the secret is shown this once."""

    url: str
    secret: str
    content_type: str = "application/json"
    events: tuple[str, ...] = ("push", "repository")


class Created(Decision):
    """A new application with its environments by name and its hook."""

    application_id: ApplicationId
    environments: dict[str, EnvironmentId]
    webhook: Webhook


class Token(Read):
    """What is known of a token, which is not its value."""

    id: UUID
    prefix: str
    name: str
    actor: str
    role: Role
    created_at: UtcDatetime
    used_at: UtcDatetime | None = None
    revoked_at: UtcDatetime | None = None
    only: tuple[UUID, ...] = ()


class NewToken(Token):
    """A token with its value, which is shown this once."""

    token: str


class Page(Read):
    """Lines of a run; `next` is given as `after` to go on, `last` says that none follows."""

    lines: tuple[LogLine, ...]
    next: int
    last: bool


class AwsKeys(BaseModel):
    """AWS credentials on their way to the server; `session_token` belongs to temporary ones."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    access_key_id: str
    secret_access_key: SecretStr
    session_token: SecretStr | None = None

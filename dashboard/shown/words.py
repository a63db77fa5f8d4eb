"""The words and colours of states, times and things, for every page."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from trellis_contracts.deployments import DeployKind, Trigger
from trellis_contracts.names import ActorId
from trellis_contracts.sentences import ago, short
from trellis_contracts.views import DeploymentState, DeploymentView

GOOD: Final = "green"
BAD: Final = "red"
OURS: Final = "orange"
BUSY: Final = "blue"
QUIET: Final = "gray"

_COLOURS: Final = {
    DeploymentState.WAITING: QUIET,
    DeploymentState.RUNNING: BUSY,
    DeploymentState.CANCELLING: OURS,
    DeploymentState.SUCCEEDED: GOOD,
    DeploymentState.FAILED: BAD,
    DeploymentState.ERRORED: OURS,
    DeploymentState.CANCELLED: QUIET,
    DeploymentState.SUPERSEDED: QUIET,
}
_KINDS: Final = {
    DeployKind.DEPLOY: "Deploy",
    DeployKind.REDEPLOY: "Redeploy",
    DeployKind.PROMOTE: "Promotion",
    DeployKind.ROLLBACK: "Rollback",
    DeployKind.TEARDOWN: "Teardown",
    DeployKind.CONTINUE: "Rollback continued",
}
_DAY_SECONDS = 86_400


def colour_of(state: DeploymentState) -> str:
    """Give the colour that a state has everywhere."""
    return _COLOURS[state]


def kind_of(kind: DeployKind) -> str:
    """Name a kind of deployment."""
    return _KINDS[kind]


def who(actor: ActorId) -> str:
    """Say who: `ana`, `ana on GitHub`, or `Trellis`."""
    party, _, name = actor.partition(":")
    if party == "service":
        return "Trellis"
    return f"{name} on GitHub" if party == "forge" else name


def why(view: DeploymentView) -> str:
    """Say what brought a deployment about."""
    if view.trigger is Trigger.PUSH:
        return f"pushed by {who(view.actor)}"
    if view.trigger is Trigger.HEAD:
        return "found on the branch: no webhook told of it"
    return f"asked by {who(view.actor)}"


def what(view: DeploymentView) -> str:
    """Say in a few words what a deployment brings: its commit and where that is from."""
    parts = [short(view.commit), f"from {view.branch}" if view.branch else ""]
    if view.rolls_back_to:
        parts.append(f"as in #{view.rolls_back_to}")
    return " ".join(part for part in parts if part)


def first_line(message: str | None) -> str:
    """Give the subject of a commit's message."""
    return (message or "").strip().partition("\n")[0]


def age(moment: datetime | None, now: datetime) -> str:
    """Say how long ago something was; `just now` within some seconds."""
    if moment is None:
        return ""
    said = ago(moment, now)
    return "just now" if said.endswith(" s ago") else said


def moment(at: datetime | None) -> str:
    """Write a moment, to be read on its own."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""


def repository(url: str) -> str:
    """Give what people call a repository: `owner/name`."""
    return urlsplit(url).path.strip("/").removesuffix(".git")


def commit_url(url: str, commit: str | None) -> str:
    """Give where GitHub shows a commit; empty where it is not GitHub's."""
    if commit and urlsplit(url).hostname == "github.com":
        return f"{url.removesuffix('.git').rstrip('/')}/commit/{commit}"
    return ""


def pages_of(application: str) -> str:
    """Give the path of an application's page."""
    return f"/applications/{application}"


def settings_of(application: str, environment: str) -> str:
    """Give the path of the settings of an environment."""
    return f"{pages_of(application)}/{environment}/settings"


def page_of(view: DeploymentView) -> str:
    """Give the path of a deployment's page."""
    return f"{pages_of(view.application)}/{view.environment}/deployments/{view.number}"

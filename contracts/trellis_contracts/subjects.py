"""Every subject and stream name, built here only."""

from uuid import UUID

from trellis_contracts.message import Message
from trellis_contracts.names import ApplicationId, EnvironmentId, PreviewId, RunId

ALL_EVENTS = "trellis.event.>"
INBOX = "trellis.inbox.github"
ALL_INBOXES = "trellis.inbox.>"
COMMANDS = "trellis.command.*"
FACTS = "trellis.fact.*"
HEARTBEATS = "trellis.heartbeat.*"
CANCELS = "trellis.cancel.*"
WORK = "trellis.run"
ALL_LOGS = "trellis.log.*"
ALL_DEAD = "trellis.dead.*"
ROLL_CALL = "trellis.health"
BUILDER_CALL = "trellis.builders"


def event(message: Message) -> str:
    """Say where an event is published: `trellis.event.<application>.<environment>.<Name>`.

    An event that belongs to no application or environment has `_` in its place, so that a
    subscriber picks one application, one environment or one kind with a wildcard.
    """
    application = getattr(message, "application_id", "_")
    environment = getattr(message, "environment_id", "_")
    return f"trellis.event.{application}.{environment}.{type(message).__name__}"


def every(name: str) -> str:
    """Say where the events of one type are published, whatever they belong to."""
    return f"trellis.event.*.*.{name}"


def command(name: str) -> str:
    """Say where a command is sent, by its type."""
    return f"trellis.command.{name}"


def fact(run: RunId | ApplicationId) -> str:
    """Say where a builder reports on a run, or on the branch of an application."""
    return f"trellis.fact.{run}"


def heartbeat(run: RunId) -> str:
    """Say where the builder of a run shows that it is alive."""
    return f"trellis.heartbeat.{run}"


def cancel(run: RunId) -> str:
    """Say where the builder of a run hears that it is to end it."""
    return f"trellis.cancel.{run}"


def log(run: RunId) -> str:
    """Say where the lines of a run are published."""
    return f"trellis.log.{run}"


def view(name: str, key: UUID) -> str:
    """Say where a change of a view is announced."""
    return f"trellis.view.{name}.{key}"


def dead(service: str) -> str:
    """Say where a service puts a message that it could not handle."""
    return f"trellis.dead.{service}"


def application_stream(application: ApplicationId) -> str:
    """Name the event stream of an application."""
    return f"application-{application}"


def environment_stream(environment: EnvironmentId) -> str:
    """Name the event stream of an environment."""
    return f"environment-{environment}"


def run_stream(run: RunId) -> str:
    """Name the event stream of a run."""
    return f"run-{run}"


def preview_stream(preview: PreviewId) -> str:
    """Name the event stream of a preview."""
    return f"preview-{preview}"


def delivery_stream(delivery: str) -> str:
    """Name the event stream of a webhook delivery."""
    return f"delivery-{delivery}"


def environment_events(application: ApplicationId, environment: EnvironmentId) -> str:
    """Say where every event of one environment is published."""
    return f"trellis.event.{application}.{environment}.>"

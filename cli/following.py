"""Shows how a deployment goes until it has ended, and says how the command is to end then."""

import asyncio
from contextlib import aclosing
from enum import Enum
from functools import partial

from rich.text import Text

from cli.exits import Status
from cli.log_following import follow
from cli.progress import Progress, progress_on
from cli.session import Session
from cli.tables import outputs
from cli.watching import watch
from trellis_contracts.logs import LogLine
from trellis_contracts.sentences import outcome
from trellis_contracts.views import DeploymentState, DeploymentView, RunView


class Following(Enum):
    """How far a command goes on after its deployment was asked for."""

    NOT = "not"
    STEPS = "steps"
    LINES = "lines"


def following_of(*, wait: bool, logs: bool) -> Following:
    """Give what the options ask for: to print lines is to wait, too."""
    if logs:
        return Following.LINES
    return Following.STEPS if wait else Following.NOT


async def followed(
    session: Session, begun: DeploymentView, *, after: int | None, lines: bool
) -> Status:
    """Show how a deployment goes until it has ended, with the lines of its runs if wanted."""
    with progress_on(session.output.console, among_lines=lines) as progress:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_watched(session, begun, progress, after=after))
            if lines:
                await follow(session.api, begun, after=-1, show=partial(_show_line, session))
    last = watching.result()
    session.output.give(last)
    session.output.show(Text(outcome(last)), *outputs(last))
    return Status.FINE if last.state is DeploymentState.SUCCEEDED else Status.FAILED


async def _watched(
    session: Session, begun: DeploymentView, progress: Progress, *, after: int | None
) -> DeploymentView:
    last, application = begun, begun.application_id
    views = watch(session.api, begun.deployment_id, application=application, after=after)
    async with aclosing(views):
        async for view in views:
            progress.show(view)
            last = view
    return last


def _show_line(session: Session, _run: RunView, line: LogLine) -> None:
    session.output.console.print(Text.from_ansi(f"  | {line.text}"), soft_wrap=True)

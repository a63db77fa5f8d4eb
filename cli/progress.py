"""Shows a deployment while it goes on: alive on a terminal, line by line everywhere else."""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from cli.tables import STYLES
from trellis_contracts.runs import ResourceProgress
from trellis_contracts.sentences import duration, has_ended, headline, outcome, waits_for
from trellis_contracts.views import DeploymentState, DeploymentView, RunView, StackView, StepView

_MARKS = {None: "…", True: "✓", False: "✗"}
_MARK_STYLES = {None: "cyan", True: "green", False: "red"}
_SHOWN_RESOURCES = 8


class Progress(Protocol):
    """Takes a deployment each time it has changed."""

    def show(self, view: DeploymentView) -> None:
        """Show it as it is now."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End, and leave what was shown last."""


def progress_on(console: Console, *, among_lines: bool = False) -> Progress:
    """Give what suits the console; line by line everywhere if other lines come in between."""
    if console.is_terminal and not console.is_dumb_terminal and not among_lines:
        return LiveProgress(console)
    return PlainProgress(lambda line: console.print(Text(line), soft_wrap=True))


class LiveProgress:
    """Draws the deployment anew in the same place."""

    def __init__(self, console: Console) -> None:
        """Takes the terminal."""
        self._live = Live(console=console, refresh_per_second=8, transient=False)

    def show(self, view: DeploymentView) -> None:
        """Draw it."""
        self._live.update(picture(view))

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._live.stop()


class PlainProgress:
    """Writes what is new about the deployment, for logs and pipes."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """Takes where lines go."""
        self._write = write
        self._seen: DeploymentView | None = None

    def show(self, view: DeploymentView) -> None:
        """Write what is new."""
        for line in news(self._seen, view):
            self._write(line)
        self._seen = view

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        return


def picture(view: DeploymentView) -> RenderableType:
    """Draw a deployment: its steps, and the stacks while they move."""
    parts: list[RenderableType] = [Text(headline(view), style="bold")]
    for run in view.runs[-1:]:
        if run.attempt > 1:
            parts.append(Text(f"attempt {run.attempt}: the one before was lost", style="yellow"))
        parts += [_step_line(step) for step in run.steps]
        parts += [line for stack in run.stacks for line in _stack_lines(stack)]
    if not has_ended(view):
        waits = view.state is DeploymentState.WAITING
        doing = f"waits: {waits_for(view)}" if waits else view.state.value
        parts.append(Spinner("dots", Text(doing, style=STYLES[view.state])))
    return Group(*parts)


def _step_line(step: StepView) -> Text:
    took = f"  {duration(step.seconds)}" if step.seconds is not None else ""
    line = Text(f"  {_MARKS[step.succeeded]} ", style=_MARK_STYLES[step.succeeded])
    return line.append(f"{step.step.value:<13}", style="default").append(took, style="dim")


def _stack_lines(stack: StackView) -> Iterator[Text]:
    yield Text(f"    {_stack(stack)}", style="cyan")
    moving = [one for one in stack.resources if one.status.endswith("_IN_PROGRESS") or _is_bad(one)]
    for resource in moving[-_SHOWN_RESOURCES:]:
        yield Text(f"      {_resource(resource)}", style="red" if _is_bad(resource) else "dim")


def news(before: DeploymentView | None, now: DeploymentView) -> Iterator[str]:
    """Say what has changed from one look at a deployment to the next, one line each.

    Nothing is said twice, and what began and ended in between is said to have ended.
    """
    if before is None:
        yield headline(now)
    moved = before is None or (before.state, before.gates) != (now.state, now.gates)
    if moved and not has_ended(now):
        yield outcome(now)
    seen = {run.run_id: run for run in before.runs} if before else {}
    for run in now.runs:
        yield from _news_of_run(seen.get(run.run_id), run)


def _news_of_run(before: RunView | None, now: RunView) -> Iterator[str]:
    if before is None and now.attempt > 1:
        yield f"attempt {now.attempt}: the one before was lost"
    steps = {step.step: step for step in before.steps} if before else {}
    for step in now.steps:
        if step != steps.get(step.step):
            took = f" ({duration(step.seconds)})" if step.seconds is not None else ""
            yield f"{_MARKS[step.succeeded]} {step.step.value}{took}"
    stacks = {stack.stack: stack for stack in before.stacks} if before else {}
    for stack in now.stacks:
        yield from _news_of_stack(stacks.get(stack.stack), stack)


def _news_of_stack(before: StackView | None, now: StackView) -> Iterator[str]:
    if before is None or (before.status, before.done) != (now.status, now.done):
        yield f"  {_stack(now)}"
    seen = {one.logical_id: one.status for one in before.resources} if before else {}
    for resource in now.resources:
        if resource.status != seen.get(resource.logical_id):
            yield f"    {_resource(resource)}"


def _stack(stack: StackView) -> str:
    count = f" {stack.done}/{stack.total}" if stack.total else ""
    return f"{stack.stack} {stack.status}{count}"


def _resource(resource: ResourceProgress) -> str:
    why = f": {resource.reason}" if resource.reason and _is_bad(resource) else ""
    return f"{resource.logical_id} ({resource.type}) {resource.status}{why}"


def _is_bad(resource: ResourceProgress) -> bool:
    return resource.status.endswith("_FAILED")

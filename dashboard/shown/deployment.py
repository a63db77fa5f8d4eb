"""One deployment, as it is shown: what was asked, how it goes, why it failed."""

from dataclasses import dataclass, field
from datetime import datetime

from dashboard.shown.cards import Waiting
from dashboard.shown.foreseen import Line, foreseen, lines
from dashboard.shown.waiting import approved_by, waits
from dashboard.shown.words import (
    BAD,
    BUSY,
    GOOD,
    OURS,
    QUIET,
    colour_of,
    commit_url,
    first_line,
    kind_of,
    moment,
    what,
    who,
    why,
)
from trellis_contracts.explaining import why_deployment
from trellis_contracts.previewing import PreviewView
from trellis_contracts.sentences import duration, has_ended, intent, must_act, short
from trellis_contracts.views import (
    DeploymentState,
    DeploymentView,
    FailureView,
    RunView,
    StackView,
    StepView,
)

_LINES_OF_A_FAILURE = 12


@dataclass(frozen=True)
class StepShown:
    """A step of the newest run."""

    name: str = ""
    said: str = ""
    took: str = ""
    colour: str = QUIET
    going_on: bool = False


@dataclass(frozen=True)
class ResourceShown:
    """A resource that moved."""

    name: str = ""
    kind: str = ""
    status: str = ""
    reason: str = ""
    colour: str = QUIET


@dataclass(frozen=True)
class StackShown:
    """A stack that the newest run changes."""

    name: str = ""
    status: str = ""
    counted: str = ""
    percent: int = 0
    colour: str = BUSY
    resources: tuple[ResourceShown, ...] = ()


@dataclass(frozen=True)
class Output:
    """A value that a stack shows of itself."""

    name: str = ""
    value: str = ""
    is_address: bool = False


@dataclass(frozen=True)
class Failed:
    """Why it did not succeed, and who must act; `there` is False when it did."""

    there: bool = False
    sentence: str = ""
    remedy: str = ""
    event: str = ""
    tail: str = ""
    colour: str = BAD


@dataclass(frozen=True)
class Deployment:
    """All of the page but its log, which the browser reads itself."""

    there: bool = False
    title: str = ""
    subtitle: str = ""
    state: str = ""
    colour: str = QUIET
    ended: bool = False
    cancelling: bool = False
    why: str = ""
    commit: str = ""
    commit_url: str = ""
    message: str = ""
    asked_at: str = ""
    took: str = ""
    failed: Failed = Failed()
    number: int = 0
    waiting: Waiting = field(default_factory=Waiting)
    waits: bool = False
    approved_by: str = ""
    freeze: str = ""
    """Who let it start in spite of a freeze, and why."""
    reasons: tuple[str, ...] = ()
    """Where it comes from, what it waited for and how it ended, in sentences."""
    steps: tuple[StepShown, ...] = ()
    stacks: tuple[StackShown, ...] = ()
    outputs: tuple[Output, ...] = ()
    run: str = ""
    attempt: str = ""
    builder: str = ""
    foreseen: tuple[Line, ...] = ()
    """What it would change, while it waits, and what a rollback cannot undo."""


def deployment(
    view: DeploymentView, repository: str, *, now: datetime, preview: PreviewView | None = None
) -> Deployment:
    """Give a deployment as it is shown; `preview` is what was found of it before it began."""
    run = view.runs[-1] if view.runs else None
    return Deployment(
        there=True,
        title=f"{kind_of(view.kind)} #{view.number}",
        subtitle=intent(view),
        state=view.state.value,
        colour=colour_of(view.state),
        ended=has_ended(view),
        cancelling=view.cancel_requested_by is not None,
        why=why(view),
        commit=short(view.commit) or what(view),
        commit_url=commit_url(repository, view.commit),
        message=first_line(view.message),
        asked_at=moment(view.requested_at),
        took=_took(view, now),
        failed=_failed(view.failure, colour_of(view.state)),
        number=view.number,
        waiting=waits(view),
        waits=view.state is DeploymentState.WAITING,
        approved_by=approved_by(view),
        freeze=_freeze(view),
        reasons=tuple(why_deployment(view)),
        steps=tuple(_step(one, now=now, ended=has_ended(view)) for one in run.steps) if run else (),
        stacks=tuple(map(_stack, run.stacks)) if run else (),
        outputs=_outputs(view),
        run=str(run.run_id) if run else "",
        attempt=_attempt(run),
        builder=run.builder or "" if run else "",
        foreseen=(*lines(view.cannot_undo), *foreseen(preview)),
    )


def _freeze(view: DeploymentView) -> str:
    if view.freeze_overridden_by is None:
        return ""
    return f"overridden by {who(view.freeze_overridden_by)}: {view.freeze_override_reason}"


def _took(view: DeploymentView, now: datetime) -> str:
    if view.seconds is not None and has_ended(view):
        return duration(view.seconds)
    if view.started_at is None or has_ended(view):
        return ""
    return duration((now - view.started_at).total_seconds())


def _failed(failure: FailureView | None, colour: str) -> Failed:
    if failure is None:
        return Failed()
    return Failed(
        there=True,
        sentence=failure.sentence,
        remedy=must_act(failure.must_act),
        event=failure.event,
        tail="\n".join(failure.tail[-_LINES_OF_A_FAILURE:]),
        colour=colour,
    )


def _attempt(run: RunView | None) -> str:
    return f"attempt {run.attempt}" if run and run.attempt > 1 else ""


def _step(step: StepView, *, now: datetime, ended: bool) -> StepShown:
    if step.succeeded is None:
        so_far = "" if ended else duration(max(0.0, (now - step.started_at).total_seconds()))
        said = "broken off" if ended else "running"
        return StepShown(step.step.value, said, so_far, QUIET if ended else BUSY, not ended)
    code = f"exit code {step.exit_code}" if step.exit_code else ""
    return StepShown(
        name=step.step.value,
        said="done" if step.succeeded else code or "failed",
        took=duration(step.seconds) if step.seconds is not None else "",
        colour=GOOD if step.succeeded else BAD,
    )


def _stack(stack: StackView) -> StackShown:
    return StackShown(
        name=stack.stack,
        status=_plain(stack.status),
        counted=f"{stack.done} of {stack.total}" if stack.total else "",
        percent=round(100 * stack.done / stack.total) if stack.total else 0,
        colour=status_colour(stack.status),
        resources=tuple(
            ResourceShown(
                name=one.logical_id,
                kind=one.type.removeprefix("AWS::"),
                status=_plain(one.status),
                reason=one.reason or "",
                colour=status_colour(one.status),
            )
            for one in stack.resources
        ),
    )


def status_colour(status: str) -> str:
    """Give the colour of a state as CloudFormation says it."""
    if "FAILED" in status:
        return BAD
    if "ROLLBACK" in status:
        return OURS
    return GOOD if status.endswith("_COMPLETE") else BUSY


def _plain(status: str) -> str:
    return status.replace("_", " ").lower()


def _outputs(view: DeploymentView) -> tuple[Output, ...]:
    return tuple(
        Output(name, value, value.startswith(("https://", "http://")))
        for stack in view.stacks
        for name, value in stack.outputs.items()
    )

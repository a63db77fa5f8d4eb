"""The runs inside a deployment's view: their steps, and their stacks while they change."""

from collections.abc import Callable
from datetime import datetime, timedelta

from trellis_contracts.deployments import DeployStarted
from trellis_contracts.names import RunId
from trellis_contracts.runs import (
    ResourceProgress,
    RunEvent,
    RunStarted,
    StackProgress,
    StepFinished,
    StepStarted,
)
from trellis_contracts.views import RunView, StackView, StepView

Runs = tuple[RunView, ...]


def given_out(runs: Runs, event: DeployStarted, at: datetime) -> Runs:
    """Add the run that was put on the work queue; what an earlier one left open has ended."""
    run = RunView(run_id=event.run_id, attempt=event.attempt, started_at=at)
    return (*settled(runs, at), run)


def reported(runs: Runs, event: RunEvent, at: datetime) -> Runs:
    """Give the runs after what a builder reported on one of them."""
    return _changed(runs, event.run_id, lambda run: _after(run, event, at))


def settled(runs: Runs, at: datetime) -> Runs:
    """End the steps that are still open: their run has ended without saying so."""
    return tuple(
        run.model_copy(update={"steps": tuple(_settled(step, at) for step in run.steps)})
        for run in runs
    )


def _changed(runs: Runs, run_id: RunId, change: Callable[[RunView], RunView]) -> Runs:
    return tuple(change(run) if run.run_id == run_id else run for run in runs)


def _after(run: RunView, event: RunEvent, at: datetime) -> RunView:
    match event:
        case RunStarted():
            return run.model_copy(update={"builder": event.builder, "started_at": at})
        case StepStarted():
            step = StepView(step=event.step, started_at=at)
            return run.model_copy(update={"steps": (*run.steps, step)})
        case StepFinished():
            return run.model_copy(update={"steps": _finished(run.steps, event, at)})
        case StackProgress():
            return run.model_copy(update={"stacks": _moved(run.stacks, event)})
        case _:
            return run


def _settled(step: StepView, at: datetime) -> StepView:
    if step.seconds is not None:
        return step
    seconds = max(0.0, (at - step.started_at).total_seconds())
    return step.model_copy(update={"succeeded": False, "seconds": seconds})


def _finished(
    steps: tuple[StepView, ...], event: StepFinished, at: datetime
) -> tuple[StepView, ...]:
    ended = {
        "succeeded": event.succeeded, "exit_code": event.exit_code, "seconds": event.seconds
    }  # fmt: skip
    opened = [step for step in steps if step.step is event.step and step.seconds is None]
    if not opened:
        began = at - timedelta(seconds=event.seconds)
        return (*steps, StepView(step=event.step, started_at=began).model_copy(update=ended))
    return tuple(step.model_copy(update=ended) if step is opened[-1] else step for step in steps)


def _moved(stacks: tuple[StackView, ...], event: StackProgress) -> tuple[StackView, ...]:
    known = {stack.stack: stack for stack in stacks}
    before = known[event.stack].resources if event.stack in known else ()
    known[event.stack] = StackView(
        stack=event.stack,
        status=event.status,
        done=event.done,
        total=event.total,
        resources=_newest(before, event.resources),
    )
    return tuple(known.values())


def _newest(
    before: tuple[ResourceProgress, ...], moved: tuple[ResourceProgress, ...]
) -> tuple[ResourceProgress, ...]:
    return tuple({resource.logical_id: resource for resource in (*before, *moved)}.values())

"""One preview from its request to what was found: the view `previews`."""

from trellis_contracts.message import Recorded
from trellis_contracts.previewing import (
    PreviewFailed,
    PreviewMade,
    PreviewRequested,
    PreviewState,
    PreviewView,
)


def project(view: PreviewView | None, recorded: Recorded) -> PreviewView | None:
    """Give the preview as it is after the event; one of an earlier attempt leaves it the same."""
    event = recorded.event
    if isinstance(event, PreviewRequested):
        return _requested(event, recorded)
    if view is None or getattr(event, "run_id", None) != view.run_id:
        return view
    ended = {"ended_at": recorded.envelope.occurred_at}
    match event:
        case PreviewMade():
            found = {"commits": event.commits, "stacks": event.stacks}
            return view.model_copy(update={**ended, **found, "state": PreviewState.MADE})
        case PreviewFailed():
            why = {"failure": event.sentence, "tail": event.tail}
            return view.model_copy(update={**ended, **why, "state": PreviewState.FAILED})
        case _:
            return view


def _requested(event: PreviewRequested, recorded: Recorded) -> PreviewView:
    shared = event.model_dump(
        include={
            "preview_id", "application_id", "environment_id", "run_id", "kind", "commit",
            "content", "current",
        }
    )  # fmt: skip
    return PreviewView(
        **shared,
        environment=event.target.environment,
        state=PreviewState.RUNNING,
        actor=recorded.envelope.actor,
        values=event.values,
        requested_at=recorded.envelope.occurred_at,
    )

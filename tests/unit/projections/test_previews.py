"""A preview's view tells how it stands, and a deployment of the same content knows of it."""

from datetime import timedelta

from services.projections.domain import previews
from services.projections.domain.documents import fold
from tests.support.golden import sample
from tests.support.histories import BEGIN, Shop, recorded
from trellis_contracts.changes import (
    CommitsBetween,
    Direction,
    ResourceAction,
    ResourceChange,
    StackChanges,
)
from trellis_contracts.deployments import DeployKind
from trellis_contracts.explaining import why_deployment
from trellis_contracts.foreseeing import DATA_STAYS
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.previewing import (
    PreviewFailed,
    PreviewMade,
    PreviewRequested,
    PreviewState,
    PreviewView,
    preview_id_of,
)
from trellis_contracts.views import DeploymentView

SHOP = Shop()
ROLLBACK = SHOP.requested(3).model_copy(update={"kind": DeployKind.ROLLBACK})
STACK = StackChanges(
    stack="shop-development",
    changes=(
        ResourceChange(
            logical_id="Orders",
            type="AWS::DynamoDB::Table",
            action=ResourceAction.REMOVE,
            loses_data=True,
        ),
    ),
)


def asked(attempt: int = 1) -> PreviewRequested:
    fixed = PreviewRequested.model_validate(sample(PreviewRequested))
    id_ = preview_id_of(ROLLBACK.environment_id, ROLLBACK.content)
    return fixed.model_copy(
        update={
            "application_id": SHOP.application_id,
            "environment_id": ROLLBACK.environment_id,
            "preview_id": id_,
            "run_id": derived_id(id_, attempt),
            "content": ROLLBACK.content,
            "kind": DeployKind.ROLLBACK,
        }
    )


def ids(request: PreviewRequested) -> dict[str, object]:
    return request.model_dump(include={"application_id", "environment_id", "preview_id", "run_id"})


def made(request: PreviewRequested) -> PreviewMade:
    commits = CommitsBetween(until="c" * 40, direction=Direction.FIRST)
    return PreviewMade.model_validate(
        {**ids(request), "commits": commits, "stacks": (STACK,), "seconds": 1}
    )


def after(*events: Message) -> PreviewView:
    view: PreviewView | None = None
    for position, event in enumerate(events, 1):
        view = previews.project(view, recorded(event, position=position))
    assert view is not None
    return view


def test_one_that_was_asked_for_is_running_and_shows_no_value() -> None:
    view = after(asked())

    assert (view.state, view.actor, view.ended_at) == (PreviewState.RUNNING, "person:ana", None)
    assert view.run_id == asked().run_id


def test_one_that_was_made_shows_what_was_found_and_of_when_it_is() -> None:
    view = after(asked(), made(asked()))

    assert (view.state, view.stacks) == (PreviewState.MADE, (STACK,))
    assert view.ended_at == BEGIN + timedelta(seconds=2)


def test_one_that_failed_says_why() -> None:
    failed = PreviewFailed.model_validate({**ids(asked()), "sentence": "npm said no"})

    view = after(asked(), failed)

    assert (view.state, view.failure) == (PreviewState.FAILED, "npm said no")


def test_asked_again_it_runs_again_and_what_the_first_attempt_says_late_changes_nothing() -> None:
    view = after(asked(), asked(2), made(asked(1)))

    assert (view.state, view.run_id) == (PreviewState.RUNNING, asked(2).run_id)


def test_a_rollback_that_was_previewed_names_what_goes_with_its_data() -> None:
    kept: dict[tuple[type[Message], str], Message] = {}

    def recall(kind: type[Message], key: str) -> Message | None:
        return kept.get((kind, key))

    for position, event in enumerate((asked(), made(asked()), ROLLBACK), 1):
        for document in fold(recorded(event, position=position), recall):  # type: ignore[arg-type]  # a recall of any kind
            kept[type(document.body), document.key] = document.body

    view = kept[DeploymentView, str(ROLLBACK.deployment_id)]
    assert isinstance(view, DeploymentView)
    orders = "Orders (AWS::DynamoDB::Table) of stack shop-development"
    assert view.cannot_undo == (DATA_STAYS, f"{orders} would be removed, with what it holds.")


def test_why_a_deployment_waits_tells_what_it_would_change_until_it_begins() -> None:
    found = after(asked(), made(asked()))
    waits = after_deployment(ROLLBACK)

    told = list(why_deployment(waits, found))

    assert "What it would change, as of 2026-01-01 00:00 UTC:" in told
    assert "Stack shop-development would change:" in told
    begun = waits.model_copy(update={"started_at": BEGIN})
    assert not any(line.startswith("What it would change") for line in why_deployment(begun, found))


def after_deployment(event: Message) -> DeploymentView:
    (view,) = (
        document.body
        for document in fold(recorded(event, position=1), lambda _kind, _key: None)
        if isinstance(document.body, DeploymentView)
    )
    return view

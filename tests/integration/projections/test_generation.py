"""Views and their checkpoint move together, and a rebuild gives the same views."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from services.projections.adapters import generation as writing
from services.projections.adapters.generation import Generation
from services.projections.adapters.views import Views
from services.projections.adapters.views_file import (
    UnsupportedViews,
    ViewsBeingBuilt,
    ViewsUnavailable,
    file_of,
)
from services.projections.domain.documents import VERSION, Document, Recall, fold
from tests.support.histories import Shop, history
from trellis_contracts.message import Message, Recorded
from trellis_contracts.names import derived_id
from trellis_contracts.views import ApplicationView, DeploymentView, ViewChanged

STORE = derived_id("store")
SHOP = Shop()


def whole() -> list[Recorded]:
    return history(*SHOP.created(), *SHOP.deployed(1), *SHOP.deployed(2), SHOP.requested(3))


def dump(file: Path) -> list[tuple[object, ...]]:
    """Everything in the file that readers can see."""
    connection = sqlite3.connect(file)
    rows = connection.execute(
        "SELECT view, key, application, shelf, rank, position, body FROM documents ORDER BY 1, 2"
    ).fetchall()
    connection.close()
    return rows


def build(file: Path, events: list[Recorded], *, page: int = 1000, store: UUID = STORE) -> None:
    generation = Generation(file)
    generation.resume(store)
    for at in range(0, len(events), page):
        batch = events[at : at + page]
        generation.apply(batch, reached=batch[-1].envelope.position)
    generation.complete()
    generation.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "views.sqlite"


@pytest.fixture
def views(file: Path) -> Iterator[Views]:
    views = Views(file)
    yield views
    views.reopen()


@pytest.mark.parametrize("page", [1, 3, 7])
def test_views_built_in_any_batches_are_the_same(file: Path, tmp_path: Path, page: int) -> None:
    build(file, whole())
    other = tmp_path / "other.sqlite"
    build(other, whole(), page=page)
    assert dump(other) == dump(file) != []


def test_a_deleted_file_is_built_to_the_same_views(file: Path) -> None:
    build(file, whole())
    before = dump(file)
    file.unlink()
    build(file, whole())
    assert dump(file) == before


def test_a_restart_goes_on_from_the_checkpoint(file: Path, tmp_path: Path) -> None:
    events = whole()
    generation = Generation(file)
    assert generation.resume(STORE) is None
    generation.apply(events[:9], reached=9)
    generation.close()
    again = Generation(file)
    assert again.resume(STORE) == 9
    again.apply(events[9:], reached=events[-1].envelope.position)
    again.close()
    straight = tmp_path / "straight.sqlite"
    build(straight, events)
    assert dump(file) == dump(straight)


def test_an_event_that_comes_again_changes_nothing(file: Path) -> None:
    events = whole()
    build(file, events)
    before = dump(file)
    generation = Generation(file)
    generation.resume(STORE)
    assert generation.apply(events, reached=events[-1].envelope.position) == ()
    late = [*events[3:], *history(SHOP.requested(4), start=len(events) + 1)]
    changes = generation.apply(late, reached=len(events) + 1)
    generation.close()
    assert {change.position for change in changes} == {len(events) + 1}
    rows = {row[:2]: row for row in dump(file)}
    assert sum(rows[row[:2]] == row for row in before) == len(before) - 1


def test_views_and_checkpoint_are_written_together_or_not(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = whole()
    build(file, events[:9])
    before = dump(file)
    generation = Generation(file)
    generation.resume(STORE)

    def fails(*_rows: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Generation, "_write", fails)
        with pytest.raises(ViewsUnavailable, match="disk is full"):
            generation.apply(events[9:], reached=events[-1].envelope.position)
    assert dump(file) == before
    assert generation.resume(STORE) == 9
    generation.apply(events[9:], reached=events[-1].envelope.position)
    generation.close()
    assert len(dump(file)) > len(before)


def test_a_new_version_is_built_beside_the_old_and_takes_its_place(
    file: Path, views: Views
) -> None:
    build(file, whole())
    newer = Generation(file, version=VERSION + 1)
    assert newer.resume(STORE) is None
    newer.apply(whole()[:5], reached=5)
    assert views.deployment(SHOP.deployment(2)).bodies, "the old views are read until then"
    newer.apply(whole()[5:], reached=len(whole()))
    assert newer.complete()
    assert not newer.complete(), "only once"
    newer.close()
    assert views.deployment(SHOP.deployment(2)).position == len(whole())
    assert len({row[:2] for row in dump(file)}) == len(dump(file)), "the old ones are gone"


def test_a_half_built_version_is_gone_on_with(file: Path) -> None:
    build(file, whole())
    for expected in (None, 5):
        newer = Generation(file, version=VERSION + 1)
        assert newer.resume(STORE) == expected
        newer.apply(whole()[:5], reached=5)
        newer.close()


def test_views_of_another_store_are_dropped(file: Path, views: Views) -> None:
    build(file, whole())
    other = Generation(file)
    assert other.resume(derived_id("another store")) is None
    other.close()
    assert dump(file) == []
    with pytest.raises(ViewsBeingBuilt):
        views.applications()


def test_an_older_copy_of_the_store_starts_them_over(file: Path) -> None:
    build(file, whole())
    generation = Generation(file)
    generation.resume(STORE)
    generation.start_over(STORE)
    generation.close()
    assert dump(file) == []


@pytest.mark.parametrize("damage", [b"this is no database at all" * 100, b""])
def test_a_damaged_file_is_built_anew(file: Path, damage: bytes) -> None:
    file.write_bytes(damage)
    build(file, whole())
    assert dump(file)


def test_a_file_of_another_release_is_built_anew(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.executescript("CREATE TABLE documents (old); PRAGMA user_version = 99;")
    connection.close()
    build(file, whole())
    assert dump(file)


def test_an_event_that_cannot_be_folded_stops_nothing_else(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbles(recorded: Recorded, recall: Recall) -> Iterator[Document]:
        if recorded.envelope.position == 3:
            raise LookupError("a bug")
        return fold(recorded, recall)

    monkeypatch.setattr(writing, "fold", stumbles)
    build(file, whole())
    (application,) = [row for row in dump(file) if row[0] == "applications"]
    assert "development" in str(application)
    assert '"name":"staging"' not in str(application), "position 3 was left out, nothing else"


def test_more_documents_than_are_remembered_come_out_the_same(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = [Shop(f"shop-{number}", hook=f"hook-of-shop-{number:04}") for number in range(6)]
    events: list[Message] = [event for shop in shops for event in shop.created()]
    events += [event for number in (1, 2) for shop in shops for event in shop.deployed(number)]
    build(file, history(*events))
    monkeypatch.setattr(writing, "_REMEMBERED", 2)
    forgetful = tmp_path / "forgetful.sqlite"
    build(forgetful, history(*events), page=5)
    assert dump(forgetful) == dump(file)


def test_views_are_found_by_id_by_name_and_newest_first(file: Path, views: Views) -> None:
    build(file, whole())
    by_name = views.application("shop")
    assert by_name.bodies == views.application(str(SHOP.application_id)).bodies
    assert ApplicationView.model_validate_json(by_name.bodies[0]).name == "shop"
    assert views.application("nothing").bodies == ()
    newest = views.deployments(SHOP.environment(), before=None, limit=2)
    numbers = [DeploymentView.model_validate_json(body).number for body in newest.bodies]
    assert numbers == [3, 2]
    (oldest,) = views.deployments(SHOP.environment(), before=2, limit=2).bodies
    assert views.numbered(SHOP.environment(), 1).bodies == (oldest,)


def test_changes_are_each_thing_once_at_its_newest_position(file: Path, views: Views) -> None:
    build(file, whole())
    changes = views.changes(after=0, application=None, limit=100)
    assert {change.view for change in changes.changed} == {"applications", "deployments"}
    assert len({(change.view, change.key) for change in changes.changed}) == len(changes.changed)
    assert changes.reached == changes.position == len(whole())
    nobody = views.changes(after=0, application=derived_id("other"), limit=100)
    assert (nobody.changed, nobody.reached) == ((), len(whole()))


def test_cut_changes_keep_what_changed_together_together(file: Path, views: Views) -> None:
    build(file, whole())
    everything = views.changes(after=0, application=None, limit=100).changed
    seen: list[ViewChanged] = []
    at = 0
    while at < len(whole()):
        some = views.changes(after=at, application=None, limit=2)
        seen += some.changed
        at = some.reached
    assert tuple(seen) == everything


def test_a_url_names_its_file_or_is_refused() -> None:
    assert file_of("sqlite:///a/b%20c.sqlite") == file_of("sqlite:////a/b c.sqlite")
    assert file_of("sqlite:///a/b.sqlite") == Path("/a/b.sqlite")
    with pytest.raises(UnsupportedViews, match="TRELLIS_VIEWS") as refused:
        file_of("postgresql://user:secret@host/db")
    assert "secret" not in str(refused.value)


def test_half_of_a_history_is_not_shown(file: Path, views: Views) -> None:
    events = whole()
    generation = Generation(file)
    generation.resume(STORE)
    generation.apply(events[:3], reached=events[2].envelope.position)
    with pytest.raises(ViewsBeingBuilt):
        views.applications()
    generation.apply(events[3:], reached=events[-1].envelope.position)
    generation.complete()
    generation.close()
    assert len(views.applications().bodies) == 1

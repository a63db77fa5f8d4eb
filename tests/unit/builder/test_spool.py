"""Nothing that a builder has to report is lost with it."""

from pathlib import Path
from uuid import UUID

import pytest

from services.builder.adapters.spool import Spool
from services.builder.domain.run import RunIds, ids_of
from tests.support.golden import sample
from trellis_contracts import codec
from trellis_contracts.names import new_id
from trellis_contracts.runs import RunAbandoned, RunCancelled, StartRun, StepStarted
from trellis_contracts.steps import Step


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "builder" / "spool.sqlite"


def _ids(run_id: UUID | None = None) -> RunIds:
    ids = ids_of(StartRun.model_validate(sample(StartRun)))
    return {**ids, "run_id": run_id or new_id()}


def _told(spool: Spool) -> list[str]:
    told = []
    while fact := spool.first():
        told.append(fact.asked.type)
        spool.answered(fact)
    return told


def test_facts_wait_in_order_until_they_were_answered(file: Path) -> None:
    spool, ids = Spool(file), _ids()
    for step in (Step.CHECKOUT, Step.INSTALL):
        spool.put(ids["run_id"], StepStarted(**ids, step=step))

    first = spool.first()
    assert first is not None
    assert first == spool.first()
    spool.answered(first)
    second = spool.first()

    assert second is not None
    assert codec.read(StepStarted, second.asked.body).step is Step.INSTALL
    assert first.asked.id != second.asked.id


def test_a_fact_keeps_its_id_when_the_builder_is_killed_and_started_again(file: Path) -> None:
    spool, ids = Spool(file), _ids()
    spool.put(ids["run_id"], StepStarted(**ids, step=Step.CHECKOUT))
    before = spool.first()

    again = Spool(file)
    again.put(ids["run_id"], StepStarted(**ids, step=Step.CHECKOUT))

    assert again.first() == before
    assert before is not None
    again.answered(before)
    after = again.first()
    assert after is not None
    assert after.asked.id != before.asked.id


def test_a_run_that_was_cut_short_is_reported_as_abandoned_once(file: Path) -> None:
    ids = _ids()
    Spool(file).begin(ids)

    again = Spool(file)
    again.abandon_all()
    fact = again.first()
    assert fact is not None
    assert codec.read(RunAbandoned, fact.asked.body) == RunAbandoned(**ids)
    assert _told(again) == ["RunAbandoned"]

    third = Spool(file)
    third.abandon_all()
    assert _told(third) == []


def test_a_run_that_has_ended_is_not_abandoned(file: Path) -> None:
    ids = _ids()
    spool = Spool(file)
    spool.begin(ids)
    spool.put(ids["run_id"], RunCancelled(**ids, cloud_touched=False), ends=True)

    again = Spool(file)
    again.abandon_all()

    assert _told(again) == ["RunCancelled"]


def test_a_run_that_is_not_ours_any_more_has_nothing_to_tell(file: Path) -> None:
    spool, ours, theirs = Spool(file), _ids(), _ids()
    for ids in (theirs, ours):
        spool.begin(ids)
        spool.put(ids["run_id"], StepStarted(**ids, step=Step.CHECKOUT))
    spool.forget(theirs["run_id"])
    spool.abandon_all()

    assert _told(spool) == ["StepStarted", "RunAbandoned"]

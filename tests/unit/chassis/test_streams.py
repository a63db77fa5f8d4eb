from uuid import UUID

import pytest
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType

from services.chassis.streams import DURABLES, INBOX, ORCHESTRATOR_INBOX, STREAMS
from trellis_contracts import subjects

RUN = UUID(int=1)


@pytest.mark.parametrize(
    ("subject", "stream"),
    [
        (subjects.INBOX, "INBOX"),
        ("trellis.event.a.e.DeployRequested", "EVENTS"),
        (subjects.WORK, "RUNS"),
        (subjects.log(RUN), "LOGS"),
        (subjects.dead("orchestrator"), "DEAD"),
        ("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.INBOX.orchestrator-inbox", "ADVISORIES"),
        (subjects.command("Promote"), None),
        (subjects.fact(RUN), None),
        (subjects.heartbeat(RUN), None),
        (subjects.view("board", RUN), None),
    ],
)
def test_each_subject_is_kept_by_the_one_stream_that_should(
    subject: str, stream: str | None
) -> None:
    keepers = [s.name for s in STREAMS if any(_matches(p, subject) for p in s.subjects or [])]
    assert keepers == ([stream] if stream else [])


def test_every_stream_lies_on_the_disk_and_ends_somewhere() -> None:
    assert {stream.storage for stream in STREAMS} == {StorageType.FILE}
    assert [stream.name for stream in STREAMS if not stream.max_bytes] == []
    assert [stream.name for stream in STREAMS if not stream.duplicate_window] == []


def test_the_inbox_refuses_rather_than_forgets() -> None:
    assert (INBOX.discard, INBOX.retention) == (DiscardPolicy.NEW, RetentionPolicy.WORK_QUEUE)


def test_every_durable_reads_a_declared_stream_under_a_name_of_its_own() -> None:
    assert {durable.stream for durable in DURABLES} <= {stream.name for stream in STREAMS}
    assert len({durable.name for durable in DURABLES}) == len(DURABLES)


def test_delays_double_up_to_the_longest() -> None:
    delays = [ORCHESTRATOR_INBOX.delay(attempt) for attempt in (1, 2, 3, 6, 7, 10**6)]
    assert delays == [1, 2, 4, 32, 60, 60]


def _matches(pattern: str, subject: str) -> bool:
    wanted, given = pattern.split("."), subject.split(".")
    for place, token in enumerate(wanted):
        if token == ">":
            return len(given) > place
        if place >= len(given) or token not in ("*", given[place]):
            return False
    return len(wanted) == len(given)

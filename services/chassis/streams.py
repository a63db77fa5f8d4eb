"""Every JetStream stream and every durable consumer of Trellis, declared here and nowhere else.

`trellis_contracts.subjects` names the subjects; this page says how each is kept and who reads it.

    StreamRejected
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import APIError, NotFoundError

from trellis_contracts import subjects

_MIB = 1024 * 1024
_MINUTE = 60.0
_DAY = 24 * 60 * _MINUTE

SPARE_DELIVERIES = 60
"""Deliveries beyond a durable's attempts: they carry a message that could not be put aside."""


class StreamRejected(Exception):
    """The bus will not keep a stream or a consumer as it is declared."""

    def __init__(self, name: str, reason: str) -> None:
        """Takes the stream's or consumer's name and the server's own words."""
        self.name, self.reason = name, reason
        super().__init__(
            f"The bus refused {name}: {reason}. Free its disk, or remove the old {name} "
            f"with the `nats` tool once its messages are no longer needed."
        )


@dataclass(frozen=True, kw_only=True)
class Durable:
    """A reader that the bus remembers: what was acknowledged is not delivered to it again.

    `attempts` counts handlings that end in an exception; the last one puts the message aside.
    `first_delay` doubles with each attempt up to `longest_delay`. A handling that takes longer
    than `patience` counts as failed; until then the bus is told that it goes on. All in seconds.
    """

    name: str
    stream: str
    subject: str
    attempts: int = 8
    first_delay: float = 1
    longest_delay: float = 60
    ack_wait: float = 30
    patience: float = 300
    most_unacknowledged: int = 1000
    acknowledge: AckPolicy = AckPolicy.EXPLICIT
    deliver: DeliverPolicy = DeliverPolicy.ALL

    def delay(self, attempt: int) -> float:
        """Seconds until the next attempt after this one (the first is 1) failed."""
        return min(self.longest_delay, self.first_delay * 2.0 ** min(attempt - 1, 30))

    def config(self) -> ConsumerConfig:
        """The consumer as the server is asked for it: always pulled, never pushed."""
        return ConsumerConfig(
            name=self.name,
            durable_name=self.name,
            filter_subject=self.subject,
            ack_policy=self.acknowledge,
            ack_wait=self.ack_wait,
            max_deliver=self.attempts + SPARE_DELIVERIES if self.attempts else -1,
            max_ack_pending=self.most_unacknowledged,
            deliver_policy=self.deliver,
        )


INBOX = StreamConfig(
    name="INBOX",
    description="What reached Trellis from outside; the one stream that cannot be rebuilt",
    subjects=[subjects.ALL_INBOXES],
    retention=RetentionPolicy.WORK_QUEUE,
    discard=DiscardPolicy.NEW,
    storage=StorageType.FILE,
    max_bytes=1024 * _MIB,
    duplicate_window=10 * _MINUTE,
)
EVENTS = StreamConfig(
    name="EVENTS",
    description="What the relay published; rebuilt from the event store when it is lost",
    subjects=[subjects.ALL_EVENTS],
    retention=RetentionPolicy.LIMITS,
    discard=DiscardPolicy.OLD,
    storage=StorageType.FILE,
    max_bytes=2048 * _MIB,
    deny_delete=True,
    duplicate_window=2 * _MINUTE,
)
RUNS = StreamConfig(
    name="RUNS",
    description="Runs that wait for a builder",
    subjects=[subjects.WORK],
    retention=RetentionPolicy.WORK_QUEUE,
    discard=DiscardPolicy.NEW,
    storage=StorageType.FILE,
    max_bytes=256 * _MIB,
    duplicate_window=10 * _MINUTE,
)
# Not `persist_mode: async`: a killed server (2.15.1) then reuses the sequences of what it lost, and
# a reader that had acknowledged them never sees the new lines. Synced it still takes 29 MB/s.
LOGS = StreamConfig(
    name="LOGS",
    description="Chunks of log lines on their way to the log store",
    subjects=[subjects.ALL_LOGS],
    retention=RetentionPolicy.LIMITS,
    discard=DiscardPolicy.OLD,
    storage=StorageType.FILE,
    max_bytes=2048 * _MIB,
    max_age=3 * _DAY,
    duplicate_window=2 * _MINUTE,
)
DEAD = StreamConfig(
    name="DEAD",
    description="Messages that a service put aside after its last attempt",
    subjects=[subjects.ALL_DEAD],
    retention=RetentionPolicy.LIMITS,
    discard=DiscardPolicy.OLD,
    storage=StorageType.FILE,
    max_bytes=256 * _MIB,
    max_age=90 * _DAY,
    duplicate_window=2 * _MINUTE,
)
ADVISORIES = StreamConfig(
    name="ADVISORIES",
    description="Messages that the bus gave up on: their handler died each time",
    subjects=["$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>"],
    retention=RetentionPolicy.LIMITS,
    discard=DiscardPolicy.OLD,
    storage=StorageType.FILE,
    max_bytes=16 * _MIB,
    max_age=90 * _DAY,
    duplicate_window=2 * _MINUTE,
)
STREAMS = (INBOX, EVENTS, RUNS, LOGS, DEAD, ADVISORIES)

_AFTER_A_CRASH = 10.0
"""How long what a killed process had in its hands waits for the next one (seconds)."""

ORCHESTRATOR_INBOX = Durable(
    name="orchestrator-inbox",
    stream="INBOX",
    subject=subjects.ALL_INBOXES,
    ack_wait=_AFTER_A_CRASH,
)
BUILDER_RUNS = Durable(
    name="builder-runs", stream="RUNS", subject=subjects.WORK, ack_wait=_AFTER_A_CRASH
)
LOGS_LINES = Durable(
    name="logs-lines",
    stream="LOGS",
    subject=subjects.ALL_LOGS,
    attempts=0,
    acknowledge=AckPolicy.ALL,
    most_unacknowledged=20_000,
)
PROJECTIONS_EVENTS = Durable(
    name="projections-events",
    stream="EVENTS",
    subject=subjects.ALL_EVENTS,
    attempts=0,
    acknowledge=AckPolicy.ALL,
    most_unacknowledged=20_000,
)
INGEST_MOVES = Durable(
    name="ingest-moves", stream="EVENTS", subject=subjects.every("RepositoryMoved")
)
INGEST_REMOVALS = Durable(
    name="ingest-removals", stream="EVENTS", subject=subjects.every("EnvironmentRemoved")
)
INGEST_DELETIONS = Durable(
    name="ingest-deletions", stream="EVENTS", subject=subjects.every("ApplicationDeleted")
)
DURABLES = (
    ORCHESTRATOR_INBOX,
    BUILDER_RUNS,
    LOGS_LINES,
    PROJECTIONS_EVENTS,
    INGEST_MOVES,
    INGEST_REMOVALS,
    INGEST_DELETIONS,
)


async def ensure_streams(
    jetstream: JetStreamContext,
    *,
    streams: tuple[StreamConfig, ...] = STREAMS,
    durables: tuple[Durable, ...] = DURABLES,
    replicas: int = 1,
) -> None:
    """Makes the bus keep the streams and durables as declared; any process may call it, any time.

    What is there and differs is changed in place; no message is lost by it.

    Raises:
        StreamRejected: naming the first that the server refuses, and why.
    """
    for stream in streams:
        await _ensure_stream(jetstream, stream.evolve(num_replicas=replicas))
    for durable in durables:
        await _ensure_durable(jetstream, durable)


async def _ensure_stream(jetstream: JetStreamContext, wanted: StreamConfig) -> None:
    name = str(wanted.name)
    try:
        try:
            present = (await jetstream.stream_info(name)).config
        except NotFoundError:
            await jetstream.add_stream(wanted)
            return
        if _differs(wanted.as_dict(), present.as_dict()):
            await jetstream.update_stream(wanted)
    except APIError as refused:
        raise StreamRejected(f"stream {name}", str(refused.description)) from refused
    except NatsError as unanswered:
        raise StreamRejected(f"stream {name}", repr(unanswered)) from unanswered


async def _ensure_durable(jetstream: JetStreamContext, durable: Durable) -> None:
    try:
        await jetstream.add_consumer(durable.stream, durable.config())
    except APIError as refused:
        raise StreamRejected(f"consumer {durable.name}", str(refused.description)) from refused
    except NatsError as unanswered:
        raise StreamRejected(f"consumer {durable.name}", repr(unanswered)) from unanswered


def _differs(wanted: Mapping[str, object], present: Mapping[str, object]) -> bool:
    return any(present.get(field) != value for field, value in wanted.items())

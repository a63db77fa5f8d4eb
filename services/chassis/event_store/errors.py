"""How an event store refuses, and what the caller does about it.

EventStoreError
├── WrongExpectedVersion    somebody else appended first: load again and decide again
├── EventIdReused           a handler did not recognise its own work: mend the handler
├── AppendTooLarge          keep the bulk elsewhere, append a reference
├── PositionUnknown         the checkpoint is of another store or of a newer copy
├── StoreUnavailable        perhaps stored, perhaps not: try again with the same ids
│   └── StoreLocked         another process writes this store
├── ReadOnlyStore           this process may only read
├── NetworkFileSystem       the file must move to a local disk
├── UnsupportedStore        the URL names a store that this release cannot open
└── CorruptStore            restore the backup
    └── CorruptEvent        the same, for one event
"""

from pathlib import Path
from uuid import UUID

from services.chassis.event_store.events import StreamState
from services.chassis.unavailable import Unavailable


class EventStoreError(Exception):
    """Any refusal of an event store."""


class WrongExpectedVersion(EventStoreError):
    """The stream is not where the append expected it; `actual` is None when it does not exist."""

    def __init__(self, stream: str, expected: int | StreamState, actual: int | None) -> None:
        self.stream = stream
        self.expected = expected
        self.actual = actual
        wanted = f"version {expected}" if isinstance(expected, int) else f"'{expected.value}'"
        found = "does not exist" if actual is None else f"is at version {actual}"
        super().__init__(f"{stream} {found}, expected {wanted}: load it again and decide again.")


class EventIdReused(EventStoreError):
    """The event is already in the stream, at another place than the append expected."""

    def __init__(self, stream: str, event_id: UUID, version: int) -> None:
        self.stream = stream
        self.event_id = event_id
        self.version = version
        super().__init__(
            f"Event {event_id} is already version {version} of {stream}: "
            "the handler must look for its message in the stream's state before it appends."
        )


class AppendTooLarge(EventStoreError):
    """The events of one append hold more bytes than every store accepts."""

    def __init__(self, stream: str, size: int, limit: int) -> None:
        self.stream = stream
        self.size = size
        self.limit = limit
        super().__init__(
            f"The append to {stream} has {size} bytes, at most {limit} are accepted: "
            "store the bulk as an artifact and append a reference to it."
        )


class PositionUnknown(EventStoreError):
    """A reader asks for what follows a position that this store never reached."""

    def __init__(self, after: int, head: int) -> None:
        self.after = after
        self.head = head
        super().__init__(
            f"The store ends at position {head}, nothing can follow {after}: the checkpoint is of "
            "another store or of a newer copy; restore that copy or let the reader start anew."
        )


class StoreUnavailable(EventStoreError, Unavailable):
    """The store did not answer; an append may or may not be stored (a retry finds out)."""

    def __init__(self, store: Path | str, reason: str) -> None:
        self.store = store
        self.reason = reason
        super().__init__(f"The event store {store} is unavailable: {reason}")


class StoreLocked(StoreUnavailable):
    """Another process holds the writer lock for as long as it lives."""

    def __init__(self, store: Path, lock_file: Path, holder: str) -> None:
        self.lock_file = lock_file
        self.holder = holder
        super().__init__(
            store,
            f"process {holder} writes it and holds {lock_file}. Stop that process, open the store "
            "read-only, or give this one a store of its own (TRELLIS_EVENT_STORE).",
        )


class ReadOnlyStore(EventStoreError):
    """An append reached a store that was opened for reading."""

    def __init__(self, store: Path) -> None:
        self.store = store
        super().__init__(
            f"{store} is open read-only: send the command to the orchestrator, which appends."
        )


class NetworkFileSystem(EventStoreError):
    """The file lies where several hosts could write it, and SQLite's locks would not hold."""

    def __init__(self, path: Path, filesystem: str) -> None:
        self.path = path
        self.filesystem = filesystem
        super().__init__(
            f"{path} lies on {filesystem}, where SQLite can lose events: "
            "move it to a local disk or a named volume, or use esdb:// for several hosts."
        )


class UnsupportedStore(EventStoreError):
    """The URL's scheme cannot be opened; the URL itself is not repeated, it may hold a password."""

    def __init__(self, scheme: str, remedy: str) -> None:
        self.scheme = scheme
        super().__init__(f"An event store at '{scheme}:' cannot be opened: {remedy}")


class CorruptStore(EventStoreError):
    """The file is damaged, or is not an event store that this release reads."""

    def __init__(self, store: Path, finding: str) -> None:
        self.store = store
        self.finding = finding
        super().__init__(
            f"{store} cannot be trusted: {finding}. Keep the file and restore the last backup."
        )


class CorruptEvent(CorruptStore):
    """One event is not what was appended, or is missing from the middle of its stream."""

    def __init__(self, store: Path, stream: str, version: int) -> None:
        self.stream = stream
        self.version = version
        super().__init__(store, f"version {version} of {stream} is not what was appended")

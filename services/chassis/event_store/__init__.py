"""The event store: the history of everything that happened, and the only truth in Trellis.

`port` says what a store promises and offers every name a caller needs; `sqlite` is the embedded
one. A URL chooses: nothing but this module knows which adapters there are.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from services.chassis.event_store.port import EventStore, UnsupportedStore
from services.chassis.event_store.sqlite import open_for_reading, open_for_writing

SERVER_SCHEMES = frozenset({"esdb", "esdb+discover", "kurrentdb", "kurrentdb+discover", "kdb"})


def open_event_store(url: str, *, read_only: bool = False) -> EventStore:
    """Open the store at `sqlite:///absolute/path/events.db`, making it unless `read_only`.

    One process at a time may open a SQLite store for writing. A read-only one works while its
    writer lives or is dead, and waits half a minute for a file that is not there yet.

    Raises:
        StoreLocked: another process writes it.
        NetworkFileSystem: the file does not lie on a local disk.
        CorruptStore: the file is something else than an event store.
        UnsupportedStore: no adapter for the URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = _file_of(unquote(parts.path), host=parts.netloc)
        return open_for_reading(path) if read_only else open_for_writing(path)
    if parts.scheme in SERVER_SCHEMES:
        raise UnsupportedStore(
            parts.scheme,
            "the adapter for EventStoreDB and KurrentDB comes with a later release, in the extra "
            "'eventstoredb'; until then use sqlite:///absolute/path/events.db.",
        )
    raise UnsupportedStore(parts.scheme, "use sqlite:///absolute/path/events.db.")


def _file_of(path: str, *, host: str) -> Path:
    """Give the file of `sqlite:///a/b`, which is `/a/b`; a fourth slash changes nothing."""
    file = Path("/" + path.lstrip("/"))
    if host or file == Path("/"):
        raise UnsupportedStore("sqlite", "name a file: sqlite:///absolute/path/events.db.")
    return file

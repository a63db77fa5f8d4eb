"""The lock that makes one process the writer of an event store file, for as long as it lives."""

import fcntl
import os
from pathlib import Path

from services.chassis.event_store.errors import StoreLocked


class WriterLock:
    """An flock on a file beside the store; the kernel lets go of it when the process dies.

    The lock file stays where it is: removing it would let two processes lock two files.
    """

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(store.name + ".lock")
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 20).decode().strip() or "unknown"
            os.close(self._file)
            raise StoreLocked(store, self.path, holder) from None
        os.truncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process write; to be called after the last connection is closed."""
        os.close(self._file)

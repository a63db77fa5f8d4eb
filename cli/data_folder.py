"""The folder in which one installation of Trellis lies: who owns it, and what is known beside it.

FolderOwned        another `trellis up` has it
FolderUnusable     it cannot be written
FolderOnNetwork    locks do not hold where it lies
"""

import fcntl
import json
import os
import shutil
from pathlib import Path

from cli.exits import CliError
from services.chassis.event_store.errors import NetworkFileSystem
from services.chassis.event_store.filesystem import refuse_network_file_system
from services.chassis.files import replace
from services.chassis.settings import BUS_FOLDER

LEAST_FREE_BYTES = 1 << 30
LEAST_FREE_SHARE = 0.05


class FolderOwned(CliError):
    """Another `trellis up` has the folder."""

    def __init__(self, folder: Path, owner: "Owner") -> None:
        super().__init__(f"Another `trellis up` (process {owner.pid}, {owner.url}) owns {folder}.")
        self.remedy = f"Use that one, end it (`kill {owner.pid}`), or take --data another-folder."
        self.owner = owner


class FolderUnusable(CliError):
    """The folder cannot be made or written."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"The data folder {folder} cannot be used: {reason}.")
        self.remedy = "Take a folder that you may write: --data FOLDER."


class FolderOnNetwork(CliError):
    """The folder lies where two machines could believe that they own it."""

    def __init__(self, folder: Path, found: NetworkFileSystem) -> None:
        super().__init__(f"The data folder {folder} lies on a network file system. {found}")
        self.remedy = "Take a folder on a disk of this machine: --data FOLDER."


class Owner:
    """Who has the folder, as it wrote it down."""

    def __init__(self, written: str) -> None:
        """Takes the lock file's text, which may be anything."""
        try:
            known = json.loads(written)
            self.pid, self.url = str(known["pid"]), str(known["url"])
        except (ValueError, KeyError, TypeError):
            self.pid, self.url = "unknown", "address unknown"


class DataFolder:
    """One data folder, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        """Takes where it lies or is to lie; touches nothing yet."""
        self.path = path.expanduser().absolute()
        self._lock: int | None = None

    @property
    def token_file(self) -> Path:
        """Where `up` writes the first administrator's token."""
        return self.path / "token"

    @property
    def url_file(self) -> Path:
        """Where `up` writes the address of its front door."""
        return self.path / "url"

    @property
    def bus_log(self) -> Path:
        """Where the embedded bus, in the folder of that file, writes what it has to say."""
        return self.path / BUS_FOLDER / "nats.log"

    @property
    def logs(self) -> Path:
        """Where the output of each service lies; the lines of runs lie elsewhere."""
        return self.path / "service-logs"

    def log(self, part: str) -> Path:
        """Say where the output of one part lies."""
        return self.logs / f"{part}.log"

    def claim(self, url: str) -> None:
        """Make the folder, and own it until `release` or the end of this process.

        Raises:
            FolderOwned, FolderUnusable, FolderOnNetwork: nothing was changed in it.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            refuse_network_file_system(self.path)
            self._lock = self._locked(url)
        except NetworkFileSystem as found:
            raise FolderOnNetwork(self.path, found) from found
        except OSError as error:
            raise FolderUnusable(self.path, error.strerror or str(error)) from error

    def release(self) -> None:
        """Let another one have it; idempotent."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def token(self) -> str | None:
        """Give the token that lies in the folder; None: there is none that can be read."""
        return _text_of(self.token_file)

    def url(self) -> str | None:
        """Give the address of the `up` that owned the folder last."""
        return _text_of(self.url_file)

    def write_token(self, token: str) -> None:
        """Keep a token where only the folder's owner reads it."""
        replace(self.token_file, f"{token}\n".encode())

    def write_url(self, url: str) -> None:
        """Keep the address, so that the command line finds it."""
        replace(self.url_file, f"{url}\n".encode())

    def _locked(self, url: str) -> int:
        lock = os.open(self.path / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            written = os.pread(lock, 4096, 0).decode(errors="replace")
            os.close(lock)
            raise FolderOwned(self.path, Owner(written)) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, json.dumps({"pid": os.getpid(), "url": url}).encode(), 0)
        return lock


def disk_notice(path: Path) -> str | None:
    """Give a sentence when the disk of `path` is nearly full: < 1 GiB or < 5 % free."""
    disk = shutil.disk_usage(path)
    if disk.free >= LEAST_FREE_BYTES and disk.free >= LEAST_FREE_SHARE * disk.total:
        return None
    free, share = disk.free / LEAST_FREE_BYTES, 100 * disk.free / disk.total
    return (
        f"The disk is filling: {free:.1f} GiB ({share:.0f} %) are free where {path} lies. "
        "Make room: Trellis takes no more pushes when it is full."
    )


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except OSError:
        return None

"""The folder of one run: fresh, private, and gone when the run has ended or its builder has died.

DiskFull
"""

import asyncio
import errno
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.builder.adapters.dependencies.store import TREE
from services.builder.adapters.isolation.layers import LAYERS, Layer
from services.builder.adapters.isolation.profile import SOURCE
from services.builder.adapters.removal import remove_tree
from services.chassis.logging import get_logger

_PRIVATE = 0o700
_LEAST_FREE_BYTES = 256 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)
_A_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class DiskFull(Exception):
    """There is too little space for a run."""

    def __init__(self, path: Path, free_bytes: int) -> None:
        """Takes the folder of the runs, and what is free there."""
        self.path = path
        self.free_bytes = free_bytes
        super().__init__(
            f"The builder's disk is full: {free_bytes >> 20} MiB are free at {path}. Free some "
            "space there, or set TRELLIS_BUILDER_RUNS to a folder on a larger disk; then deploy "
            "again."
        )


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run's own folder, seen by its steps as `/workspace`."""

    path: Path

    @property
    def source(self) -> Path:
        """The checked-out commit. What lies there is hostile: open it without following links."""
        return self.path / "source"

    @property
    def cache(self) -> Path:
        """What package managers keep while the run lasts."""
        return self.path / "cache"

    def layer(self, lower: Path, folder: str) -> Layer:
        """Put a layer for writing over a folder that is seen in a folder of the checkout.

        Raises:
            NotADirectoryError: something in the checkout is a link where a folder should be.
        """
        target = f"{folder}/{TREE}".lstrip("/")
        _make_inside(self.source, target)
        own = self.path / LAYERS / hashlib.sha256(target.encode()).hexdigest()[:16]
        for name in ("upper", "work"):
            (own / name).mkdir(parents=True, exist_ok=True)
        return Layer(lower, own / "upper", own / "work", f"{SOURCE}/{target}")

    def refuse_when_full(self) -> None:
        """Say so when a step may have failed for want of space.

        Raises:
            DiskFull: hardly anything is free.
        """
        _refuse_when_full(self.path, least=1 << 20)


class RunFolders:
    """The folders of all runs on this machine; more than one builder may share them."""

    def __init__(self, root: Path, *, least_free_bytes: int = _LEAST_FREE_BYTES) -> None:
        """Takes the folder that they lie in, and how much must be free for a run to start."""
        self._root = root
        self._least = least_free_bytes

    @asynccontextmanager
    async def fresh(self, run_id: str) -> AsyncIterator[RunFolder]:
        """Give an empty folder that only this user can enter; it is removed afterwards.

        Raises:
            DiskFull: there is too little space to start.
        """
        path, lock = await asyncio.to_thread(self._make, run_id)
        try:
            yield RunFolder(path)
        finally:
            await asyncio.shield(asyncio.to_thread(_remove, path, lock))

    def sweep(self) -> tuple[str, ...]:
        """Remove what a killed builder left, and name it; folders in use are left alone."""
        left = sorted(self._root.iterdir()) if self._root.is_dir() else []
        return tuple(path.name for path in left if _remove_unless_used(path))

    def _make(self, run_id: str) -> tuple[Path, int]:
        if not _A_RUN.fullmatch(run_id):
            raise ValueError(f"{run_id!r} cannot be the name of a run's folder")
        path = self._root / run_id
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
            _refuse_when_full(self._root, self._least)
            _remove_unless_used(path)
            path.mkdir(mode=_PRIVATE)
            lock = _lock(path)
            (path / "source").mkdir(mode=_PRIVATE)
            (path / "cache").mkdir(mode=_PRIVATE)
        except OSError as refused:
            if refused.errno in _FULL:
                raise DiskFull(self._root, shutil.disk_usage(self._root).free) from refused
            raise
        return path, lock


def _make_inside(root: Path, path: str) -> None:
    """Make a folder below another one, through no link.

    Raises:
        NotADirectoryError: a part of the path is a link or a file.
    """
    here = root
    for part in path.split("/"):
        here /= part
        if not os.path.lexists(here):
            here.mkdir(mode=_PRIVATE)
        if here.is_symlink() or not here.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "no folder of the checkout", str(here))


def _refuse_when_full(folder: Path, least: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < least:
        raise DiskFull(folder, free)


def _lock(path: Path) -> int:
    """Mark the folder as in use for as long as this process lives.

    Raises:
        BlockingIOError: a living builder uses it.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


def _remove(path: Path, lock: int) -> None:
    """Remove the folder; what cannot be removed is logged, and tried again at the next start."""
    try:
        remove_tree(path)
    except OSError as refused:
        get_logger().error("the folder of a run stays", folder=str(path), reason=str(refused))
    finally:
        os.close(lock)


def _remove_unless_used(path: Path) -> bool:
    if path.is_symlink() or not path.is_dir():
        return False
    path.chmod(_PRIVATE)
    try:
        lock = _lock(path)
    except BlockingIOError:
        return False
    _remove(path, lock)
    return True

"""Disks of a rig's own: small ones that fill up, and one that can lose its power."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rigs.saying import say


def need_mounts(rig: str) -> None:
    """End loudly where nothing can be mounted; with failure where CI must be able to."""
    probe = ["unshare", "--mount", "true"]
    if (
        os.geteuid() == 0
        and subprocess.run(probe, check=False, capture_output=True).returncode == 0
    ):
        return
    say(f"{rig}: NOT RUN: mounting a disk needs root and CAP_SYS_ADMIN")
    sys.exit(1 if os.environ.get("CI") == "true" else 0)


@contextmanager
def small_disk(folder: Path, *, size: str) -> Iterator[Path]:
    """A disk in memory, of a size as `mount` takes it."""
    folder.mkdir(parents=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "--lazy", str(folder))


def resize(folder: Path, *, size: str) -> None:
    """Give a small disk another size."""
    _run("mount", "-o", f"remount,size={size}", str(folder))


class Disk:
    """An ext4 file system in a file: what the kernel has not written there, a power cut loses."""

    def __init__(self, folder: Path, *, mib: int = 256) -> None:
        self._folder, self.file, self.root = folder, folder / "disk", folder / "mounted"
        self.root.mkdir(parents=True)
        with self.file.open("wb") as file:
            file.truncate(mib << 20)
        _run("mkfs.ext4", "-q", "-E", "nodiscard", str(self.file))

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        """The disk in use."""
        with _mounted(self.file, self.root) as root:
            yield root

    @contextmanager
    def as_after_a_power_cut(self, number: int) -> Iterator[Path]:
        """The disk as it would be found, if the power had gone at this very moment."""
        found, root = self._folder / f"cut-{number}", self._folder / f"found-{number}"
        root.mkdir()
        shutil.copyfile(self.file, found)
        try:
            with _mounted(found, root) as mounted:
                yield mounted
        finally:
            found.unlink()


@contextmanager
def _mounted(file: Path, root: Path) -> Iterator[Path]:
    _run("mount", "-o", "loop", str(file), str(root))
    try:
        yield root
    finally:
        _run("umount", str(root))


def _run(*argv: str) -> None:
    ended = subprocess.run(argv, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise OSError(f"{' '.join(argv)}: {ended.stderr.strip()}")

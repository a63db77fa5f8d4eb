"""The folder of a run: private, fresh, and gone afterwards whatever was done to it."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.builder.adapters.workspace import DiskFull, RunFolders


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can mount the small disk that this test fills")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2M", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", disk], check=True)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_run_gets_an_empty_folder_that_nobody_else_can_enter(tmp_path: Path) -> None:
    async with RunFolders(tmp_path / "runs").fresh("run-1") as folder:
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        assert names(folder.source) == []
        assert names(folder.cache) == []
    assert names(tmp_path / "runs") == []


async def test_the_folder_goes_when_the_run_fails(tmp_path: Path) -> None:
    async def fails() -> None:
        async with RunFolders(tmp_path).fresh("run-1") as folder:
            (folder.source / "file").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert names(tmp_path) == []


def hostile_tree(folder: Path) -> None:
    """Closed folders, read-only files, links out, odd names, 2,000 folders deep."""
    closed = folder / "closed"
    (closed / "inner").mkdir(parents=True)
    (closed / "inner" / "file").write_text("x")
    (closed / "inner" / "file").chmod(0)
    (folder / "0").mkdir()
    (folder / "0" / "1").mkdir()
    (folder / "new\nline").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / os.fsdecode(b"\xff\xfe")).write_text("x")
    (folder / "up").symlink_to("../../..")
    deepest = os.open(folder, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("d", dir_fd=deepest)
        below = os.open("d", os.O_RDONLY, dir_fd=deepest)
        os.close(deepest)
        deepest = below
    os.close(deepest)
    (closed / "inner").chmod(0)
    closed.chmod(0)
    folder.chmod(0)


async def test_no_mode_no_link_and_no_depth_hinders_the_removal(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (outside / "kept").chmod(0o640)
    async with RunFolders(tmp_path / "runs").fresh("run-1") as folder:
        (folder.source / "link").symlink_to(outside)
        (folder.source / "file-link").symlink_to(outside / "kept")
        (folder.source / "tree").mkdir()
        hostile_tree(folder.source / "tree")
        folder.path.chmod(0)
    assert names(tmp_path / "runs") == []
    assert (outside / "kept").read_text() == "kept"
    assert stat.S_IMODE((outside / "kept").stat().st_mode) == 0o640


BUILDER = """
import asyncio, sys
from pathlib import Path
from services.builder.adapters.workspace import RunFolders

async def main():
    async with RunFolders(Path(sys.argv[1])).fresh("dead") as folder:
        (folder.source / "file").write_text("x")
        print("ready", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def builder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another builder, in the middle of the run `dead`."""
    arguments = [sys.executable, "-c", BUILDER, str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


async def test_what_a_killed_builder_left_is_swept_and_what_is_used_is_not(
    tmp_path: Path, builder: subprocess.Popen[bytes]
) -> None:
    folders = RunFolders(tmp_path)
    async with folders.fresh("alive"):
        assert folders.sweep() == ()
        builder.send_signal(signal.SIGKILL)
        builder.wait()
        assert folders.sweep() == ("dead",)
        assert names(tmp_path) == ["alive"]


async def test_the_same_run_does_not_get_its_folder_twice(tmp_path: Path) -> None:
    folders = RunFolders(tmp_path)
    async with folders.fresh("run-1"):
        with pytest.raises(FileExistsError):
            async with folders.fresh("run-1"):
                pytest.fail("it was given away twice")


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a\0b", ".hidden"])
async def test_a_run_whose_name_is_a_path_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name of a run's folder"):
        async with RunFolders(tmp_path).fresh(name):
            pytest.fail("it got a folder")


async def test_a_full_disk_is_said_before_a_run_starts(small_disk: Path) -> None:
    with pytest.raises(DiskFull, match=r"disk is full: \d+ MiB .* TRELLIS_BUILDER_RUNS"):
        async with RunFolders(small_disk).fresh("run-1"):
            pytest.fail("it started")


async def test_a_disk_that_fills_during_a_run_is_said_and_the_folder_still_goes(
    small_disk: Path,
) -> None:
    async with RunFolders(small_disk, least_free_bytes=1 << 20).fresh("run-1") as folder:
        folder.refuse_when_full()
        with pytest.raises(OSError, match="No space left"):
            (folder.source / "big").write_bytes(bytes(4 << 20))
        with pytest.raises(DiskFull):
            folder.refuse_when_full()
    assert names(small_disk) == []

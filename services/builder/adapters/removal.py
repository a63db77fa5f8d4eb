"""Removes what a run left behind, whatever it did to make that hard."""

import contextlib
import os
import stat
from collections.abc import Iterator
from itertools import count
from pathlib import Path

_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OWNER_ALL = stat.S_IRWXU


def remove_tree(folder: Path) -> None:
    """Remove a folder and all below it; no link is followed, no mode and no depth hinders it.

    Folders inside are moved up and emptied one after the other, so that neither the stack nor
    the open files grow with the depth. A folder that is gone already is fine.

    Raises:
        OSError: something cannot be removed, for example because it belongs to somebody else.
    """
    parent = os.open(folder.parent, _FOLDER)
    try:
        with _opened(folder.name, parent) as top:
            _empty(top)
        os.rmdir(folder.name, dir_fd=parent)
    except FileNotFoundError:
        return
    finally:
        os.close(parent)


@contextlib.contextmanager
def _opened(name: str, parent: int) -> Iterator[int]:
    """Open a folder below another one, made writable first through a handle on itself."""
    handle = os.open(name, os.O_PATH | _FOLDER, dir_fd=parent)
    try:
        Path(f"/proc/self/fd/{handle}").chmod(_OWNER_ALL)
        opened = os.open(".", os.O_RDONLY | _FOLDER, dir_fd=handle)
    finally:
        os.close(handle)
    try:
        yield opened
    finally:
        os.close(opened)


def _empty(top: int) -> None:
    numbers = count()
    while folders := _without_files(top):
        for name in folders:
            with _opened(name, top) as below:
                for inner in _without_files(below):
                    _move_up(inner, below, top=top, numbers=numbers)
            os.rmdir(name, dir_fd=top)


def _without_files(folder: int) -> list[str]:
    """Unlink everything in it but the folders, and return their names."""
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        if not is_folder:
            os.unlink(name, dir_fd=folder)
    return [name for name, is_folder in found if is_folder]


def _move_up(name: str, folder: int, *, top: int, numbers: Iterator[int]) -> None:
    """Move a folder to the top under a free name; to be moved it must be writable itself."""
    with _opened(name, folder):
        free = next(new for new in map(str, numbers) if not _exists(new, top))
        os.rename(name, free, src_dir_fd=folder, dst_dir_fd=top)


def _exists(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True

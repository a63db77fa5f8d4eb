"""Keeps installed dependencies by the digest of what they depend on, within a size.

A step may do to them what it likes: it sees them below a layer of its own. Whoever wrote into the
store all the same is noticed by what the file system says of each entry: mode, size, times, inode.
That is a digest over metadata, never over content: contents are not read again, since that takes
longer than an install saves. A disk that rots, or root with a clock set back, goes unnoticed.
"""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from services.builder.adapters.removal import remove_tree
from services.chassis.logging import get_logger

TREE = "node_modules"
_MADE = "made.json"
_DIGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Kept:
    """One installation in the store: the trees by the folder of the checkout they belong in.

    `wish` tells apart what was asked for, where no lock file did; else it is empty.
    """

    path: Path
    trees: tuple[tuple[str, Path], ...]
    bytes: int
    wish: str = ""


class DependencyStore:
    """The installations that one builder keeps; other builders of the machine may share them."""

    def __init__(self, root: Path, *, most_bytes: int) -> None:
        """Takes the folder that they lie in, and how large it may grow."""
        self._root, self._most_bytes = root, most_bytes

    @contextmanager
    def use(self, digest: str) -> Iterator[Kept | None]:
        """Give an installation while it is used; None where there is none that is unharmed."""
        with _locked(self._root / digest) as path:
            yield self._checked(path) if path else None

    @contextmanager
    def keep(
        self, digest: str, source: Path, folders: Sequence[str], *, wish: str = ""
    ) -> Iterator[Kept | None]:
        """Move what was installed below `source` into the store, and give it while it is used.

        `wish` is what it was resolved from, if no lock file named it. The trees are gone from the
        checkout then. None where nothing was installed. What another run has kept under this
        digest meanwhile is given instead.
        """
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=self._root))
        try:
            moved = [folder for folder in folders if _move(source / folder / TREE, making, folder)]
            ours = bool(moved) and self._finish(making, digest, trees=moved, wish=wish)
        finally:
            if making.exists():
                remove_tree(making)
        with _locked(self._root / digest if moved else None) as path:
            if path is None:
                yield None
            else:
                self._make_room(digest)
                yield _read(path) if ours else self._checked(path)

    def has_resolved(self, wish: str) -> bool:
        """Say whether there is an installation that was resolved from this wish."""
        kept = (_read(path) for path in self._all())
        return bool(wish) and any(one.wish == wish for one in kept if one)

    def count_and_bytes(self) -> tuple[int, int]:
        """Say how many installations there are, and how much they take."""
        kept = [_read(path) for path in self._all()]
        return len(kept), sum(one.bytes for one in kept if one)

    def _finish(self, making: Path, digest: str, *, trees: Sequence[str], wish: str) -> bool:
        """Name the installation; say whether none had that name."""
        names = {folder: _tree_name(folder) for folder in trees}
        listed, size = _listing(making)
        made = {"trees": names, "bytes": size, "listing": listed, "wish": wish}
        (making / _MADE).write_text(json.dumps(made), encoding="utf-8")
        try:
            os.rename(making, self._root / digest)  # noqa: PTH104 - fails if there is one
        except OSError:  # another run has kept the same meanwhile
            return False
        return True

    def _checked(self, path: Path) -> Kept | None:
        kept = _read(path)
        if kept is None or _listing(path)[0] != json.loads((path / _MADE).read_text())["listing"]:
            get_logger().warning("dependencies in the store were changed", entry=path.name)
            self._drop(path)
            return None
        os.utime(path)
        return kept

    def _drop(self, path: Path) -> None:
        gone = Path(tempfile.mkdtemp(prefix=".gone-", dir=self._root))
        with suppress(OSError):
            os.rename(path, gone / path.name)  # noqa: PTH104 - never across file systems, unlike a move
        remove_tree(gone)

    def _make_room(self, newest: str) -> None:
        """Remove what was used longest ago; what is in use stays."""
        entries = sorted(self._all(), key=lambda path: path.stat().st_mtime)
        sizes = {path: kept.bytes if (kept := _read(path)) else 0 for path in entries}
        total = sum(sizes.values())
        for path in entries:
            if total <= self._most_bytes:
                return
            if path.name != newest and self._drop_unless_used(path):
                total -= sizes[path]

    def _drop_unless_used(self, path: Path) -> bool:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._drop(path)
        except BlockingIOError:
            return False
        finally:
            os.close(lock)
        return True

    def _all(self) -> list[Path]:
        if not self._root.is_dir():
            return []
        return [path for path in self._root.iterdir() if len(path.name) == _DIGEST_NAME]


@contextmanager
def _locked(path: Path | None) -> Iterator[Path | None]:
    """Hold an installation, so that it is not removed; None where there is none."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW) if path else None
    except OSError:
        lock = None
    if lock is None:
        yield None
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield path
    finally:
        os.close(lock)


def _move(tree: Path, making: Path, folder: str) -> bool:
    if tree.is_symlink() or not tree.is_dir():
        return False
    shutil.move(tree, making / _tree_name(folder))
    return True


def _tree_name(folder: str) -> str:
    return f"tree-{hashlib.sha256(folder.encode()).hexdigest()[:16]}"


def _read(path: Path) -> Kept | None:
    try:
        made = json.loads((path / _MADE).read_text(encoding="utf-8"))
        trees = tuple((folder, path / name) for folder, name in made["trees"].items())
        return Kept(path, trees, int(made["bytes"]), str(made["wish"]))
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def _listing(path: Path) -> tuple[str, int]:
    """Digest what the file system says of every entry, and add up the sizes.

    Nobody can write into a file and leave its change time as it was, so that contents need not be
    read: that would take longer than what the store saves.
    """
    digest, size = hashlib.sha256(), 0
    waiting = [str(path)]
    while waiting:
        folder = waiting.pop()
        with os.scandir(folder) as children:
            for child in sorted(children, key=lambda one: one.name):
                if child.name == _MADE and folder == str(path):
                    continue
                found = child.stat(follow_symlinks=False)
                digest.update(
                    f"{child.path[len(str(path)) :]}\0{found.st_mode}\0{found.st_size}\0"
                    f"{found.st_mtime_ns}\0{found.st_ctime_ns}\0{found.st_ino}\0".encode(
                        errors="surrogateescape"
                    )
                )
                size += found.st_size
                if child.is_dir(follow_symlinks=False):
                    waiting.append(child.path)
    return digest.hexdigest(), size

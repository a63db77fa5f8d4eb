"""Packs local code so that the same content gives the same bytes, wherever and whenever."""

import hashlib
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj

from services.builder.adapters.frameworks.synthesiser.problems import NotPossible

LARGEST_UNPACKED = 250 << 20
"""What AWS Lambda takes, unpacked."""
MOST_FILES = 100_000

_EPOCH = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = {".git"}
_LONG_NAME = 18
"""As far as a framework's name of an asset, a digest, is shown."""
_PACKED = (".zip", ".jar", ".war")
_EXECUTABLE, _READABLE = 0o100755, 0o100644


@dataclass(frozen=True)
class Packed:
    """A file of the assembly that stands for something local; its key is its digest."""

    path: str
    sha256: str

    @property
    def key(self) -> str:
        """Where it will lie in the bucket."""
        return f"assets/{self.sha256}.{self.path.rpartition('.')[2]}"


class Packer:
    """Puts files into the assembly; what was packed before is not packed again."""

    def __init__(self, assembly: Path, root: Path, *, largest: int | None = None) -> None:
        """Takes the assembly's folder, and the one that nothing may be taken from outside of.

        `largest` is how many bytes may go into one zip, if not what AWS Lambda takes.
        """
        self._assembly = assembly
        self._largest = largest or LARGEST_UNPACKED
        self._root = root.resolve()
        self._packed: dict[tuple[Path, bool], Packed] = {}

    def find(self, named: str, beside: Path) -> Path:
        """Give the local file or folder that a template beside it names.

        Raises:
            NotPossible: it is not there, or outside the repository.
        """
        if "\0" in named or named.startswith("/"):
            raise NotPossible(f"{named!r} must be a path relative to the template.")
        found = self.inside(beside / named, named)
        if not found.exists():
            raise NotPossible(
                f"{named} is not there: commit it, or let the install step build it "
                "(a `prepare` script in package.json)."
            )
        return found

    def inside(self, path: Path, named: str) -> Path:
        """Give what a path really leads to.

        Raises:
            NotPossible: outside the repository.
        """
        found = Path(os.path.realpath(path))
        if not found.is_relative_to(self._root):
            raise NotPossible(f"{named} leads out of the repository.")
        return found

    def pack(self, found: Path, *, zipped: bool) -> Packed:
        """Put a local file or folder into the assembly.

        `zipped` is for code: a folder or a single file becomes a zip, one that is packed already
        stays as it is. Anything else must be a file and is copied.

        Raises:
            NotPossible: it holds what cannot be packed, or too much.
        """
        if (found, zipped) not in self._packed:
            self._packed[found, zipped] = self._pack(found, zipped=zipped)
        return self._packed[found, zipped]

    def put(self, content: bytes, ending: str) -> Packed:
        """Put what was made here into the assembly, a nested template for example."""
        digest = hashlib.sha256(content).hexdigest()
        path = f"asset.{digest}.{ending}"
        (self._assembly / path).write_bytes(content)
        return Packed(path, digest)

    def _pack(self, found: Path, *, zipped: bool) -> Packed:
        if not zipped or (found.is_file() and found.suffix in _PACKED):
            if not found.is_file():
                raise NotPossible(f"{self._shown(found)} must be a file.")
            return self._keep(found.suffix.lstrip(".") or "file", copy_of=found)
        count = self._write_zip(found, self._assembly / "packing")
        print(f"Packed {self._shown(found)} ({count} files)")  # noqa: T201 - the step's log
        return self._keep("zip")

    def _keep(self, ending: str, *, copy_of: Path | None = None) -> Packed:
        made = self._assembly / "packing"
        if copy_of:
            with copy_of.open("rb") as source, made.open("wb") as target:
                copyfileobj(source, target)
        with made.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        path = f"asset.{digest}.{ending}"
        made.rename(self._assembly / path)
        return Packed(path, digest)

    def _write_zip(self, found: Path, target: Path) -> int:
        total = count = 0
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name, file in self._contents(found):
                count, total = count + 1, total + file.stat().st_size
                if total > self._largest or count > MOST_FILES:
                    raise NotPossible(
                        f"{self._shown(found)} is too large: it may have "
                        f"{self._largest >> 20} MiB unpacked, and AWS Lambda takes no more than "
                        f"{LARGEST_UNPACKED >> 20}. Keep development dependencies and unused files "
                        "out of it."
                    )
                with file.open("rb") as source, archive.open(_entry(name, file), "w") as packed:
                    copyfileobj(source, packed)
        if not count:
            raise NotPossible(f"{self._shown(found)} is empty.")
        return count

    def _contents(self, found: Path) -> Iterator[tuple[str, Path]]:
        if found.is_file():
            return iter([(found.name, found)])
        return iter(sorted(self._below(found, "", (found,))))

    def _below(
        self, folder: Path, prefix: str, above: tuple[Path, ...]
    ) -> Iterator[tuple[str, Path]]:
        """Every file with its name in the zip; links inside the repository are followed."""
        for child in folder.iterdir():
            real, name = Path(os.path.realpath(child)), prefix + child.name
            if child.name in _LEFT_OUT:
                continue
            if not real.is_relative_to(self._root):
                raise NotPossible(f"{self._shown(child)} is a link out of the repository.")
            if real.is_dir() and real not in above:
                yield from self._below(real, f"{name}/", (*above, real))
            elif real.is_file():
                yield name, real
            else:
                print(f"Left out {self._shown(child)}: it leads nowhere")  # noqa: T201 - the log

    def _shown(self, path: Path) -> str:
        if path.name.startswith("asset.") and len(path.name) > _LONG_NAME:
            return f"{path.name[:_LONG_NAME]}…"
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else path.name


def _entry(name: str, file: Path) -> zipfile.ZipInfo:
    if not name.isprintable():
        raise NotPossible(f"{name!a} is no name for a file in a zip: rename it.")
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = (_EXECUTABLE if file.stat().st_mode & 0o100 else _READABLE) << 16
    entry.file_size = file.stat().st_size
    return entry

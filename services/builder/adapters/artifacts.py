"""Keeps assemblies, so that a rollback needs no clone, no install and no build.

An artifact is one encrypted file, named by the keyed digest of what is in it: keyed, because its
id goes into events, and whoever reads those must not be able to try out what an assembly held.

ArtifactError
├── ArtifactMissing
├── ArtifactDamaged
└── ArtifactsRefused     the place or its key cannot be used
"""

import hmac
import os
import secrets
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, cast
from urllib.parse import unquote, urlsplit

from services.builder.adapters.sealing import Broken, Opened, Sealed, derived_key
from services.chassis.failpoints import passed
from services.chassis.files import write_once
from trellis_contracts.names import ArtifactId

_KEY_BYTES = 32
_MOST_FILES = 2_000
_LARGEST_TOTAL = 600 << 20
_BLOCK = 1 << 20


class ArtifactError(Exception):
    """A kept assembly cannot be used."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


class ArtifactMissing(ArtifactError):
    """No assembly is kept under that id."""

    def __init__(self, artifact: ArtifactId) -> None:
        super().__init__(f"artifact {artifact[:12]} is not kept (any more)")


class ArtifactDamaged(ArtifactError):
    """What is kept is not what was put there, or was sealed with another key."""

    def __init__(self, artifact: ArtifactId, reason: str) -> None:
        super().__init__(
            f"artifact {artifact[:12]} is damaged ({reason}): restore its file or the key it was "
            "sealed with from a backup"
        )


class ArtifactsRefused(ArtifactError):
    """Artifacts cannot be kept like this; the message says what to set."""


class Artifacts(Protocol):
    """Where assemblies are kept. Every call blocks."""

    def keep(self, folder: Path) -> ArtifactId:
        """Keep a copy of a folder, durably, and give its id: the same content, the same id."""

    def open(self, artifact: ArtifactId, into: Path) -> None:
        """Unpack an artifact into a folder that does not exist yet; all of it, or nothing.

        Raises:
            ArtifactMissing, ArtifactDamaged
        """


def open_artifacts(url: str, key_file: Path) -> Artifacts:
    """Open the place that a URL names (`file:///a/folder`), with the key in a file elsewhere.

    The key is made (mode 0600) where there are neither a key nor artifacts.

    Raises:
        ArtifactsRefused: no such place is known, or the key is not there or lies beside them.
    """
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/"):
        raise ArtifactsRefused("TRELLIS_ARTIFACTS must be file:///an/absolute/folder")
    folder = Path(unquote(parts.path))
    return _Files(folder, _key(key_file, folder))


class _Files:
    """Artifacts as files of a folder."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._names = derived_key(key, b"trellis artifact names")
        self._contents = derived_key(key, b"trellis artifact contents")

    def keep(self, folder: Path) -> ArtifactId:
        """As the port promises."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(prefix=".keeping-", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                artifact = self._write(folder, file)
                file.flush()
                os.fsync(file.fileno())
            passed("before artifact kept")
            self._put(Path(name), artifact)
            passed("after artifact kept")
        finally:
            Path(name).unlink(missing_ok=True)
        return artifact

    def open(self, artifact: ArtifactId, into: Path) -> None:
        """As the port promises."""
        if not self._path(artifact).is_file():
            raise ArtifactMissing(artifact)
        into.mkdir(mode=0o700)
        try:
            with self._path(artifact).open("rb") as file:
                self._read(artifact, file, into)
        except (Broken, tarfile.TarError) as damage:
            shutil.rmtree(into)
            raise ArtifactDamaged(artifact, str(damage)) from damage
        except OSError:
            shutil.rmtree(into)
            raise

    def _write(self, folder: Path, file: BinaryIO) -> ArtifactId:
        """Tar and seal; the digest is over the tar, so that it says nothing of the sealing."""
        sealed = Sealed(file, self._contents)
        digesting = _Digesting(self._names, sealed)
        with tarfile.open(fileobj=cast("BinaryIO", digesting), mode="w|", bufsize=_BLOCK) as tar:
            for path in sorted(folder.rglob("*")):
                tar.add(path, str(path.relative_to(folder)), recursive=False, filter=_bare)
        sealed.close()
        return digesting.digest()

    def _read(self, artifact: ArtifactId, file: BinaryIO, into: Path) -> None:
        digesting = _Digesting(self._names, Opened(file, self._contents))
        with tarfile.open(fileobj=cast("BinaryIO", digesting), mode="r|", bufsize=_BLOCK) as tar:
            total = count = 0
            for member in tar:
                count, total = count + 1, total + member.size
                if count > _MOST_FILES or total > _LARGEST_TOTAL or not _is_plain(member):
                    raise Broken(f"{member.name[:100]} cannot be part of it")
                _unpack(tar, member, into)
        while digesting.read(_BLOCK):
            continue
        if not hmac.compare_digest(digesting.digest(), artifact):
            raise Broken("its digest is another one")

    def _put(self, made: Path, artifact: ArtifactId) -> None:
        path = self._path(artifact)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        made.rename(path)
        for folder in (path.parent, self._folder):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _path(self, artifact: ArtifactId) -> Path:
        return self._folder / artifact[:2] / f"{artifact}.assembly"


class _Digesting:
    """Passes a stream on, in one direction, and takes its keyed digest on the way."""

    def __init__(self, key: bytes, stream: Sealed | Opened) -> None:
        self._hash = hmac.new(key, digestmod="sha256")
        self._stream = stream

    def write(self, content: bytes) -> int:
        self._hash.update(content)
        return cast("Sealed", self._stream).write(content)

    def read(self, size: int) -> bytes:
        content = cast("Opened", self._stream).read(size)
        self._hash.update(content)
        return content

    def digest(self) -> ArtifactId:
        return self._hash.hexdigest()


def _bare(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out whose and when, and refuse what is no plain file."""
    if not _is_plain(member):
        raise ArtifactsRefused(f"{member.name} is no plain file and cannot be kept")
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o700 if member.isdir() else 0o600
    return member


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    """Write a plain member; by hand: Python before 3.11.4 (Debian 12) has no filter to do it."""
    target = into / member.name
    if member.isdir():
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = tar.extractfile(member)
    try:
        with target.open("xb") as file:
            shutil.copyfileobj(cast("BinaryIO", content), file, _BLOCK)
    except FileExistsError:
        raise Broken(f"{member.name[:100]} is in it twice") from None
    target.chmod(0o600)


def _is_plain(member: tarfile.TarInfo) -> bool:
    path = PurePosixPath(member.name)
    inside = not path.is_absolute() and ".." not in path.parts
    return inside and (member.isdir() or member.isreg())


def _key(file: Path, folder: Path) -> bytes:
    """Read the key, or make one where nothing is sealed yet."""
    if file.resolve().is_relative_to(folder.resolve()):
        raise ArtifactsRefused(f"the key {file} must not lie among the artifacts that it seals")
    if not file.exists():
        if folder.is_dir() and any(folder.glob("??/*.assembly")):
            raise ArtifactsRefused(f"the key {file} of the artifacts is gone: restore it")
        write_once(file, secrets.token_bytes(_KEY_BYTES))
    key = file.read_bytes()
    if len(key) != _KEY_BYTES:
        raise ArtifactsRefused(f"the key {file} does not hold {_KEY_BYTES} bytes: restore it")
    return key

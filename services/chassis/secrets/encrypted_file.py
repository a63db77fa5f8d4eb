"""The embedded store of secrets: one file, written by one process, read by any.

It is JSON: a check that tells a wrong key from damage, and for each path its values in the order
of their versions. Every value is sealed for its own path and version, so none can be moved to
another. Single values are never removed: a release that is rolled back to needs the ones it had.
"""

import asyncio
import base64
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, SecretStr, ValidationError
from typing_extensions import override

from services.chassis.files import replace, write_once
from services.chassis.secrets.paths import SecretPath
from services.chassis.secrets.port import SecretNotFound, SecretsCorrupt, SecretsStore, WrongKey
from services.chassis.secrets.sealing import SealingKey, Unsealable

_CHECK: Final = "check"


class _Contents(BaseModel):
    """What the file holds, still sealed."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["trellis-secrets-1"] = "trellis-secrets-1"
    check: Base64Bytes
    values: dict[str, list[Base64Bytes]] = {}


class EncryptedFile(SecretsStore):
    """A store in one file, of mode 0600."""

    def __init__(self, file: Path, *, key: SealingKey) -> None:
        """Takes the file, absolute, on a local disk; touches nothing yet."""
        self._file, self._key = file, key

    @override
    async def put(self, path: SecretPath, value: SecretStr) -> int:
        return await asyncio.to_thread(self._put, path, value)

    @override
    async def get(self, path: SecretPath, version: int) -> SecretStr:
        return await asyncio.to_thread(self._get, path, version)

    @override
    async def remove(self, prefix: str) -> int:
        return await asyncio.to_thread(self._remove, prefix)

    def create(self) -> None:
        """Make the file if it is not there: from then on a lost key is noticed."""
        write_once(self._file, _written(self._empty()))

    def check(self) -> None:
        """Read the file once, if it is there.

        Raises:
            WrongKey: it was sealed with another key.
            SecretsCorrupt: it is something else.
        """
        self._read()

    def _put(self, path: SecretPath, value: SecretStr) -> int:
        with self._alone():
            contents = self._read()
            versions = contents.values.setdefault(path, [])
            version = len(versions) + 1
            plain = value.get_secret_value().encode()
            versions.append(self._key.seal(plain, place=_place(path, version)))
            replace(self._file, _written(contents))
        return version

    def _remove(self, prefix: str) -> int:
        with self._alone():
            contents = self._read()
            gone = [path for path in contents.values if path.startswith(prefix)]
            for path in gone:
                del contents.values[path]
            if gone:
                replace(self._file, _written(contents))
        return len(gone)

    def _get(self, path: SecretPath, version: int) -> SecretStr:
        versions = self._read().values.get(path, [])
        if not 1 <= version <= len(versions):
            raise SecretNotFound(path, version)
        try:
            plain = self._key.unseal(versions[version - 1], place=_place(path, version))
        except Unsealable:
            reason = f"version {version} of {path} was altered or moved"
            raise SecretsCorrupt(self._file, reason) from None
        return SecretStr(plain.decode())

    def _read(self) -> _Contents:
        try:
            contents = _Contents.model_validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return self._empty()
        except ValidationError:
            raise SecretsCorrupt(self._file, "it is no file of secrets") from None
        try:
            self._key.unseal(contents.check, place=_CHECK)
        except Unsealable:
            raise WrongKey(self._file) from None
        return contents

    def _empty(self) -> _Contents:
        return _Contents(check=base64.b64encode(self._key.seal(b"", place=_CHECK)))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, in this process or any; the kernel frees it when one dies."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._file.with_name(self._file.name + ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _place(path: SecretPath, version: int) -> str:
    return f"{path}\0{version}"


def _written(contents: _Contents) -> bytes:
    return contents.model_dump_json(indent=1).encode()

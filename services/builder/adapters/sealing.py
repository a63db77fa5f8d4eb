"""Seals a stream with AES-256-GCM, a chunk at a time, so that its size costs no memory.

Layout: magic, salt (32), then chunks of 1 MiB and their tags. Each file has its own key (HKDF of
the master key and the salt); a chunk's nonce is its number and whether it is the last one, so that
chunks can be neither swapped nor cut off.
"""

from secrets import token_bytes
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_MAGIC = b"TRELLIS-SEALED-1\n"
_SALT_BYTES = 32
_CHUNK = 1 << 20
_TAG_BYTES = 16
_PURPOSE = b"trellis sealed stream"


class Broken(Exception):
    """What was to be opened is not what was sealed, or was sealed with another key."""


def derived_key(key: bytes, purpose: bytes, salt: bytes | None = None) -> bytes:
    """Derive a key of 32 bytes that is of use for one purpose alone."""
    return HKDF(SHA256(), length=32, salt=salt, info=purpose).derive(key)


class Sealed:
    """Writes a sealed stream into a file; `close` ends it, and leaves the file open."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file = file
        self._waiting = bytearray()
        self._number = 0
        salt = token_bytes(_SALT_BYTES)
        self._cipher = AESGCM(derived_key(key, _PURPOSE, salt))
        file.write(_MAGIC + salt)

    def write(self, content: bytes) -> int:
        """Take in more."""
        self._waiting += content
        while len(self._waiting) > _CHUNK:
            self._seal(bytes(self._waiting[:_CHUNK]), last=False)
            del self._waiting[:_CHUNK]
        return len(content)

    def close(self) -> None:
        """Seal what is left, as the end."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), chunk, _MAGIC))
        self._number += 1


class Opened:
    """Reads a sealed stream; nothing that was altered is ever given out."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        """Takes a file at its beginning.

        Raises:
            Broken: it is no sealed stream.
        """
        if file.read(len(_MAGIC)) != _MAGIC:
            raise Broken("it is no sealed file")
        self._file = file
        self._cipher = AESGCM(derived_key(key, _PURPOSE, file.read(_SALT_BYTES)))
        self._number = 0
        self._opened = bytearray()
        self._next = file.read(_CHUNK + _TAG_BYTES)

    def read(self, size: int) -> bytes:
        """Give up to `size` bytes, fewer only at the end.

        Raises:
            Broken: it was altered or cut off, or sealed with another key.
        """
        while len(self._opened) < size and self._next:
            self._open_one()
        given = bytes(self._opened[:size])
        del self._opened[:size]
        return given

    def _open_one(self) -> None:
        chunk, self._next = self._next, self._file.read(_CHUNK + _TAG_BYTES)
        nonce = _nonce(self._number, last=not self._next)
        try:
            self._opened += self._cipher.decrypt(nonce, chunk, _MAGIC)
        except InvalidTag:
            raise Broken("it was altered or cut off, or sealed with another key") from None
        self._number += 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")

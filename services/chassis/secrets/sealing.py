"""The one key that seals secrets: AES-256-GCM, each value bound to the place it belongs to."""

import base64
import binascii
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.chassis.files import write_once
from services.chassis.secrets.port import KeyFileExposed, KeyFileMalformed, KeyFileMissing

KEY_BYTES = 32
_NONCE_BYTES = 12  # NIST SP 800-38D section 8.2.2: random, 96 bits, far below 2**32 values a key


class Unsealable(Exception):
    """The bytes were sealed with another key, for another place, or were altered."""

    def __init__(self) -> None:
        super().__init__("This was sealed with another key, for another place, or was altered.")


class SealingKey:
    """Seals bytes so that only this key opens them, and only at the place they were sealed for."""

    def __init__(self, key: bytes) -> None:
        """Takes 32 random bytes."""
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, *, place: str) -> bytes:
        """Give the nonce and the ciphertext with its tag; twice the same never looks the same."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, place.encode())

    def unseal(self, sealed: bytes, *, place: str) -> bytes:
        """Give back what was sealed for this place.

        Raises:
            Unsealable: it was not sealed so.
        """
        nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, ciphertext, place.encode())
        except (InvalidTag, ValueError):
            raise Unsealable from None


def read_key_file(key_file: Path, *, store: Path) -> SealingKey:
    """Read the key that opens `store`.

    Raises:
        KeyFileMissing, KeyFileExposed, KeyFileMalformed: each says what to do.
    """
    try:
        mode, text = key_file.stat().st_mode, key_file.read_bytes()
    except FileNotFoundError:
        raise KeyFileMissing(key_file, store) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileExposed(key_file)
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        raise KeyFileMalformed(key_file) from None
    if len(key) != KEY_BYTES:
        raise KeyFileMalformed(key_file)
    return SealingKey(key)


def make_key_file(key_file: Path, *, store: Path) -> SealingKey:
    """Read the key; make it first, for its owner alone, if nothing was ever sealed with one.

    Of two processes that make it at the same time, both go on with the same key.

    Raises:
        KeyFileMissing: `store` is there without it. And as `read_key_file`.
    """
    if not key_file.exists() and not store.exists():
        write_once(key_file, base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
    return read_key_file(key_file, store=store)

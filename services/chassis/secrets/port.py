"""What a store of secrets promises, and what can go wrong with one.

SecretsError
├── UnsupportedSecrets   no adapter for the URL
├── KeyFileMissing       the values cannot be read without it
├── KeyFileExposed       others on this machine could read it
├── KeyFileMalformed     it holds something else
├── WrongKey             the store was sealed with another key
├── SecretsCorrupt       the store is not what was written
└── SecretNotFound       no value under this path and version
"""

from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from services.chassis.secrets.paths import SecretPath


class SecretsStore(Protocol):
    """Versions of values under paths: written once, read by path and version, never listed.

    Only everything of an application or an environment that is gone is removed, at once.
    """

    async def put(self, path: SecretPath, value: SecretStr) -> int:
        """Keep a value, durably, and return its version: 1, 2, 3 … for each path.

        Raises:
            SecretsCorrupt: the store is not what was written; nothing was changed.
            OSError: the disk did not take it; nothing was changed.
        """

    async def get(self, path: SecretPath, version: int) -> SecretStr:
        """Return the value of exactly this path and version.

        Raises:
            SecretNotFound: there is none.
            SecretsCorrupt: it was altered, or moved here from another path or version.
        """

    async def remove(self, prefix: str) -> int:
        """Remove every value whose path begins with `prefix`, durably; say how many paths it was.

        Raises:
            SecretsCorrupt: the store is not what was written; nothing was changed.
            OSError: the disk did not take it; nothing was changed.
        """


class SecretsError(Exception):
    """A secret cannot be kept or given."""


class UnsupportedSecrets(SecretsError):
    """No adapter for the URL."""

    def __init__(self, scheme: str) -> None:
        """Takes the URL's scheme; the URL itself may hold a password."""
        super().__init__(
            f"TRELLIS_SECRETS says {scheme or 'no scheme'}: this release keeps secrets in an "
            "encrypted file; write file:///absolute/path/secrets.encrypted."
        )


class KeyFileMissing(SecretsError):
    """There is no key, and one must not be made up: values would become unreadable."""

    def __init__(self, key_file: Path, store: Path) -> None:
        """Takes where the key was looked for, and what it opens."""
        super().__init__(
            f"The key of {store} is not at {key_file}: bring it back from your backup, or point "
            "TRELLIS_KEYS at its folder. On a new installation ingest makes it: start ingest first."
        )


class KeyFileExposed(SecretsError):
    """Others on this machine may read the key."""

    def __init__(self, key_file: Path) -> None:
        """Takes the key file."""
        super().__init__(
            f"Others may read {key_file}, which opens every secret: run chmod 600 on it, and "
            "think whether somebody already has."
        )


class KeyFileMalformed(SecretsError):
    """The key file does not hold a key."""

    def __init__(self, key_file: Path) -> None:
        """Takes the key file."""
        super().__init__(
            f"{key_file} holds no key (32 bytes in base64 on one line): bring it back from your "
            "backup, or point TRELLIS_KEYS at the right folder."
        )


class WrongKey(SecretsError):
    """The store was sealed with another key."""

    def __init__(self, store: Path) -> None:
        """Takes the store's file."""
        super().__init__(
            f"{store} was sealed with another key: point TRELLIS_KEYS at the folder of the key "
            "that belongs to it. Nothing was changed."
        )


class SecretsCorrupt(SecretsError):
    """The store is not what was written."""

    def __init__(self, store: Path, reason: str) -> None:
        """Takes the store's file and what was found; never a value."""
        super().__init__(
            f"{store} is not what Trellis wrote ({reason}): bring it back from your backup, and "
            "find out who changed it."
        )


class SecretNotFound(SecretsError, LookupError):
    """No value under this path and version."""

    def __init__(self, path: SecretPath, version: int) -> None:
        """Takes what was asked for."""
        self.path, self.version = path, version
        super().__init__(
            f"There is no version {version} of {path} in the secrets store: set the value again."
        )

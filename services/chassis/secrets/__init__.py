"""The secrets store: what a person wrote and nobody is shown again. Ingest writes, builders read.

`port` says what a store promises · `paths` names what lies in it · `sealing` is the key ·
`encrypted_file` is the embedded store. A URL chooses: only this module knows the adapters. The
names that a user of the store needs are offered here.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from services.chassis.secrets.encrypted_file import EncryptedFile
from services.chassis.secrets.paths import clone_token_path, credentials_path, secret_path
from services.chassis.secrets.port import SecretNotFound, SecretsStore, UnsupportedSecrets
from services.chassis.secrets.sealing import make_key_file, read_key_file

__all__ = [
    "SecretNotFound",
    "SecretsStore",
    "clone_token_path",
    "credentials_path",
    "open_secrets",
    "secret_path",
]


def open_secrets(url: str, *, key_file: Path, create: bool = False) -> SecretsStore:
    """Open the store at `file:///absolute/path`; values are sealed with the key in `key_file`.

    With `create` key and store are made when neither is there yet: ingest says so, a builder
    does not.

    Raises:
        UnsupportedSecrets: no adapter for the URL.
        KeyFileMissing, KeyFileExposed, KeyFileMalformed: each says what to do.
        WrongKey: the store was sealed with another key.
        SecretsCorrupt: the file is something else.
    """
    file = _file_of(url)
    key = make_key_file(key_file, store=file) if create else read_key_file(key_file, store=file)
    store = EncryptedFile(file, key=key)
    if create:
        store.create()
    store.check()
    return store


def _file_of(url: str) -> Path:
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise UnsupportedSecrets(parts.scheme)
    path = Path(unquote(parts.path))
    if parts.netloc or not path.is_absolute():
        raise UnsupportedSecrets("file")
    return path

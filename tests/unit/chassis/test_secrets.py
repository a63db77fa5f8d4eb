"""The secrets store: sealed for its place, whole or not there, and never shown."""

import asyncio
import json
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr, ValidationError

from services.chassis.secrets import open_secrets
from services.chassis.secrets.paths import (
    SecretPath,
    application_prefix,
    clone_token_path,
    credentials_path,
    environment_prefix,
    secret_path,
)
from services.chassis.secrets.port import (
    KeyFileExposed,
    KeyFileMalformed,
    KeyFileMissing,
    SecretNotFound,
    SecretsCorrupt,
    SecretsStore,
    UnsupportedSecrets,
    WrongKey,
)
from services.chassis.secrets.sealing import SealingKey, Unsealable

APPLICATION = UUID("018f0000-0000-7000-8000-000000000001")
ENVIRONMENT = UUID("018f0000-0000-7000-8000-000000000002")
PATH = secret_path(APPLICATION, ENVIRONMENT, "API_KEY")
CANARY = "canary-value-of-a-secret"


def _file(folder: Path) -> Path:
    return folder / "data" / "secrets.encrypted"


def _open(folder: Path, *, create: bool = False, key: str = "secrets.key") -> SecretsStore:
    return open_secrets(f"file://{_file(folder)}", key_file=folder / "keys" / key, create=create)


async def test_versions_are_dense_for_each_path_and_stay_readable(tmp_path: Path) -> None:
    store = _open(tmp_path, create=True)
    other = clone_token_path(APPLICATION)

    versions = [await store.put(PATH, SecretStr(f"value {number}")) for number in range(3)]

    assert versions == [1, 2, 3]
    assert await store.put(other, SecretStr("ü" * 10_000)) == 1
    assert (await store.get(PATH, 2)).get_secret_value() == "value 1"
    assert (await store.get(other, 1)).get_secret_value() == "ü" * 10_000


async def test_another_process_reads_what_was_just_written(tmp_path: Path) -> None:
    writer, reader = _open(tmp_path, create=True), _open(tmp_path)
    await writer.put(PATH, SecretStr("first value"))
    assert (await reader.get(PATH, 1)).get_secret_value() == "first value"
    await writer.put(PATH, SecretStr("second value"))

    program = (
        "import asyncio, sys; from pathlib import Path;"
        "from services.chassis.secrets import open_secrets;"
        "store = open_secrets(sys.argv[1], key_file=Path(sys.argv[2]));"
        "print(asyncio.run(store.get(sys.argv[3], 2)).get_secret_value())"
    )
    url, key = f"file://{_file(tmp_path)}", str(tmp_path / "keys" / "secrets.key")
    read = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", program, url, key, PATH],
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout == "second value\n"


async def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    stores = [_open(tmp_path, create=True) for _ in range(4)]
    versions = await asyncio.gather(
        *(store.put(PATH, SecretStr(f"value {n}")) for n in range(5) for store in stores)
    )

    assert sorted(versions) == list(range(1, 21))


@pytest.mark.parametrize("version", [0, -1, 2, 10**9])
async def test_a_version_that_was_never_written_is_not_found(tmp_path: Path, version: int) -> None:
    store = _open(tmp_path, create=True)
    await store.put(PATH, SecretStr(CANARY))

    with pytest.raises(SecretNotFound, match="API_KEY"):
        await store.get(PATH, version)


async def test_a_value_moved_to_another_path_or_version_is_not_given(tmp_path: Path) -> None:
    store = _open(tmp_path, create=True)
    production = secret_path(APPLICATION, UUID(int=7), "API_KEY")
    await store.put(PATH, SecretStr("value 1"))
    await store.put(PATH, SecretStr("value 2"))
    await store.put(production, SecretStr("production"))
    contents = json.loads(_file(tmp_path).read_text())
    contents["values"][PATH] = [contents["values"][PATH][1], contents["values"][production][0]]
    _file(tmp_path).write_text(json.dumps(contents))

    for version in (1, 2):
        with pytest.raises(SecretsCorrupt, match=f"version {version}"):
            await store.get(PATH, version)


async def test_no_flipped_bit_goes_unnoticed(tmp_path: Path) -> None:
    store = _open(tmp_path, create=True)
    await store.put(PATH, SecretStr(CANARY))
    key = SealingKey(b"k" * 32)
    sealed = key.seal(b"value", place="here")

    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(Unsealable):
            key.unseal(bytes(altered), place="here")
    assert key.seal(b"value", place="here") != sealed


async def test_another_key_is_told_from_damage(tmp_path: Path) -> None:
    await _open(tmp_path, create=True).put(PATH, SecretStr(CANARY))
    elsewhere = tmp_path / "elsewhere"
    _open(elsewhere, create=True)
    (elsewhere / "keys" / "secrets.key").rename(tmp_path / "keys" / "other.key")

    with pytest.raises(WrongKey, match="another key"):
        _open(tmp_path, key="other.key")
    _file(tmp_path).write_text("{}")
    with pytest.raises(SecretsCorrupt):
        _open(tmp_path)


def test_a_lost_key_is_never_replaced_by_a_new_one(tmp_path: Path) -> None:
    _open(tmp_path, create=True)
    (tmp_path / "keys" / "secrets.key").unlink()

    for create in (True, False):
        with pytest.raises(KeyFileMissing, match="backup"):
            _open(tmp_path, create=create)
    assert list((tmp_path / "keys").iterdir()) == []


def test_a_builder_makes_no_key(tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissing, match="start ingest"):
        _open(tmp_path)
    assert not (tmp_path / "keys").exists()


def test_whoever_makes_the_key_first_all_go_on_with_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: _open(tmp_path, create=True), range(8)))

    asyncio.run(stores[0].put(PATH, SecretStr(CANARY)))
    found = {asyncio.run(store.get(PATH, 1)).get_secret_value() for store in stores}
    assert found == {CANARY}


def test_key_and_store_are_for_their_owner_alone(tmp_path: Path) -> None:
    store = _open(tmp_path, create=True)
    asyncio.run(store.put(PATH, SecretStr(CANARY)))

    for file in (_file(tmp_path), tmp_path / "keys" / "secrets.key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (tmp_path / "keys" / "secrets.key").chmod(0o640)
    with pytest.raises(KeyFileExposed, match="chmod 600"):
        _open(tmp_path)


@pytest.mark.parametrize("text", [b"", b"short", b"!" * 44, b"QUJD\n", b"\xff" * 44])
def test_a_file_that_holds_no_key_is_told_so(tmp_path: Path, text: bytes) -> None:
    _open(tmp_path, create=True)
    (tmp_path / "keys" / "secrets.key").write_bytes(text)

    with pytest.raises(KeyFileMalformed, match="32 bytes"):
        _open(tmp_path)


@pytest.mark.parametrize(
    "url", ["aws://eu-west-1", "/plain/path", "file://host/path", "file:relative", "file://"]
)
def test_a_url_without_an_adapter_is_refused_with_what_to_write(tmp_path: Path, url: str) -> None:
    with pytest.raises(UnsupportedSecrets, match="file:///absolute"):
        open_secrets(url, key_file=tmp_path / "k")


async def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = _open(tmp_path, create=True)
    await store.put(PATH, SecretStr("value 1"))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("services.chassis.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        await store.put(PATH, SecretStr("value 2"))
    monkeypatch.undo()

    assert sorted(file.name for file in _file(tmp_path).parent.iterdir()) == [
        "secrets.encrypted",
        "secrets.encrypted.lock",
    ]
    assert await store.put(PATH, SecretStr("value 2")) == 2


async def test_neither_the_file_nor_any_text_of_the_store_holds_a_value(tmp_path: Path) -> None:
    store = _open(tmp_path, create=True)
    await store.put(PATH, SecretStr(CANARY))
    value = await store.get(PATH, 1)

    shown = f"{value} {value!r} {store!r} {vars(store)} {_file(tmp_path).read_text()}"
    assert CANARY not in shown


def test_a_prefix_ends_where_its_name_ends() -> None:
    prefix = environment_prefix(APPLICATION, ENVIRONMENT)

    assert prefix == f"trellis/{APPLICATION}/{ENVIRONMENT}/"
    assert application_prefix(APPLICATION).endswith(f"{APPLICATION}/")
    assert secret_path(APPLICATION, ENVIRONMENT, "A") == f"{prefix}secrets/A"
    assert credentials_path(APPLICATION, ENVIRONMENT) == f"{prefix}credentials"
    assert not clone_token_path(APPLICATION).startswith(prefix)
    paths: set[SecretPath] = {
        secret_path(APPLICATION, ENVIRONMENT, "credentials"),
        credentials_path(APPLICATION, ENVIRONMENT),
    }
    assert len(paths) == 2


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "a%2fb", "*", "", "a\0", "a b", "é", "a\n"])
def test_a_name_that_leads_elsewhere_is_no_path(name: str) -> None:
    with pytest.raises(ValidationError):
        secret_path(APPLICATION, ENVIRONMENT, name)


async def test_what_an_environment_had_is_removed_and_nothing_else(tmp_path: Path) -> None:
    store = _open(tmp_path, create=True)
    token = clone_token_path(APPLICATION)
    for path in (PATH, credentials_path(APPLICATION, ENVIRONMENT), token):
        await store.put(path, SecretStr(CANARY))

    assert await store.remove(environment_prefix(APPLICATION, ENVIRONMENT)) == 2

    assert (await store.get(token, 1)).get_secret_value() == CANARY
    with pytest.raises(SecretNotFound):
        await store.get(PATH, 1)
    assert await store.remove(environment_prefix(APPLICATION, ENVIRONMENT)) == 0
    assert await store.remove(application_prefix(APPLICATION)) == 1

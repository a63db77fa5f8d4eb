"""Every message, in every version that was ever written, reads as it did then."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.support.golden import FOLDER, path_of
from trellis_contracts import codec, retired
from trellis_contracts.message import Message

GOLDEN = sorted(FOLDER.glob("*.json"))


def _named(path: Path) -> tuple[str, int]:
    name, version, _ = path.name.split(".")
    return name, int(version[1:])


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_message_is_read_and_written_as_it_was(path: Path) -> None:
    name, version = _named(path)
    message = codec.decode(name, version, path.read_bytes())

    assert type(message).__name__ == name
    if version == type(message).schema_version:
        assert json.loads(codec.encode(message)) == json.loads(path.read_text())


@pytest.mark.parametrize("name", sorted(codec.registry()))
def test_every_version_of_a_message_has_its_golden_file(name: str) -> None:
    newest = codec.registry()[name].schema_version
    missing = [v for v in range(1, newest + 1) if not path_of(name, v).exists()]

    assert not missing, "write it with `python -m tests.support.golden`"


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_field_from_a_newer_sender_is_ignored_when_read(path: Path) -> None:
    name, version = _named(path)
    body = {**json.loads(path.read_text()), "added_later": "unknown here"}

    assert codec.decode(name, version, json.dumps(body)) == codec.decode(
        name, version, path.read_bytes()
    )


@pytest.mark.parametrize("name", sorted(codec.registry()))
def test_an_unknown_field_is_refused_when_a_message_is_built(name: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        codec.registry()[name].model_validate({"invented": 1})


def test_an_old_version_is_read_by_its_upcasts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Renamed(Message):
        schema_version = 3
        after: str
        added: int

    monkeypatch.setattr(codec, "registry", lambda: {"Renamed": Renamed})
    steps = {
        ("Renamed", 1): lambda body: {"after": body["before"]},
        ("Renamed", 2): lambda body: {**body, "added": 0},
    }
    monkeypatch.setattr(retired, "UPCASTS", steps)

    assert codec.decode("Renamed", 1, '{"before": "x"}') == Renamed(after="x", added=0)
    assert codec.decode("Renamed", 2, '{"after": "x"}') == Renamed(after="x", added=0)

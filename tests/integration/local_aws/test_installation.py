"""The local AWS is installed once, whole or not at all."""

import re
from pathlib import Path

import pytest

from cli.local_aws import LocalAws
from cli.local_aws_installation import SOURCES, Installation, NodeMissing, StepFailed
from tests.support.aws import INSTALLATION


@pytest.fixture
def failing_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every npm command fails; node and everything else are missing."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("npm", "node"):
        (programs / name).write_text("#!/bin/sh\necho 'no network today' >&2; exit 7\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))


def test_a_machine_without_npm_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NodeMissing, match="apt install nodejs npm"):
        Installation(tmp_path / "cache").install(print)


@pytest.mark.usefixtures("failing_npm")
def test_a_failing_step_tells_its_reason_and_counts_as_nothing(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "cache")

    with pytest.raises(StepFailed, match="no network today") as failed:
        installation.install(print)

    assert failed.value.step == "AWS SDK for functions"
    assert not installation.complete


@pytest.mark.usefixtures("local_aws", "failing_npm")
def test_what_is_installed_is_not_installed_again(tmp_path: Path) -> None:
    lines: list[str] = []

    LocalAws(tmp_path / "aws", installation=INSTALLATION).install(lines.append)

    assert lines == []


@pytest.mark.slow
def test_an_installation_broken_off_half_way_is_made_anew(tmp_path: Path) -> None:
    aws = LocalAws(tmp_path / "aws", installation=tmp_path / "cache")
    half = Installation(tmp_path / "cache").folder
    (half / ".aws-venv").mkdir(parents=True)
    (half / "aws-sdk" / "node_modules").mkdir(parents=True)
    lines: list[str] = []

    aws.install(lines.append)
    aws.start()
    aws.stop()

    assert lines[-1] == "Installed the local AWS"


@pytest.mark.parametrize("lock", ["requirements.lock", "aws-sdk/package-lock.json"])
def test_the_locks_have_hashes_and_name_no_host(lock: str) -> None:
    text = (SOURCES / lock).read_text()

    assert re.search(r"sha256:|sha512-", text)
    assert "resolved" not in text
    assert not re.search(r"(?<!funding)\bhttps?://[^\"]*(pypi|npm|registry)", text)

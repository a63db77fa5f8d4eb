"""The packages whose scripts npm is told to run are those that its lock file marks."""

import json
from pathlib import Path

import pytest

from services.builder.adapters.dependencies.scripts import packages_with_scripts

SCRIPTED = {"hasInstallScript": True}


def test_packages_are_named_wherever_they_lie_and_workspaces_are_none(tmp_path: Path) -> None:
    packages = {
        "": SCRIPTED,
        "packages/api": SCRIPTED,
        "node_modules/api": {"link": True, "resolved": "packages/api"},
        "node_modules/esbuild": SCRIPTED,
        "node_modules/sst/node_modules/esbuild": SCRIPTED,
        "packages/api/node_modules/@a/native": SCRIPTED,
        "node_modules/plain": {},
    }
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": packages}))

    assert packages_with_scripts(tmp_path) == ("@a/native", "esbuild")


@pytest.mark.parametrize("name", ["--prefix=/", "a b", "../up", "@a", "x/y", ""])
def test_what_is_no_name_is_left_out(tmp_path: Path, name: str) -> None:
    packages = {f"node_modules/{name}": SCRIPTED}
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": packages}))

    assert packages_with_scripts(tmp_path) == ()


@pytest.mark.parametrize(
    "lock", ["", "[]", "{}", '{"packages": 1}', '{"packages": {"node_modules/a": 1}}', "[" * 9000]
)
def test_a_lock_file_that_cannot_be_read_names_none(tmp_path: Path, lock: str) -> None:
    (tmp_path / "package-lock.json").write_text(lock)

    assert packages_with_scripts(tmp_path) == ()

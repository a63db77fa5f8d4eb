"""What an installation depends on names it, and whose scripts belong to it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from services.builder.adapters.dependencies import inputs
from services.builder.adapters.dependencies.inputs import Inputs, NothingKept, read_inputs
from services.builder.domain.dependencies import Install
from services.builder.domain.installers import Installer
from tests.support.git import folder_of_files

INSTALL = Install(("npm", "ci"), "", Installer.NPM, "package-lock.json")
FILES = {"package.json": "{}", "package-lock.json": '{"lockfileVersion": 3}'}
SCRIPT = '{"scripts": {"prepare": "x"}}'


def digest_of(source: Path, *circumstances: str) -> str:
    return inputs_of(source, *circumstances).digest


def inputs_of(source: Path, *circumstances: str, installer: Installer = Installer.NPM) -> Inputs:
    return read_inputs(source, replace(INSTALL, installer=installer), circumstances=circumstances)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("package.json", '{"name": "x"}'),
        ("package-lock.json", "{}"),
        (".npmrc", "before=2025-06-01"),
        ("packages/api/package.json", '{"name": "api"}'),
        ("patches/left-pad.patch", "+1"),
        ("prisma/schema.prisma", "model A {}"),
    ],
)
def test_whatever_an_installation_depends_on_is_in_its_digest(
    tmp_path: Path, *, file: str, content: str
) -> None:
    source = folder_of_files(tmp_path / "source", dict(FILES))
    before = digest_of(source, "app")

    folder_of_files(source, {file: content})

    assert digest_of(source, "app") != before


def test_sources_are_not_in_the_digest_and_circumstances_are(tmp_path: Path) -> None:
    source = folder_of_files(tmp_path / "source", dict(FILES))
    before = digest_of(source, "app", "production")
    folder_of_files(source, {"src/index.ts": "1", "node_modules/a/package.json": "{}"})

    assert digest_of(source, "app", "production") == before
    assert digest_of(source, "app", "") != before
    assert digest_of(source, "appproduction") != before


def test_the_applications_own_scripts_are_named_in_npms_order(tmp_path: Path) -> None:
    scripts = '{"scripts": {"prepare": "husky", "postinstall": "x", "build": "tsc"}}'
    source = folder_of_files(tmp_path / "source", {"package.json": scripts})

    assert inputs_of(source).scripts == {"": ("postinstall", "prepare")}


@pytest.mark.parametrize(
    ("installer", "workspaces", "own"),
    [
        (Installer.NPM, ["packages/*", "!packages/old"], ["", "packages/api"]),
        (Installer.NPM, {"packages": ["./packages/{api,web}/"]}, ["", "packages/api"]),
        (Installer.YARN, ["packages/api/**"], ["", "packages/api", "packages/api/examples/one"]),
        (Installer.BUN, ["**/**/[o]n?"], ["", "packages/api/examples/one"]),
        (Installer.NPM, ["../elsewhere", 7, "{a,{b"], [""]),
        (Installer.NPM, "packages/*", [""]),
        (Installer.PNPM, ["packages/*"], [""]),
    ],
)
def test_only_scripts_of_the_root_and_its_workspaces_are_the_applications(
    tmp_path: Path, *, installer: Installer, workspaces: object, own: list[str]
) -> None:
    root = json.dumps({"scripts": {"prepare": "x"}, "workspaces": workspaces})
    folders = ("packages/api", "packages/api/examples/one", "packages/old", "tests/fixtures/a")
    files = {"package.json": root} | {f"{folder}/package.json": SCRIPT for folder in folders}
    source = folder_of_files(tmp_path / "source", files)

    assert sorted(inputs_of(source, installer=installer).scripts) == own


@pytest.mark.parametrize(
    ("content", "own"),
    [
        ("packages:\n  - 'packages/*'\n  - '!**/old'\n", ["", "packages/api"]),
        ("packages: &a [*a]\n", [""]),
        ("packages: " + "[" * 5000, [""]),
        ("- packages", [""]),
    ],
)
def test_pnpm_says_in_a_file_of_its_own_what_its_workspaces_are(
    tmp_path: Path, content: str, own: list[str]
) -> None:
    files = {"package.json": SCRIPT, "pnpm-workspace.yaml": content}
    members = {f"packages/{name}/package.json": SCRIPT for name in ("api", "old")}
    source = folder_of_files(tmp_path / "source", files | members)

    assert sorted(inputs_of(source, installer=Installer.PNPM).scripts) == own


def test_workspaces_are_those_below_the_folder_that_is_installed(tmp_path: Path) -> None:
    root = '{"workspaces": ["packages/*"]}'
    files = {"app/package.json": root, "app/packages/api/package.json": SCRIPT}
    source = folder_of_files(tmp_path / "source", files)

    found = read_inputs(source, replace(INSTALL, folder="app"), circumstances=())

    assert found.scripts == {"app/packages/api": ("prepare",)}


def test_a_package_that_is_too_deep_to_read_has_no_scripts(tmp_path: Path) -> None:
    source = folder_of_files(tmp_path / "source", {"package.json": "[" * 100_000})

    assert inputs_of(source).scripts == {}


def test_what_depends_on_more_files_than_are_read_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "MOST_FILES", 2)
    source = folder_of_files(tmp_path / "source", dict(FILES))
    assert digest_of(source)

    folder_of_files(source, {"z/package.json": "{}"})

    with pytest.raises(NothingKept, match="More than 2 files"):
        digest_of(source)

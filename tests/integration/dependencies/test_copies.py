"""Nothing is kept where a folder of the repository is copied: the next commit has another one."""

import json
from pathlib import Path

import pytest

from services.builder.adapters.dependencies.inputs import NothingKept, read_inputs
from services.builder.domain.dependencies import Install
from services.builder.domain.installers import Installer
from tests.support.git import folder_of_files

LOCKS = {
    "yarn": (Installer.YARN, "yarn.lock", '"shared@file:./shared":\n  version "1.0.0"\n'),
    "yarn, a path": (Installer.YARN, "yarn.lock", "shared@./shared:\n"),
    "yarn, an archive": (Installer.YARN, "yarn.lock", '"shared@file:./shared.tgz":\n'),
    "berry": (
        Installer.YARN_BERRY,
        "yarn.lock",
        '"shared@file:./shared::locator=x%40workspace%3A.":\n  version: 1.0.0\n',
    ),
    "pnpm": (Installer.PNPM, "pnpm-lock.yaml", "packages:\n\n  shared@file:shared:\n"),
    "pnpm 8": (Installer.PNPM, "pnpm-lock.yaml", "    version: file:shared\n"),
    "bun": (Installer.BUN, "bun.lock", '"shared": ["shared@file:shared", {}],'),
    "npm, told to": (Installer.NPM, "package-lock.json", '"resolved": "file:../shared"'),
}


def files_of(version: str) -> dict[str, str]:
    return {"package.json": json.dumps({"dependencies": {"shared": version}})}


def read(source: Path, installer: Installer, lock: str | None = None) -> str:
    return read_inputs(source, Install((), "", installer, lock), circumstances=()).digest


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_says_what_is_copied(tmp_path: Path, name: str) -> None:
    installer, lock, text = LOCKS[name]
    padding = "#" * (300 << 10)
    source = folder_of_files(tmp_path / "source", {"package.json": "{}", lock: padding + text})

    with pytest.raises(NothingKept, match="shared"):
        read(source, installer, lock)


@pytest.mark.parametrize(
    "version",
    ["file:./shared", "portal:./shared", "./shared", "../shared", "~/shared", "/s", "shared.tgz"],
)
def test_without_a_lock_file_the_packages_say_it(tmp_path: Path, version: str) -> None:
    files = {
        "package.json": '{"workspaces": ["packages/*"]}',
        "packages/api/package.json": files_of(version)["package.json"],
    }
    source = folder_of_files(tmp_path / "source", files)

    with pytest.raises(NothingKept, match=version):
        read(source, Installer.YARN)


@pytest.mark.parametrize(
    ("installer", "version"),
    [
        (Installer.NPM, "file:./shared"),
        (Installer.YARN, "link:./shared"),
        (Installer.YARN_BERRY, "workspace:*"),
        (Installer.YARN, "^1.0.0"),
        (Installer.PNPM, "~5.6.3"),
        (Installer.BUN, "~ 1.2"),
        (Installer.PNPM, "https://example.org/shared.tgz"),
    ],
)
def test_what_is_linked_or_comes_from_elsewhere_is_kept(
    tmp_path: Path, *, installer: Installer, version: str
) -> None:
    link = '"node_modules/shared": {"resolved": "shared", "link": true}'
    source = folder_of_files(tmp_path / "source", {**files_of(version), "package-lock.json": link})

    assert read(source, installer, "package-lock.json" if installer is Installer.NPM else None)


def test_an_example_that_is_not_installed_copies_nothing(tmp_path: Path) -> None:
    files = {
        "package.json": "{}",
        "examples/a/package.json": files_of("file:../..")["package.json"],
    }

    assert read(folder_of_files(tmp_path / "source", files), Installer.YARN)

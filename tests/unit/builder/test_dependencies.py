"""Which package manager installs an application, where, and by which lock file."""

from dataclasses import replace

import pytest

from services.builder.domain.dependencies import Install, install, locked_by_npm
from services.builder.domain.installers import Installer
from services.builder.domain.levels import Level, LockFileUnread


def level(folder: str, *files: str, manager: str | None = None, workspaces: bool = False) -> Level:
    return Level(folder, frozenset(files), manager, workspaces)


@pytest.mark.parametrize(
    ("lock", "manager", "argv"),
    [
        ("package-lock.json", Installer.NPM, ("npm", "ci")),
        ("npm-shrinkwrap.json", Installer.NPM, ("npm", "ci")),
        ("pnpm-lock.yaml", Installer.PNPM, ("pnpm", "install", "--frozen-lockfile")),
        (
            "yarn.lock",
            Installer.YARN,
            ("yarn", "install", "--frozen-lockfile", "--non-interactive"),
        ),
        ("bun.lock", Installer.BUN, ("bun", "install", "--frozen-lockfile")),
        ("bun.lockb", Installer.BUN, ("bun", "install", "--frozen-lockfile")),
    ],
)
def test_a_lock_file_is_kept_to(lock: str, manager: Installer, argv: tuple[str, ...]) -> None:
    chosen = install([level("", "package.json", lock)])

    assert chosen is not None
    assert (chosen.argv, chosen.folder, chosen.installer, chosen.lock) == (argv, "", manager, lock)
    assert chosen.notices == ()


@pytest.mark.parametrize(
    ("files", "named"), [((".yarnrc.yml",), None), ((), "yarn@4.18.1"), ((), "yarn@3.0.0+sha224.a")]
)
def test_a_newer_yarn_is_known_by_its_settings(files: tuple[str, ...], named: str | None) -> None:
    chosen = install([level("", "package.json", "yarn.lock", *files, manager=named)])

    assert chosen is not None
    assert (chosen.installer, chosen.argv) == (
        Installer.YARN_BERRY,
        ("yarn", "install", "--immutable"),
    )


def test_a_workspace_above_the_application_installs_for_it() -> None:
    own = level("services/api", "package.json", "sst.config.ts")
    root = level("", "package.json", "package-lock.json", workspaces=True)

    chosen = install([own, level("services"), root])

    assert chosen == Install(("npm", "ci"), "", Installer.NPM, "package-lock.json")


def test_pnpm_says_in_a_file_of_its_own_that_it_is_a_workspace() -> None:
    root = level("", "package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml")

    chosen = install([level("api", "package.json"), root])

    assert chosen is not None
    assert (chosen.folder, chosen.installer) == ("", Installer.PNPM)


def test_a_lock_file_above_that_is_no_workspaces_is_not_the_applications() -> None:
    root = level("", "package.json", "package-lock.json")

    chosen = install([level("infra", "package.json", "cdk.json"), root])

    assert chosen is not None
    assert (chosen.folder, chosen.lock) == ("infra", None)


def test_an_application_without_a_package_of_its_own_uses_the_one_above() -> None:
    chosen = install([level("infra", "cdk.json"), level("", "package.json", "package-lock.json")])

    assert chosen == Install(("npm", "ci"), "", Installer.NPM, "package-lock.json")


@pytest.mark.parametrize(
    ("own", "manager"),
    [
        (level("", "package.json"), Installer.NPM),
        (level("", "package.json", manager="pnpm@9.1.0"), Installer.PNPM_9),
        (level("", "package.json", manager="pnpm@10.1.0"), Installer.PNPM),
        (level("", "package.json", manager="yarn@1.22.22"), Installer.YARN),
        (level("", "package.json", manager="bun@1.2.0"), Installer.BUN),
        (level("", "package.json", manager="vlt@1"), Installer.NPM),
        (level("", "package.json", "pnpm-workspace.yaml"), Installer.PNPM),
        (level("", "package.json", "pnpm-workspace.yaml", workspaces=True), Installer.NPM),
    ],
)
def test_without_a_lock_file_it_is_said_that_the_build_cannot_be_repeated(
    own: Level, manager: Installer
) -> None:
    chosen = install([own])

    assert chosen is not None
    assert chosen.installer is manager
    assert "cannot be repeated exactly" in chosen.notices[0]


def test_a_lock_file_of_the_runs_own_is_not_held_against_it() -> None:
    """`npm ci` refuses some that npm has just made: optional packages are missing."""
    free = install([level("", "package.json")])
    assert free is not None

    chosen = locked_by_npm(free, wish="w")

    assert (chosen.argv, chosen.lock) == (("npm", "install"), "package-lock.json")
    assert free.is_to_be_resolved
    assert not chosen.is_to_be_resolved


def test_npm_resolves_for_npm_alone() -> None:
    free = install([level("", "package.json", manager="pnpm@9.0.0")])

    assert free is not None
    assert not free.is_to_be_resolved


def test_a_folder_without_a_package_has_nothing_to_install() -> None:
    assert install([level("", "template.yaml", "package-lock.json")]) is None


@pytest.mark.parametrize(
    ("installer", "program"),
    [
        (Installer.NPM, "npm"),
        (Installer.PNPM, "pnpm"),
        (Installer.PNPM_9, "pnpm"),
        (Installer.YARN, "yarn"),
        (Installer.YARN_BERRY, "yarn"),
        (Installer.BUN, "bun"),
    ],
)
def test_a_script_is_run_by_the_manager_that_installs(installer: Installer, program: str) -> None:
    assert installer.script("preinstall") == (program, "run", "preinstall")


@pytest.mark.parametrize(
    ("version", "named", "installer"),
    [
        ("6.0", None, Installer.PNPM_9),
        ("6.1", "pnpm@10.1.0", Installer.PNPM_9),
        ("9.0", None, Installer.PNPM),
        ("9.0", "pnpm@9.15.4", Installer.PNPM_9),
        ("9.0", "pnpm@10.12.1", Installer.PNPM),
    ],
)
def test_a_lock_file_of_pnpm_is_read_by_a_pnpm_that_can_and_is_near(
    version: str, named: str | None, installer: Installer
) -> None:
    own = level("", "package.json", "pnpm-lock.yaml", manager=named)

    chosen = install([replace(own, lock_format=version)])

    assert chosen is not None
    assert chosen.installer is installer


def test_a_lock_file_that_no_pnpm_of_the_builder_reads_is_named() -> None:
    old = replace(level("api", "package.json", "pnpm-lock.yaml"), lock_format="5.4")

    with pytest.raises(LockFileUnread, match=r"^api/pnpm-lock.yaml has the format 5\.4$"):
        install([old])


def test_pnpm_does_not_give_way_to_the_version_that_is_named() -> None:
    chosen = install([level("", "package.json", "pnpm-lock.yaml", manager="pnpm@8.15.9")])

    assert chosen is not None
    assert chosen.environment["npm_config_manage_package_manager_versions"] == "false"
    assert chosen.named == "pnpm@8.15.9"


@pytest.mark.parametrize(
    ("linker", "changed"), [(None, True), ("pnp", True), ("node-modules", False), ("pnpm", False)]
)
def test_a_newer_yarn_installs_into_node_modules(linker: str | None, *, changed: bool) -> None:
    files = ("package.json", "yarn.lock", ".yarnrc.yml", ".pnp.cjs")
    chosen = install([replace(level("", *files), linker=linker)])

    assert chosen is not None
    assert chosen.environment == ({"YARN_NODE_LINKER": "node-modules"} if changed else {})
    assert chosen.in_the_way == ((".pnp.cjs",) if changed else ())
    assert any("Plug'n'Play is not used" in notice for notice in chosen.notices) is changed


@pytest.mark.parametrize(
    ("manager", "taken", "said"),
    [
        ("pnpm@10.34.8", "pnpm-lock.yaml", "not package-lock.json, yarn.lock: as packageManager"),
        ("yarn@1.22.22", "yarn.lock", "not package-lock.json, pnpm-lock.yaml: as packageManager"),
        ("bun@1.2.0", "package-lock.json", "packageManager names none"),
        (None, "package-lock.json", "packageManager names none"),
    ],
)
def test_of_several_lock_files_the_named_managers_is_taken(
    manager: str | None, taken: str, said: str
) -> None:
    files = ("package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml")
    chosen = install([level("", *files, manager=manager)])

    assert chosen is not None
    assert chosen.lock == taken
    assert said in chosen.notices[0]


def test_two_lock_files_of_one_manager_are_no_question() -> None:
    chosen = install([level("", "package.json", "bun.lock", "bun.lockb")])

    assert chosen is not None
    assert (chosen.lock, chosen.notices) == ("bun.lock", ())

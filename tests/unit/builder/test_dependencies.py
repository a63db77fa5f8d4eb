"""Which package manager installs an application, where, and by which lock file."""

import pytest

from services.builder.domain.dependencies import Install, Installer, Level, install


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
    assert install([level("", "package.json", lock)]) == Install(argv, "", manager, lock)


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
        (level("", "package.json", manager="pnpm@9.1.0"), Installer.PNPM),
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
    assert "cannot be repeated exactly" in (chosen.notice or "")


def test_a_folder_without_a_package_has_nothing_to_install() -> None:
    assert install([level("", "template.yaml", "package-lock.json")]) is None


@pytest.mark.parametrize(
    ("installer", "program"),
    [
        (Installer.NPM, "npm"),
        (Installer.PNPM, "pnpm"),
        (Installer.YARN, "yarn"),
        (Installer.YARN_BERRY, "yarn"),
        (Installer.BUN, "bun"),
    ],
)
def test_a_script_is_run_by_the_manager_that_installs(installer: Installer, program: str) -> None:
    assert installer.script("preinstall") == (program, "run", "preinstall")

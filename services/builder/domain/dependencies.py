"""How an application's dependencies are installed, read off the names of its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.builder.domain.installers import FREE, FROZEN, LOCK_FILES, Installer
from services.builder.domain.levels import Level, installer_of, locks_of, named, only_pnpm

_NO_LOCK = (
    "There is no lock file: this build cannot be repeated exactly. "
    "Commit one to get the same dependencies every time."
)
_OWN_LOCK = {"npm_config_package_lock": "true"}
"""Also where the repository's .npmrc has `package-lock=false`: what is kept is named by it."""
_INTO_NODE_MODULES = (
    "Yarn's Plug'n'Play is not used here: it installs into node_modules "
    "(as `nodeLinker: node-modules` in .yarnrc.yml does)."
)
_PINNED_PNPM = {
    "npm_config_manage_package_manager_versions": "false",
    "npm_config_package_manager_strict": "false",
}
"""Else pnpm gives way to the version that `packageManager` names, which nobody has pinned."""
_NO_PLUG_N_PLAY = {"YARN_NODE_LINKER": "node-modules"}
_HAS_NODE_MODULES = ("node-modules", "pnpm")
_OF_PLUG_N_PLAY = (".pnp.cjs", ".pnp.loader.mjs", ".pnp.js")


@dataclass(frozen=True)
class Install:
    """What to run, where, with which manager, and what the log says about it first.

    `lock` is the lock file that says what is installed, None where nothing does; `in_the_way` are
    files that have to go before, `named` what package.json has as `packageManager`. `wish` tells
    apart what was asked for where npm resolved it. `unscripted` are packages that lie there, and
    whose scripts have not run; None: nothing lies there yet.
    """

    argv: tuple[str, ...]
    folder: str
    installer: Installer
    lock: str | None = None
    notices: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    in_the_way: tuple[str, ...] = ()
    named: str | None = None
    wish: str = ""
    unscripted: tuple[str, ...] | None = None

    @property
    def is_to_be_resolved(self) -> bool:
        """Whether npm has to say first what is installed."""
        return self.lock is None and self.installer is Installer.NPM


def install(levels: Sequence[Level]) -> Install | None:
    """Choose how to install, or None where there is nothing to install.

    `levels` begin with the application's own folder. The lock file of its own folder decides, or
    that of one above it which has workspaces, or when nothing below it has a package.json.

    Raises:
        LockFileUnread
    """
    own: Level | None = None
    for level in levels:
        if "package.json" not in level.files:
            continue
        if (own is None or level.installs_below) and (locks := locks_of(level)):
            return _locked(level, locks)
        own = own or level
    if own is None:
        return None
    top = next((level for level in reversed(levels) if level.installs_below), own)
    installer = named(top) or (Installer.PNPM if only_pnpm(top) else Installer.NPM)
    return _suited(Install(FREE[installer], top.folder, installer, notices=(_NO_LOCK,)), top)


def locked_by_npm(
    wanted: Install, *, wish: str, unscripted: tuple[str, ...] | None = None
) -> Install:
    """Install what npm has just resolved, and written into a lock file of this run's own.

    Not by `npm ci`: it refuses a lock file of npm's own making that lacks optional packages.
    """
    return replace(
        wanted,
        lock="package-lock.json",
        notices=(),
        wish=wish,
        unscripted=unscripted,
    )


def _locked(level: Level, locks: Sequence[str]) -> Install:
    installer = installer_of(locks[0], level)
    others = [name for name in locks if LOCK_FILES[name] is not LOCK_FILES[locks[0]]]
    notices = (_several(locks[0], others, level),) if others else ()
    return _suited(Install(FROZEN[installer], level.folder, installer, locks[0], notices), level)


def _several(taken: str, others: Sequence[str], level: Level) -> str:
    says_so = level.manager and LOCK_FILES[taken].program == level.program
    why = f"as packageManager says ({level.manager})" if says_so else "packageManager names none"
    return f"{taken} is taken, and not {', '.join(others)}: {why}. Delete what is out of use."


def _suited(wanted: Install, level: Level) -> Install:
    """Let the manager do as the builder needs it, whatever its version does by itself."""
    wanted = replace(wanted, named=level.manager)
    if wanted.is_to_be_resolved:
        return replace(wanted, environment=_OWN_LOCK)
    if wanted.installer in (Installer.PNPM, Installer.PNPM_9):
        return replace(wanted, environment=_PINNED_PNPM)
    if wanted.installer is Installer.YARN_BERRY and level.linker not in _HAS_NODE_MODULES:
        return replace(
            wanted,
            environment=_NO_PLUG_N_PLAY,
            notices=(*wanted.notices, _INTO_NODE_MODULES),
            in_the_way=tuple(name for name in _OF_PLUG_N_PLAY if name in level.files),
        )
    return wanted

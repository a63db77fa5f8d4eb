"""What a step sees of the machine, as options of bubblewrap (pure: nothing is started here).

The evidence for each option is the probe matrix in `tests/integration/isolation`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from services.builder.adapters.isolation.bubblewrap import Bubblewrap, system_tree
from services.builder.adapters.isolation.grade import Grade
from services.builder.adapters.isolation.layers import WORKSPACE, Layer, layered

SOURCE = f"{WORKSPACE}/source"
CACHE = f"{WORKSPACE}/cache"
HOME = "/home/trellis"
MANAGER = "/opt/trellis-manager"
"""Where a step sees the package manager that installed; programs of the machine come first."""

_MEBIBYTE = 1 << 20
_TEMPORARY = "/tmp"  # noqa: S108 - a path inside the sandbox, empty for each command
_SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
_USR = PurePosixPath("/usr")

_FROM_ETC = (
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "gai.conf",
    "host.conf",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "pki/ca-trust",
    "pki/tls/certs",
    "protocols",
    "resolv.conf",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
)
"""Never the whole of /etc: /etc/ssl/private and /etc/shadow belong to root, as a builder may."""

Memory = Callable[[bytes], int]
"""Keeps bytes in memory and returns the file descriptor that bubblewrap reads them from."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or folder of the host that a step can read at `target`, and never write."""

    source: Path
    target: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What one command may use up. The open files are lowered to what the builder itself has."""

    open_files: int = 65_536
    largest_file: int = 8 << 30
    temporary_bytes: int = 1024 * _MEBIBYTE
    home_bytes: int = 256 * _MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What every step of this builder sees. `hidden` (the data folder …) is never among it."""

    bubblewrap: Bubblewrap
    grade: Grade = Grade.STANDARD
    mounts: tuple[Mount, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    path: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Shown:
    """What one command sees beside the profile: `of_builder` may lie in what is hidden.

    Every layer lies below the workspace, where no link may lead to. `covered` are folders of the
    workspace in whose place it sees an empty one that it cannot write.
    """

    read_only: tuple[Mount, ...] = ()
    of_builder: tuple[Mount, ...] = ()
    layers: tuple[Layer, ...] = ()
    covered: tuple[str, ...] = ()


class MountRefused(ValueError):
    """A file of the host may not be shown to a step."""

    def __init__(self, mount: Mount, reason: str) -> None:
        """Takes the mount, and why it is refused."""
        super().__init__(f"{mount.source} cannot be shown to a step: {reason}.")


def options(
    profile: Profile, workspace: Path, *, shown: Shown | None = None, memory: Memory
) -> list[str]:
    """The options that build what a step sees; `workspace` is the one thing it can write.

    Raises:
        MountRefused: a mount would show what is hidden, or lies where a step can write.
    """
    shown = shown or Shown()
    checked = [*profile.mounts, *shown.read_only]
    for mount in checked:
        check_mount(mount, profile.hidden)
    for mount in shown.of_builder:
        check_mount(mount, ())
    return [
        *profile.bubblewrap.options,
        *system_tree(),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--perms", "1777", "--size", str(profile.limits.temporary_bytes)),
        *("--tmpfs", _TEMPORARY, "--perms", "0755", "--dir", "/var", "--symlink", _TEMPORARY),
        *("/var/tmp", "--perms", "0755", "--dir", "/etc"),  # noqa: S108 - inside the sandbox
        *_etc(profile.bubblewrap, memory),
        *("--perms", "0755", "--dir", "/home"),
        *("--perms", "0700", "--size", str(profile.limits.home_bytes), "--tmpfs", HOME),
        *_bound([*checked, *shown.of_builder]),
        *(word for to, at in profile.links for word in ("--symlink", to, at)),
        *_covered(profile.hidden, checked),
        *("--bind", str(workspace), WORKSPACE),
        *layered(shown.layers),
        *(
            word
            for name in shown.covered
            for word in ("--perms", "0500", "--tmpfs", f"{WORKSPACE}/{name}")
        ),
        *("--remount-ro", "/"),
    ]


def environment_of(profile: Profile, given: Mapping[str, str]) -> dict[str, str]:
    """The variables of a command: its own ones win over what passes, that over the defaults."""
    return {
        "PATH": ":".join((*profile.path, *_SYSTEM_PATH, f"{MANAGER}/bin")),
        "HOME": HOME,
        "USER": "trellis",
        "LOGNAME": "trellis",
        "SHELL": "/bin/sh",
        "TMPDIR": _TEMPORARY,
        "LANG": "C.UTF-8",
        "CI": "true",
        "XDG_CACHE_HOME": CACHE,
        "npm_config_cache": f"{CACHE}/npm",
        **profile.environment,
        **given,
    }


def check_mount(mount: Mount, hidden: Iterable[Path]) -> None:
    """Refuse a mount that no step may have, with what is wrong about it.

    Raises:
        MountRefused: it shows a home or what is hidden, or lies where a step can write (there, a
            link that an earlier step left would lead it anywhere).
    """
    target = PurePosixPath(mount.target)
    source = mount.source.resolve()
    if not target.is_absolute() or ".." in target.parts or target.is_relative_to(WORKSPACE):
        raise MountRefused(mount, f"its place must be absolute and outside {WORKSPACE}")
    if source == Path("/") or Path.home().resolve().is_relative_to(source):
        raise MountRefused(mount, "it holds a home folder; name the file itself")
    for folder in hidden:
        if source.is_relative_to(folder.resolve()):
            raise MountRefused(mount, f"{folder} is Trellis's own")


def _etc(bubblewrap: Bubblewrap, memory: Memory) -> list[str]:
    """A part of the host's /etc, and users of the sandbox's own: npm fails without one."""
    number = 1000 if bubblewrap.own_user else 0
    people = f"trellis:x:{number}:{number}::{HOME}:/bin/sh\n"
    groups = f"trellis:x:{number}:\n"
    made = {"/etc/passwd": people, "/etc/group": groups}
    found = [f"/etc/{name}" for name in _FROM_ETC if Path(f"/etc/{name}").exists()]
    return [
        *(word for path in found for word in ("--ro-bind", path, path)),
        *(
            word
            for path, text in made.items()
            for word in ("--perms", "0444", "--ro-bind-data", str(memory(text.encode())), path)
        ),
    ]


def _bound(mounts: Iterable[Mount]) -> list[str]:
    """Shallow ones first, so that none covers another; what is below /usr is there already."""
    wanted = {mount.target: mount for mount in mounts if not _is_there(mount)}
    ordered = sorted(wanted.values(), key=lambda mount: mount.target.count("/"))
    return [word for mount in ordered for word in ("--ro-bind", str(mount.source), mount.target)]


def _is_there(mount: Mount) -> bool:
    target = PurePosixPath(mount.target)
    shown = (_USR, *(PurePosixPath("/etc") / name for name in _FROM_ETC))
    return str(mount.source) == mount.target and any(target.is_relative_to(one) for one in shown)


def _covered(hidden: Iterable[Path], mounts: Iterable[Mount]) -> list[str]:
    """An empty folder over each hidden one that lies below something that is shown."""
    trees = [("/usr", Path("/usr")), *((m.target, m.source.resolve()) for m in mounts)]
    return [
        word
        for folder in (path.resolve() for path in hidden)
        if folder.exists()
        for target, source in trees
        if folder.is_relative_to(source)
        for word in ("--tmpfs", str(PurePosixPath(target) / folder.relative_to(source)))
    ]

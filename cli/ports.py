"""Ports of this machine: which are free, and who has one that is not."""

import secrets
from pathlib import Path

from services.chassis.children import free_port, is_free

_PROC = Path("/proc")
_FIRST_QUIET, _LAST_QUIET = 10_000, 32_000
_ATTEMPTS = 100
_LISTENS = "0A"  # TCP_LISTEN, net/tcp_states.h


def next_free(first: int, count: int, host: str = "127.0.0.1") -> list[int]:
    """Give so many free ports from `first` on; any others where these are not ports."""
    found: list[int] = []
    for port in range(first, min(first + 50, 65536)):
        if len(found) < count and is_free(host, port):
            found.append(port)
    while len(found) < count:
        found.append(free_port(host))
    return found


def quiet_port(count: int, host: str = "127.0.0.1") -> int:
    """Give a port that is free with the `count` behind it, where no connection gets one by itself.

    The kernel gives ports to connections from 32768 on (ip(7), `ip_local_port_range`): between our
    look and a server's start it would give away one of these.
    """
    for _ in range(_ATTEMPTS):
        first = _FIRST_QUIET + secrets.randbelow(_LAST_QUIET - _FIRST_QUIET - count)
        if all(is_free(host, port) for port in range(first, first + count + 1)):
            return first
    return free_port(host)


def who_has(port: int) -> str | None:
    """Name the program that listens on a port, with its process id; None: it cannot be told.

    Only Linux tells, and of other users' programs only to root.
    """
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not sockets:
        return None
    for process in _PROC.glob("[0-9]*"):
        if sockets & _open_files(process):
            return f"{_name_of(process)} (process {process.name})"
    return None


def _listening_inodes(port: int) -> set[str]:
    """Read proc(5), net/tcp: local address `hex ip:hex port`, state, and the inode in field 9."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in _lines(_PROC / "net" / table)[1:]:
            fields = line.split()
            if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found


def _open_files(process: Path) -> set[str]:
    found = set()
    try:
        for descriptor in (process / "fd").iterdir():
            found.add(str(descriptor.readlink()))
    except OSError:  # it ended, or it is another user's
        return found
    return found


def _name_of(process: Path) -> str:
    return next(iter(_lines(process / "comm")), "a program")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []

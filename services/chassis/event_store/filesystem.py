"""Keeps the event store's file off network file systems, where SQLite's locks do not hold."""

import re
from pathlib import Path

from services.chassis.event_store.errors import NetworkFileSystem

MOUNTS = Path("/proc/self/mountinfo")

NETWORK_FILE_SYSTEMS = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "glusterfs",
        "gpfs",
        "grpcfuse",
        "lustre",
        "nfs",
        "nfs4",
        "ocfs2",
        "osxfs",
        "s3fs",
        "smb3",
        "smbfs",
        "sshfs",
        "virtiofs",
    }
)
"""By the kernel's name, without `fuse.`; among them those that share a host's folder with a VM."""


def refuse_network_file_system(path: Path, *, mounts: Path = MOUNTS) -> None:
    """Refuse a path on a network file system; a system without `mounts` is not checked.

    Raises:
        NetworkFileSystem: names the path and the file system.
    """
    if not mounts.exists():
        return
    kind = file_system_of(path.resolve(), mounts.read_text())
    if kind.removeprefix("fuse.") in NETWORK_FILE_SYSTEMS:
        raise NetworkFileSystem(path, kind)


def file_system_of(path: Path, mountinfo: str) -> str:
    """Return the type of the mount that holds an absolute path (format: proc(5), mountinfo)."""
    holding = ""
    kind = "unknown"
    for line in mountinfo.splitlines():
        mount, _, source = line.partition(" - ")
        point = _unescaped(mount.split(" ")[4])
        if path.is_relative_to(point) and len(point) >= len(holding):
            holding, kind = point, source.split(" ")[0]
    return kind


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), field)

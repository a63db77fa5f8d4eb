"""What the kernel knows of a process group: its processes, and where they listen."""

import ipaddress
import struct
from collections.abc import Iterator
from pathlib import Path

_LISTENING = "0A"


def processes_of_group(group: int) -> list[int]:
    """The living processes of a group; a zombie is not one."""
    return [pid for pid, state, of_group in _processes() if of_group == group and state != "Z"]


def listening_addresses(group: int) -> set[str]:
    """The addresses, without ports, on which the processes of a group accept TCP connections."""
    sockets = {inode for pid in processes_of_group(group) for inode in _sockets(pid)}
    tables = ("/proc/net/tcp", "/proc/net/tcp6")
    rows = [line.split() for table in tables for line in Path(table).read_text().splitlines()[1:]]
    return {_address(row[1]) for row in rows if row[3] == _LISTENING and row[9] in sockets}


def _processes() -> Iterator[tuple[int, str, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        yield int(folder.name), fields[0], int(fields[2])


def _sockets(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = str(descriptor.readlink())
        if target.startswith("socket:["):
            yield target.removeprefix("socket:[").removesuffix("]")


def _address(column: str) -> str:
    words = bytes.fromhex(column.partition(":")[0])
    little_endian = struct.unpack(f"<{len(words) // 4}I", words)
    return str(ipaddress.ip_address(struct.pack(f">{len(words) // 4}I", *little_endian)))

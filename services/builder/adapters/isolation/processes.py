"""The processes of one command: how they start, what they say, and that all of them end.

bubblewrap runs as two processes: one outside, our child, and one inside, process 1 of the
sandbox. When process 1 is killed the kernel ends everything in the sandbox, daemons too.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_CHUNK = 65_536
_SETTING_UP_SECONDS = 5.0
KILLED = 128 + signal.SIGKILL


def in_memory(content: bytes) -> int:
    """Keep bytes in memory that no file names, and return the descriptor to read them from."""
    descriptor = os.memfd_create("trellis")
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


async def _readable(descriptor: int) -> None:
    """Return when there is something to read, or when the process of a pidfd has ended."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, _fulfil, ready)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


def _fulfil(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _start(
    program: Path, arguments: Sequence[str], inherited: Sequence[int]
) -> tuple[subprocess.Popen[bytes], int, int]:
    """Start bubblewrap with an empty environment: it keeps what it is given where a step reads.

    Returns the process, and where its output and what it tells of the sandbox are read.
    """
    output, to_output = os.pipe()
    status, to_status = os.pipe()
    try:
        process = subprocess.Popen(
            ["bwrap", "--json-status-fd", str(to_status), *arguments],
            executable=program,
            env={},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=to_output,
            stderr=to_output,
            pass_fds=(*inherited, to_status),
        )
    except OSError:
        os.close(output)
        os.close(status)
        raise
    finally:
        os.close(to_output)
        os.close(to_status)
    return process, output, status


class Processes:
    """One running command; as a context manager, nothing of it outlives the block.

    It must be started on a thread that lives as long as the builder (the event loop's): the
    kernel ends bubblewrap when the thread that started it ends.
    """

    def __init__(self, program: Path, arguments: Sequence[str], inherited: Sequence[int]) -> None:
        """Start `arguments` of bubblewrap, which inherits these descriptors and no others."""
        self._outside, self._output, self._status = _start(program, arguments, inherited)
        self._pidfds = [os.pidfd_open(self._outside.pid)]
        self._inside: int | None = None
        self._inside_pid = 0
        self._said = b""
        self._heard_all = False
        self._kill_wanted = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._status, self._hear)

    def _hear(self) -> None:
        """Take in what bubblewrap tells about the sandbox: its process 1, then its exit code."""
        heard = os.read(self._status, _CHUNK)
        if not heard:
            self._loop.remove_reader(self._status)
            self._heard_all = True
            return
        self._said += heard
        if self._inside is None:
            self._open_inside()
        if self._kill_wanted:
            self.kill()

    def _open_inside(self) -> None:
        """Get hold of process 1 of the sandbox, unless its number is a stranger's by now."""
        pid = self._told("child-pid")
        if pid is None:
            return
        with contextlib.suppress(OSError):  # it has ended already
            inside = os.pidfd_open(pid)
            self._pidfds.append(inside)
            namespace = Path(f"/proc/{pid}/ns/pid").stat().st_ino
            if namespace == self._told("pid-namespace"):
                self._inside, self._inside_pid = inside, pid

    def _told(self, name: str) -> int | None:
        for line in self._said.splitlines(keepends=True):
            told = json.loads(line) if line.endswith(b"\n") else {}
            if name in told:
                return int(told[name])
        return None

    async def read(self) -> bytes:
        """The next output, standard output and error together; empty at its end."""
        await _readable(self._output)
        return os.read(self._output, _CHUNK)

    async def ended(self) -> None:
        """Return when bubblewrap and everything in the sandbox has ended."""
        await _readable(self._pidfds[0])
        self._outside.wait()
        while not self._heard_all:
            self._hear()
        if self._inside is not None:
            await _readable(self._inside)

    @property
    def exit_code(self) -> int | None:
        """What the command ended with; None when bubblewrap could not even start it."""
        code = self._told("exit-code")
        if code is not None:
            return code
        outside = self._outside.returncode
        return KILLED if outside in (KILLED, -signal.SIGKILL) else None

    @property
    def inside_pid(self) -> int | None:
        """Process 1 of the sandbox, as this machine numbers it; None until it is known."""
        return self._inside_pid or None

    def interrupt(self) -> None:
        """Send SIGINT to the command's process group, as a terminal's Ctrl-C does."""
        if self._inside is None:
            self.kill()
            return
        try:
            os.killpg(self._inside_pid, signal.SIGINT)
        except ProcessLookupError:
            self.kill()

    def kill(self) -> None:
        """Kill process 1 of the sandbox, and with it all others.

        While bubblewrap is still setting up it is not known yet: then as soon as it is. Only
        where that takes too long is the outer process killed, the last that can be done.
        """
        if self._inside is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._inside, signal.SIGKILL)
        elif not self._kill_wanted:
            self._kill_wanted = True
            self._loop.call_later(_SETTING_UP_SECONDS, self._kill_outside)

    def _kill_outside(self) -> None:
        if self._inside is None and self._outside.returncode is None:
            self._outside.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what was opened; the processes have ended, or are killed now."""
        if self._outside.returncode is None:
            self.kill()
            self._outside.kill()
            self._outside.wait()
        self._loop.remove_reader(self._status)
        for descriptor in (self._output, self._status, *self._pidfds):
            os.close(descriptor)

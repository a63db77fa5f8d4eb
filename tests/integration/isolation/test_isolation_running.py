"""A command's life: its output, its limits in time, its end and that of all its processes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.builder.adapters.isolation.bubblewrap import IsolationMissing, find_bubblewrap
from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.isolation.profile import Mount
from services.builder.adapters.isolation.sandbox import Command, SandboxBroken
from services.builder.adapters.isolation.watch import Reason
from tests.support.sandboxes import Boxed, boxed
from tests.support.until import until

pytestmark = pytest.mark.alone

DAEMONS = (
    "for i in 1 2 3; do (setsid sh -c 'sleep 7654.{0} & sleep 7654.{0}' </dev/null &) ; done; "
)


def left(number: int) -> list[str]:
    """The command lines on this machine that hold a sleep of this test."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return [line for line in lines if line.startswith(f"sleep 7654.{number}")]


async def test_a_command_ends_with_its_own_code(box: Boxed) -> None:
    ended = await box.sh("echo out; echo err >&2; exit 3")
    assert (ended.code, ended.reason, ended.succeeded) == (3, Reason.EXITED, False)
    assert box.text == "out\nerr\n"


async def test_a_command_that_is_not_there_ends_with_127(box: Boxed) -> None:
    ended = await box.sandbox.run(Command(("no-such-program",)), on_output=box.keep, timeout=9)
    assert ended.code == 127
    assert "not found" in box.text


async def test_a_command_that_a_signal_ended_says_which(box: Boxed) -> None:
    ended = await box.sh("kill -TERM $$")
    assert (ended.code, ended.signal) == (143, signal.SIGTERM)


async def test_an_argument_is_passed_on_as_it_is(box: Boxed) -> None:
    words = ("a b", "$HOME", "'\"", "", "-x", "é\n")
    command = Command(("python3", "-c", "import sys; print(sys.argv[1:])", *words))
    assert (await box.sandbox.run(command, on_output=box.keep, timeout=20)).succeeded
    assert box.text.strip() == str(list(words))


async def test_a_variable_cannot_smuggle_an_option_of_bubblewrap(box: Boxed) -> None:
    with pytest.raises(ValueError, match="NUL"):
        await box.sh("true", environment={"A": "x\0--bind\0/\0/mnt"})
    ended = await box.sh('test "$A" = --bind', environment={"A": "--bind"})
    assert ended.succeeded


async def test_a_command_that_takes_too_long_is_interrupted_and_may_say_goodbye(box: Boxed) -> None:
    ended = await box.sh(
        "trap 'echo bye; exit 7' INT; echo hi; while :; do sleep 0.05; done", timeout=0.5
    )
    assert (ended.reason, ended.code, box.text) == (Reason.TIMED_OUT, 7, "hi\nbye\n")
    assert not ended.succeeded


async def test_a_command_that_ignores_the_interrupt_is_killed_after_the_grace(box: Boxed) -> None:
    ended = await box.sh(
        "trap '' INT; " + DAEMONS.format(1) + "while :; do sleep 7654.1; done",
        timeout=0.5,
        grace=0.3,
    )
    assert (ended.reason, ended.signal) == (Reason.TIMED_OUT, signal.SIGKILL)
    assert left(1) == []
    assert ended.seconds < 5


async def test_a_silent_command_is_ended_and_a_talking_one_is_not(box: Boxed) -> None:
    talking = await box.sh("for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done", silence_timeout=0.8)
    assert talking.succeeded
    assert (await box.sh("echo x; sleep 60", silence_timeout=0.3)).reason is Reason.SILENT


async def test_a_command_that_closed_its_output_is_still_watched(box: Boxed) -> None:
    ended = await box.sh("exec >/dev/null 2>&1; sleep 60", silence_timeout=0.3)
    assert ended.reason is Reason.SILENT


async def test_daemons_do_not_outlive_their_command(box: Boxed) -> None:
    assert (await box.sh(DAEMONS.format(2) + "echo done")).succeeded
    assert left(2) == []


async def test_a_cancelled_command_is_interrupted_and_gone_when_the_cancellation_comes_out(
    box: Boxed,
) -> None:
    script = DAEMONS.format(3) + "trap 'echo bye; exit' INT; echo hi; while :; do sleep 0.05; done"
    running = asyncio.ensure_future(box.sh(script))
    await until(lambda: b"hi" in box.output)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert box.text == "hi\nbye\n"
    assert left(3) == []


async def test_a_second_cancellation_does_not_wait_for_the_grace(box: Boxed) -> None:
    loop = asyncio.get_running_loop()
    script = "trap '' INT; echo hi; while :; do sleep 7654.4; done"
    running = asyncio.ensure_future(box.sh(script, grace=30))
    await until(lambda: b"hi" in box.output)
    began = loop.time()
    running.cancel()
    loop.call_later(0.1, running.cancel)
    with pytest.raises(asyncio.CancelledError):
        await running
    assert loop.time() - began < 10
    assert left(4) == []


async def test_a_command_that_is_cancelled_as_it_starts_is_gone_too(box: Boxed) -> None:
    for _ in range(10):
        running = asyncio.ensure_future(box.sh("sleep 7654.5", grace=1))
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert left(5) == []


async def test_when_the_output_cannot_be_taken_the_command_ends(box: Boxed) -> None:
    async def full(_: bytes) -> None:
        raise OSError("no space for the log")

    with pytest.raises(OSError, match="no space"):
        await box.sh(DAEMONS.format(6) + "echo x; sleep 7654.6", on_output=full)
    assert left(6) == []


async def test_a_command_waits_while_its_output_is_not_taken(box: Boxed) -> None:
    release = asyncio.Event()
    taken = 0

    async def slowly(chunk: bytes) -> None:
        nonlocal taken
        await release.wait()
        taken += len(chunk)
        assert len(chunk) <= 65_536

    script = "head -c 2000000 /dev/zero; touch /workspace/wrote-all"
    running = asyncio.ensure_future(box.sh(script, on_output=slowly))
    done, _ = await asyncio.wait({running}, timeout=0.5)
    assert not done
    assert not (box.folder / "wrote-all").exists()
    release.set()
    assert (await running).succeeded
    assert taken == 2_000_000


async def test_the_loop_goes_on_while_commands_run(box: Boxed) -> None:
    ended = await asyncio.gather(*(box.sh("sleep 0.3") for _ in range(8)))
    assert all(one.succeeded for one in ended)
    assert max(one.seconds for one in ended) < 3


async def test_what_bubblewrap_cannot_set_up_is_our_error(box: Boxed, tmp_path: Path) -> None:
    gone = Mount(tmp_path / "gone", "/opt/gone")
    with pytest.raises(SandboxBroken, match=r"could not isolate a step.*gone"):
        await box.sh("true", read_only=(gone,))


def test_a_machine_whose_bubblewrap_does_not_work_is_told_why(tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(IsolationMissing, match=r"apt-get install bubblewrap.*No permissions"):
        find_bubblewrap([broken, tmp_path / "missing"])


def test_a_bubblewrap_that_can_do_only_a_part_of_a_step_does_not_work(tmp_path: Path) -> None:
    partial = tmp_path / "bwrap"
    partial.write_text(
        "#!/bin/sh\ncase \"$*\" in *--hostname*) echo 'no name for a host' >&2; exit 1;; esac\n"
    )
    partial.chmod(0o755)
    with pytest.raises(IsolationMissing, match="no name for a host"):
        find_bubblewrap([partial])


BUILDER = """
import asyncio, sys
from pathlib import Path
from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.isolation.sandbox import Command, Sandbox

async def main():
    async def show(chunk):
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    profile = prepare(hidden=[], bubblewraps=[Path(sys.argv[2])])
    command = Command(("sh", "-c", sys.argv[3]))
    print(await Sandbox(profile, Path(sys.argv[1])).run(command, on_output=show, timeout=60))

asyncio.run(main())
"""


@pytest.fixture
def builder(box: Boxed, bubblewrap: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another builder, whose step has started daemons."""
    script = DAEMONS.format(7) + "trap '' INT TERM; echo started; sleep 7654.7"
    arguments = [sys.executable, "-c", BUILDER, str(box.folder), str(bubblewrap), script]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        yield process
        process.kill()


async def test_everything_dies_with_the_builder(builder: subprocess.Popen[bytes]) -> None:
    await until(lambda: left(7) != [], within=10)
    os.kill(builder.pid, signal.SIGKILL)
    await until(lambda: left(7) == [], within=5)


@pytest.fixture
def little_memory() -> Iterator[Path]:
    group = Path("/sys/fs/cgroup/memory") / f"trellis-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(192 << 20))
    except OSError:
        pytest.skip("NOT TESTED: no memory can be limited here (needs root and cgroup v1)")
    yield group
    group.rmdir()


def test_a_command_that_ran_out_of_memory_is_told_so(
    box: Boxed, bubblewrap: Path, little_memory: Path
) -> None:
    hungry = "exec python3 -c 'x = bytearray(1 << 30)'"
    arguments = [sys.executable, "-c", BUILDER, str(box.folder), str(bubblewrap), hungry]
    enter = f'echo $$ > {little_memory}/cgroup.procs && exec "$@"'
    outcome = subprocess.run(
        ["sh", "-c", enter, "sh", *arguments], capture_output=True, text=True, check=False
    )
    assert "reason=<Reason.OUT_OF_MEMORY" in outcome.stdout, outcome


async def test_npm_installs_a_package_from_the_registry(bubblewrap: Path, tmp_path: Path) -> None:
    """What `npm ci` takes: a home, a passwd entry, the host's registry, proxy and CA settings."""
    box = boxed(prepare(hidden=[], bubblewraps=[bubblewrap]), tmp_path / "run")
    if not (await box.sh("npm view is-number@7.0.0 name --fetch-retries=0")).succeeded:
        pytest.skip(f"NOT TESTED: no npm, or no registry can be reached: {box.text[-200:]}")
    (box.folder / "source" / "package.json").write_text(
        '{"name": "x", "version": "1.0.0", "dependencies": {"is-number": "7.0.0"}}'
    )
    assert await box.ask(
        "npm install --package-lock-only --silent && npm ci --silent; ls node_modules"
    )
    assert await box.ask("node -p 'require(\"is-number\")(3)'") == "true"

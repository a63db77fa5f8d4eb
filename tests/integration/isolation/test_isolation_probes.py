"""The probe matrix: what a step cannot read, write or reach (T25, reliability.md 7.3)."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.isolation.profile import Mount
from tests.support.sandboxes import Boxed, boxed

CANARY = "canary-value-0123456789"


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the builder itself has in its environment."""
    for name in ("AWS_SECRET_ACCESS_KEY", "TRELLIS_SECRETS", "GITHUB_TOKEN", "SOME_VARIABLE"):
        monkeypatch.setenv(name, CANARY)


REFUSED = {
    "the shadow file": "cat /etc/shadow",
    "private keys": "ls /etc/ssl/private",
    "root's home": "ls /root",
    "other homes": "ls /home | grep -v '^trellis$'",
    "the host's run folder": "ls /run",
    "the host's var": "ls /var/lib",
    "sysfs": "ls /sys/kernel",
    "the service's own source": f"ls {Path(__file__).parents[3]}",
    "block devices": "ls /dev/vda || ls /dev/sda || ls /dev/loop0 || ls /dev/nvme0n1",
    "kvm": "ls /dev/kvm",
    "kernel memory": "head -c1 /dev/mem || head -c1 /dev/kmem || head -c1 /proc/kcore | grep -q .",
    "writing to the root": "touch /x",
    "writing to /usr": "touch /usr/x",
    "writing to /etc": "touch /etc/x",
    "changing its users": "echo x >> /etc/passwd",
    "writing beside the home": "touch /home/x",
    "a mount": "mount -t tmpfs none /mnt || mount --bind /tmp /opt",
    "remounting the root": "mount -o remount,rw /",
    "a device": "mknod /tmp/d b 7 0",
    "a user namespace inside": "unshare -U true",
    "a mount namespace inside": "unshare -m true",
    "the kernel's log": "dmesg",
    "a kernel setting": "echo 1 > /proc/sys/kernel/sysrq",
    "magic keys": "echo h > /proc/sysrq-trigger",
    "another user": "su -c true nobody </dev/null || setpriv --reuid 0 true",
    "a host name": "hostname other",
    "loading a module": "modprobe dummy || insmod /lib/modules/x.ko",
    "the terminal of the builder": "exec 9</dev/tty",
}


@pytest.mark.parametrize("script", REFUSED.values(), ids=REFUSED.keys())
async def test_a_step_cannot_reach(box: Boxed, script: str) -> None:
    assert not (await box.sh(script)).succeeded, box.text


ALLOWED = {
    "write to the workspace": "echo x > /workspace/x && echo x > /workspace/source/x",
    "write to its own tmp": "echo x > /tmp/x && echo x > /var/tmp/y",
    "write to its own home": "echo x > ~/.npmrc",
    "run a thread and a child": "python3 -c 'import threading,subprocess as s;"
    't=threading.Thread(target=lambda:s.run(["true"]));t.start();t.join()\'',
    "know its own name": 'test "$(id -un)" = trellis && test "$HOME" = /home/trellis',
    "resolve localhost": "getent hosts localhost",
    "use shared memory": "echo x > /dev/shm/x",
}


@pytest.mark.parametrize("script", ALLOWED.values(), ids=ALLOWED.keys())
async def test_a_step_can(box: Boxed, script: str) -> None:
    assert (await box.sh(script)).succeeded, box.text


async def test_no_process_that_a_step_sees_holds_what_the_builder_knows(box: Boxed) -> None:
    seen = await box.ask("env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'")
    assert CANARY not in seen
    assert "HOME=/home/trellis" in seen


async def test_the_first_process_of_the_sandbox_was_started_without_an_environment(
    box: Boxed,
) -> None:
    assert await box.ask("wc -c < /proc/1/environ") == "0"


def command_lines() -> list[bytes]:
    """Those of all processes of the host."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            lines.append(path.read_bytes())
    return lines


async def test_a_steps_own_secret_is_in_no_command_line_of_the_host(box: Boxed) -> None:
    seen: list[bytes] = []

    async def look(_: bytes) -> None:
        seen.extend(command_lines())
        (box.folder / "looked").touch()

    script = "echo started; until [ -e /workspace/looked ]; do sleep 0.02; done"
    secret = {"SECRET": "a-secret-of-the-step"}
    assert (await box.sh(script, environment=secret, on_output=look)).succeeded
    assert any(line.startswith(b"bwrap\0") for line in seen)
    assert all(b"a-secret-of-the-step" not in line for line in seen)


async def test_a_step_sees_only_its_own_processes(box: Boxed) -> None:
    pids = (await box.ask("ls /proc | grep '^[0-9]'")).split()
    assert len(pids) < 8
    assert str(os.getpid()) not in pids or os.getpid() < 8


async def test_a_step_inherits_no_open_file(box: Boxed) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)  # noqa: FBT003 - it takes no other form
    assert (await box.ask("ls /proc/$$/fd")).split() == ["0", "1", "2"]
    os.close(reading)
    os.close(writing)


async def test_a_step_holds_no_right_of_root(box: Boxed) -> None:
    status = await box.ask("grep -E '^(Cap|NoNewPrivs)' /proc/self/status")
    rights = dict(line.split() for line in status.splitlines())
    assert rights.pop("NoNewPrivs:") == "1"
    assert set(rights.values()) == {"0" * 16}


async def test_the_data_folder_is_not_there_even_below_something_shown(
    bubblewrap: Path, tmp_path: Path
) -> None:
    (tmp_path / "shown" / "data").mkdir(parents=True)
    (tmp_path / "shown" / "data" / "secrets").write_text(CANARY)
    (tmp_path / "shown" / "open").write_text("open")
    profile = prepare(hidden=[tmp_path / "shown" / "data"], bubblewraps=[bubblewrap])
    box = boxed(profile, tmp_path / "run")
    mount = Mount(tmp_path / "shown", "/opt/shown")
    await box.sh("cat /opt/shown/open; ls -A /opt/shown/data; echo end", read_only=(mount,))
    assert box.text == "openend\n"


async def test_a_link_to_a_file_of_the_host_leads_nowhere(box: Boxed, tmp_path: Path) -> None:
    (tmp_path / "host").write_text(CANARY)
    (box.folder / "source" / "link").symlink_to(tmp_path / "host")
    await box.sh("cat link; cat /proc/1/root" + str(tmp_path / "host"))
    assert CANARY not in box.text


async def test_what_is_shown_cannot_be_written(box: Boxed, tmp_path: Path) -> None:
    (tmp_path / "shown").write_text("x")
    mount = Mount(tmp_path / "shown", "/opt/shown")
    ended = await box.sh("cat /opt/shown && echo y > /opt/shown", read_only=(mount,))
    assert not ended.succeeded
    assert (tmp_path / "shown").read_text() == "x"


async def test_the_next_command_finds_nothing_of_the_last_but_the_workspace(box: Boxed) -> None:
    await box.ask("for d in ~ /tmp /dev/shm /workspace; do echo x > $d/left; done")
    found = await box.ask("ls -A ~ /tmp /dev/shm; ls /workspace/left")
    assert found.count("left") == 1


async def test_a_step_cannot_fill_the_memory_through_its_folders(box: Boxed) -> None:
    await box.sh("head -c 300000000 /dev/zero > ~/big || echo full")
    assert "full" in box.text


async def test_no_file_grows_beyond_its_limit_and_no_core_is_dumped(box: Boxed) -> None:
    limits = await box.ask("ulimit -c; ulimit -Hc; ulimit -Hn; ulimit -Hf")
    core, hard_core, files, size = limits.split()
    assert (core, hard_core) == ("0", "0")
    assert int(files) <= 65_536
    assert int(size) == (8 << 30) // 512

"""What deploy/debian.sh does about missing programs, on machines that are played by a PATH."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_TOOLS = ("bash", "sed", "cat", "env")
_APT_GET = """
echo "$*" >> "$PLAYED/said"
[ "$1" = install ] || exit 0
shift
for package in "$@"; do
  [ -x "$PLAYED/packages/$package" ] && cp "$PLAYED/packages/$package" "$PLAYED/bin/"
done
[ -e "$PLAYED/online" ]
"""
_PYTHON = '[ -x "$PLAYED/bin/python3-venv" ]'


def _program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)


@dataclass
class Machine:
    """A machine with these programs and nothing else; `packages` is what apt-get can bring."""

    folder: Path

    def has(self, **programs: str) -> None:
        """Install programs that behave as these scripts."""
        for name, script in programs.items():
            _program(self.folder / "bin" / name.replace("_", "-"), script)

    def offers(self, *packages: str) -> None:
        """Let apt-get bring a program of each package's name."""
        for package in packages:
            _program(self.folder / "packages" / package, "true")
        (self.folder / "online").touch()

    def asked(self) -> str:
        """What apt-get and npm were told."""
        said = self.folder / "said"
        return said.read_text() if said.exists() else ""

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """deploy/debian.sh on that machine."""
        return subprocess.run(
            ["/bin/bash", ROOT / "deploy" / "debian.sh", *arguments],
            env={"PATH": str(self.folder / "bin"), "PLAYED": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine_of(tmp_path: Path) -> Callable[[int], Machine]:
    def make(user: int) -> Machine:
        machine = Machine(tmp_path)
        machine.has(id=f"echo {user}", apt_get=_APT_GET, python3=_PYTHON, git="true", npm="true")
        machine.has(node="echo v20.1.0", apt_cache="echo '  Candidate: 18.20.4+dfsg-1~deb12u1'")
        for tool in (*_TOOLS, "cp"):
            found = next(p for p in (Path("/bin"), Path("/usr/bin")) if (p / tool).exists())
            (tmp_path / "bin" / tool).symlink_to(found / tool)
        return machine

    return make


def test_a_machine_that_has_everything_is_left_alone(machine_of: Callable[[int], Machine]) -> None:
    machine = machine_of(0)
    machine.has(python3_venv="true")

    ended = machine.run("python3-venv", "git", "node", "npm")

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert machine.asked() == ""


def test_root_gets_what_is_missing_in_one_go(machine_of: Callable[[int], Machine]) -> None:
    machine = machine_of(0)
    (machine.folder / "bin" / "git").unlink()
    machine.offers("git", "python3-venv")

    ended = machine.run("python3-venv", "git", "node", "npm")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "Installing python3-venv git …\n"
    assert machine.asked() == "install -y -qq python3-venv git\n"


def test_root_without_a_registry_is_told_what_to_install(
    machine_of: Callable[[int], Machine],
) -> None:
    machine = machine_of(0)

    ended = machine.run("python3-venv", "git")

    assert ended.returncode == 1
    assert "python3-venv. Install it: sudo apt-get install python3-venv\n" in ended.stderr
    assert "update -qq" in machine.asked()


def test_an_ordinary_user_is_told_everything_at_once_and_nothing_is_tried(
    machine_of: Callable[[int], Machine],
) -> None:
    machine = machine_of(1000)
    for name in ("git", "npm"):
        (machine.folder / "bin" / name).unlink()
    machine.offers("git", "npm", "python3-venv")

    ended = machine.run("python3-venv", "git", "node", "npm")

    assert ended.returncode == 1
    assert ended.stderr == (
        "Trellis needs what is not here: python3-venv, git, npm. "
        "Install it: sudo apt-get install python3-venv git npm\n"
    )
    assert machine.asked() == ""


@pytest.mark.parametrize("user", [0, 1000])
def test_what_is_optional_is_never_in_the_way(
    machine_of: Callable[[int], Machine], user: int
) -> None:
    machine = machine_of(user)

    ended = machine.run("--optional", "bwrap")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ("install -y -qq bubblewrap" in machine.asked()) == (user == 0)


def test_an_old_node_is_named_with_what_brings_a_new_one(
    machine_of: Callable[[int], Machine],
) -> None:
    machine = machine_of(1000)
    machine.has(node="echo v18.20.4")
    (machine.folder / "bin" / "npm").unlink()

    ended = machine.run("npm", "node")

    assert ended.returncode == 1
    assert "npm, node (20 or newer). Install it: " in ended.stderr
    assert "sudo apt-get install npm && sudo npm install --global node@20\n" in ended.stderr


def test_root_gets_a_new_node_where_debians_is_old(machine_of: Callable[[int], Machine]) -> None:
    machine = machine_of(0)
    (machine.folder / "bin" / "node").unlink()
    bring = 'printf "#!/bin/bash\\necho v20.1.0" > "$PLAYED/bin/node"; chmod +x "$PLAYED/bin/node"'
    machine.has(npm=f'echo "npm $*" >> "$PLAYED/said"; {bring}', chmod='exec /bin/chmod "$@"')

    ended = machine.run("git", "node", "npm")

    assert ended.returncode == 0, ended.stderr
    assert machine.asked() == "npm install --global node@20\n"


def test_a_node_of_debians_own_is_taken_where_it_is_new_enough(
    machine_of: Callable[[int], Machine],
) -> None:
    machine = machine_of(1000)
    (machine.folder / "bin" / "node").unlink()
    machine.has(apt_cache="echo '  Candidate: 20.19.2+dfsg-1'")

    ended = machine.run("node")

    assert "Install it: sudo apt-get install nodejs\n" in ended.stderr

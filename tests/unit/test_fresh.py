"""What `make fresh` says where it cannot run, and what its newcomer does with what is named."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RIG = ROOT / "tests" / "rigs" / "fresh"


def fresh(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the rig as an ordinary user, which `id` says; nothing can be started by it."""
    identity = folder / "id"
    identity.write_text("#!/bin/bash\necho 1000\n")
    identity.chmod(0o755)
    return subprocess.run(
        ["/bin/bash", RIG / "fresh.sh"],
        env={"PATH": f"{folder}:{os.environ['PATH']}", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("ci", "status"), [("false", 0), ("true", 1)])
def test_it_says_loudly_that_it_did_not_run(tmp_path: Path, ci: str, status: int) -> None:
    ended = fresh(tmp_path, CI=ci)

    assert ended.returncode == status
    assert ended.stdout == "fresh: NOT RUN: making a machine and its containers needs root\n"


def test_it_does_not_run_in_itself(tmp_path: Path) -> None:
    ended = fresh(tmp_path, CI="true", INSIDE_FRESH="1")

    assert (ended.returncode, "this is the fresh machine" in ended.stdout) == (0, True)


def test_a_wrong_word_is_told_the_right_ones(tmp_path: Path) -> None:
    ended = fresh(tmp_path, WHO="everybody")

    assert ended.returncode == 2
    assert "root, user, confined or both, not everybody" in ended.stderr


def newcomer(folder: Path, *commands: str) -> subprocess.CompletedProcess[str]:
    """Let the newcomer type commands; `su` and `apt-get` are played and write down what they do."""
    scripts = {
        "su": 'cd "$PLAYED" && mkdir -p trellis && exec bash -c "${!#}"',
        "git": "true",
        "apt-get": 'echo "$*" >> "$PLAYED/said"; touch "$PLAYED/trellis/$4"',
    }
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/bash\n{script}\n")
        (folder / name).chmod(0o755)
    return subprocess.run(
        ["/bin/bash", RIG / "newcomer.sh", "newcomer", *commands],
        env={"PATH": f"{folder}:{os.environ['PATH']}", "PLAYED": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_newcomer_installs_what_is_named_and_tries_again(tmp_path: Path) -> None:
    ended = newcomer(
        tmp_path, "[ -e hammer ] || { echo 'Install it: sudo apt-get install hammer'; false; }"
    )

    assert ended.returncode == 0, ended.stdout
    assert "fresh: named: sudo apt-get install hammer\n" in ended.stdout
    assert ended.stdout.count("fresh: held: ") == 1
    assert (tmp_path / "said").read_text() == "update -qq\ninstall -y -qq hammer\n"


def test_a_newcomer_gives_up_where_nothing_is_named(tmp_path: Path) -> None:
    ended = newcomer(tmp_path, "echo it broke; false", "true")

    assert ended.returncode == 1
    assert "fresh: held: true" in ended.stdout
    assert "named" not in ended.stdout

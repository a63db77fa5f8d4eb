"""The other tests of this folder once more, as a user without any rights."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.builder.adapters.removal import remove_tree

NOBODY = 65534
HERE = Path(__file__)
ROOT = HERE.parents[3]


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="trellis-nobody-"))
    os.chown(folder, NOBODY, NOBODY)
    yield folder
    remove_tree(folder)


def python_for(words: list[str]) -> str:
    """A Python of this version that another user can start: this one, or the system's."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for program in (sys.executable, f"/usr/bin/python{version}"):
        trial = [*words, program, "-c", ""]
        if subprocess.run(trial, check=False, capture_output=True).returncode == 0:
            return program
    pytest.skip(f"NOT TESTED as an ordinary user: nobody can start no Python {version} here")


@pytest.mark.slow
def test_an_ordinary_user_gets_the_same_isolation(nobodys_folder: Path) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("runs as an ordinary user anyway, or setpriv is missing")
    words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "env"]
    tests = [str(path) for path in HERE.parent.glob("test_*.py") if path != HERE]
    packages = [path for path in sys.path if path.endswith("site-packages")]
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={nobodys_folder / 'tests'}"]
    outcome = subprocess.run(
        [*words, python_for(words), "-m", "pytest", *options, *tests],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(nobodys_folder),
            "PYTHONPATH": ":".join([*packages, str(ROOT / "contracts")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            **{name: value for name, value in os.environ.items() if name.endswith("_CA_CERTS")},
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout[-4000:] + outcome.stderr[-2000:]
    assert " passed" in outcome.stdout

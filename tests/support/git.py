"""A git client as a stranger has it: no settings, no credentials, no prompt."""

import os
import subprocess
from pathlib import Path

FILES = {
    "package.json": '{"name": "shop"}\n',
    "function/version.mjs": "export const version = 1;\n",
}


def folder_of_files(folder: Path, files: dict[str, str] | None = None) -> Path:
    """Write the files below the folder and return it."""
    for name, content in (files or FILES).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return folder


def git(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run git; the caller looks at the exit code."""
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Bob Visitor",
            "GIT_AUTHOR_EMAIL": "bob@example.invalid",
            "GIT_COMMITTER_NAME": "Bob Visitor",
            "GIT_COMMITTER_EMAIL": "bob@example.invalid",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def clone(url: str, folder: Path) -> Path:
    """Clone and return the folder; an assertion fails with git's words when it does not work."""
    cloned = git("clone", "--quiet", url, str(folder))
    assert cloned.returncode == 0, cloned.stderr
    return folder

"""A bare git repository, written without a working tree: what `cli/git_server.py` serves.

Errors: GitFailed, RepositoryExists.
"""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

DEFAULT_BRANCH = "main"
_AUTHOR = ("Ada Sample", "ada@example.invalid")
_SETTINGS = {
    "uploadpack.allowAnySHA1InWant": "true",  # a run checks out by full SHA, whatever the branches
    "http.receivepack": "false",
    "gc.auto": "0",  # a commit that no branch holds any more stays
}

Changes = Mapping[str, str | None]
"""Path → new content; None deletes the file."""


class GitFailed(Exception):
    """A git command failed."""

    def __init__(self, arguments: tuple[str, ...], output: str) -> None:
        super().__init__(f"`git {' '.join(arguments)}` failed: {output.strip()}")
        self.output = output


class RepositoryExists(Exception):
    """A repository was to be made where one lies already."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already: take another name, or remove it first.")
        self.path = path


class GitRepository:
    """The bare repository at a path; commits are made on it directly."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, from_folder: Path) -> "GitRepository":
        """Make a repository whose first commit on `main` holds the folder's files.

        A `.gitignore` in the folder counts.

        Raises:
            RepositoryExists: Something lies at the path.
        """
        if path.exists():
            raise RepositoryExists(path)
        repository = cls(path)
        path.mkdir(parents=True)
        repository._git("init", "--quiet", "--initial-branch", DEFAULT_BRANCH, "--bare")
        for name, value in _SETTINGS.items():
            repository._git("config", name, value)
        with tempfile.TemporaryDirectory() as index:
            environment = _index_in(index)
            repository._git(
                "--work-tree", str(from_folder.absolute()), "add", "--all", **environment
            )
            tree = repository._git("write-tree", **environment)
        repository._advance(DEFAULT_BRANCH, tree, "-m", "First version")
        return repository

    def head(self, branch: str = DEFAULT_BRANCH) -> str:
        """The full SHA of the branch's newest commit.

        Raises:
            GitFailed: There is no such branch.
        """
        return self._git("rev-parse", "--verify", "--end-of-options", f"refs/heads/{branch}")

    def commit(self, changes: Changes, message: str, *, branch: str = DEFAULT_BRANCH) -> str:
        """Add one commit to a branch and return its full SHA; a new branch starts from `main`."""
        known = self._git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        parent = known or self.head()
        with tempfile.TemporaryDirectory() as index:
            environment = _index_in(index)
            self._git("read-tree", parent, **environment)
            for path, content in changes.items():
                self._change(path, content, environment)
            tree = self._git("write-tree", **environment)
        return self._advance(branch, tree, "-p", parent, "-m", message)

    def _change(self, path: str, content: str | None, environment: dict[str, str]) -> None:
        if content is None:
            entry = f"0 {'0' * 40}\t{path}\n"
        else:
            blob = self._git("hash-object", "-w", "--stdin", stdin=content)
            entry = f"100644 {blob}\t{path}\n"
        self._git("update-index", "--index-info", stdin=entry, **environment)

    def _advance(self, branch: str, tree: str, *options: str) -> str:
        commit = self._git("commit-tree", tree, *options)
        self._git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def _git(self, *arguments: str, stdin: str = "", **environment: str) -> str:
        ran = subprocess.run(
            ["git", *arguments],
            env=git_environment() | {"GIT_DIR": str(self.path.absolute())} | environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise GitFailed(arguments, ran.stderr)
        return ran.stdout.strip()


def git_environment() -> dict[str, str]:
    """An environment in which git reads no settings of the person or the machine."""
    name, email = _AUTHOR
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }


def _index_in(folder: str) -> dict[str, str]:
    return {"GIT_INDEX_FILE": str(Path(folder) / "index")}

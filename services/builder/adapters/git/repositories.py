"""Checks out one commit, and asks where branches stand: the builder's `Git`."""

from collections.abc import Iterator
from contextlib import suppress

from pydantic import SecretStr, TypeAdapter, ValidationError

from services.builder.adapters.git import failures
from services.builder.adapters.git.asking import Asked, GitLimits
from services.builder.adapters.git.history import between
from services.builder.adapters.git.options import git
from services.builder.adapters.git.origins import allowed
from services.builder.adapters.isolation.sandbox import Sandbox
from services.builder.adapters.isolation.watch import OnOutput
from trellis_contracts.changes import CommitsBetween, Direction
from trellis_contracts.names import BranchName, CommitSha, RepositoryUrl
from trellis_contracts.rules import BranchPattern, matches

_COMMIT: TypeAdapter[CommitSha] = TypeAdapter(CommitSha)
_BRANCH: TypeAdapter[BranchName] = TypeAdapter(BranchName)
_PATTERN: TypeAdapter[BranchPattern] = TypeAdapter(BranchPattern)
_HEAD: TypeAdapter[tuple[CommitSha, BranchName]] = TypeAdapter(tuple[CommitSha, BranchName])

_HEADS = "refs/heads/"

_NO_MATCH = 2
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")


class Git:
    """Reads repositories at the allowed origins, inside one run's sandbox."""

    def __init__(
        self, sandbox: Sandbox, origins: tuple[str, ...], limits: GitLimits | None = None
    ) -> None:
        """Takes where git runs, and `TRELLIS_GIT_ORIGINS`."""
        self._sandbox = sandbox
        self._origins = origins
        self._limits = limits or GitLimits()

    async def check_out(
        self,
        repository: RepositoryUrl,
        commit: CommitSha,
        *,
        on_output: OnOutput,
        branch: BranchName | None = None,
        token: SecretStr | None = None,
    ) -> None:
        """Put exactly this commit into the run's empty source folder, and verify that it is it.

        Submodules and LFS objects are not fetched. `branch` helps where a server gives no commit
        by its SHA alone. The token is nowhere in the folder afterwards.

        Raises:
            GitFailure: one of its kinds.
            ValueError: `commit` is no full SHA, or `branch` no branch's name.
        """
        _COMMIT.validate_python(commit)
        if branch is not None:
            _BRANCH.validate_python(branch)
        asked = Asked(allowed(repository, self._origins), self._sandbox, self._limits, token=token)
        await asked.must(git("init", "--quiet", "."), on_output)
        await self._fetch(asked, commit, branch, on_output=on_output)
        await self._measure(asked, commit)
        await asked.must(git("checkout", "--quiet", "--detach", commit, "--"), on_output)
        head = await asked.answer(git("rev-parse", "--verify", "HEAD"))
        if head.strip() != commit:
            raise failures.CheckoutBroken(repository, 0, (f"HEAD is {head.strip()}",))

    async def head_of(
        self, repository: RepositoryUrl, branch: BranchName, *, token: SecretStr | None = None
    ) -> CommitSha:
        """The SHA of the branch's newest commit, as the remote says now.

        Raises:
            GitFailure: one of its kinds.
            ValueError: `branch` is no branch's name.
        """
        ref = f"{_HEADS}{_BRANCH.validate_python(branch)}"
        remote = allowed(repository, self._origins)
        asked = Asked(remote, self._sandbox, self._limits, token=token)
        listed = git("ls-remote", "--exit-code", "--", remote.url, ref)
        for line in (await asked.answer(listed, none=_NO_MATCH)).splitlines():
            sha, _, name = line.partition("\t")
            if name == ref:
                return _COMMIT.validate_python(sha)
        raise failures.BranchNotFound(repository, branch)

    async def heads_like(
        self, repository: RepositoryUrl, pattern: BranchPattern, *, token: SecretStr | None = None
    ) -> dict[BranchName, CommitSha]:
        """The branches that a glob stands for and their newest commits, as the remote says now.

        Raises:
            GitFailure: one of its kinds.
            ValueError: `pattern` is no glob of branches.
        """
        _PATTERN.validate_python(pattern)
        remote = allowed(repository, self._origins)
        asked = Asked(remote, self._sandbox, self._limits, token=token)
        refs = f"{_HEADS}{pattern.replace('**/', '*')}"  # to git, a * goes over slashes
        listed = git("ls-remote", "--exit-code", "--", remote.url, refs)
        heads = dict(_heads_in(await asked.answer(listed, none=_NO_MATCH)))
        return {name: sha for name, sha in heads.items() if matches(pattern, name)}

    async def between(
        self,
        repository: RepositoryUrl,
        since: CommitSha | None,
        until: CommitSha,
        *,
        branch: BranchName | None = None,
        token: SecretStr | None = None,
    ) -> CommitsBetween:
        """Say what lies between two commits, in the run's folder with its checkout.

        Raises:
            GitFailure: one of its kinds.
            ValueError: one is no full SHA, or `branch` no branch's name.
        """
        _COMMIT.validate_python(until)
        if since is None:
            return CommitsBetween(until=until, direction=Direction.FIRST)
        _COMMIT.validate_python(since)
        if branch is not None:
            _BRANCH.validate_python(branch)
        if since == until:
            return CommitsBetween(since=since, until=until, direction=Direction.SAME)
        remote = allowed(repository, self._origins)
        asked = Asked(remote, self._sandbox, self._limits, token=token)
        return await between(asked, since, until, branch=branch, limits=self._limits)

    async def _fetch(
        self, asked: Asked, commit: CommitSha, branch: BranchName | None, *, on_output: OnOutput
    ) -> None:
        """Get the commit by its SHA, else with its branch; one of the two must bring it."""
        url = asked.remote.url
        if (await asked.run(git(*_FETCH, "--depth=1", "--", url, commit), on_output)).succeeded:
            return
        await asked.refuse_a_cut_pack()
        await asked.answer(git("ls-remote", "--exit-code", "--", url, "HEAD"), none=_NO_MATCH)
        if branch is not None:
            depth = f"--depth={self._limits.depth}"
            await asked.run(git(*_FETCH, depth, "--", url, f"refs/heads/{branch}"), on_output)
            await asked.refuse_a_cut_pack()
        if not (await asked.run(git("cat-file", "-e", f"{commit}^{{commit}}"))).succeeded:
            raise failures.CommitNotFound(asked.remote.url, commit)

    async def _measure(self, asked: Asked, commit: CommitSha) -> None:
        """Count what the commit holds before any of it is written out."""
        limits, rest, files, size = self._limits, b"", 0, 0

        async def count(chunk: bytes) -> None:
            nonlocal rest, files, size
            *lines, rest = (rest + chunk).split(b"\n")
            files += len(lines)
            size += sum(_size_in(line) for line in lines)
            if files > limits.files or size > limits.tree_bytes:
                raise asked.too_large()

        await asked.must(git("ls-tree", "-r", "-l", commit, "--"), count)


def _heads_in(said: str) -> Iterator[tuple[BranchName, CommitSha]]:
    """Read the branches of `ls-remote`; what is none that Trellis can name is left out."""
    for line in said.splitlines():
        sha, _, ref = line.partition("\t")
        if ref.startswith(_HEADS):
            with suppress(ValidationError):
                commit, branch = _HEAD.validate_python((sha, ref.removeprefix(_HEADS)))
                yield branch, commit


def _size_in(line: bytes) -> int:
    """The size in a line of `ls-tree -l`: mode, type, object and size, then a tab and the path."""
    size = line.partition(b"\t")[0].split()[-1]
    return int(size) if size.isdigit() else 0

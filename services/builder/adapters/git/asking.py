"""One remote that is asked something: git's commands, and what came of them.

Whether a command worked is its exit code. What git said decides only which sentence a failure
gets, that is, who is asked to act.
"""

import re
from collections import deque
from dataclasses import dataclass

from pydantic import SecretStr

from services.builder.adapters.git import failures
from services.builder.adapters.git.options import variables
from services.builder.adapters.git.origins import Remote
from services.builder.adapters.isolation.sandbox import Command, Exit, Sandbox
from services.builder.adapters.isolation.watch import OnOutput, Reason

_LAST_LINES = 10
_LONGEST_ANSWER = 1 << 20
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_DENIED = re.compile(r"returned error: 40[13]|Authentication failed|could not read Username")
_NOT_FOUND = re.compile(r"repository '.*' not found|returned error: 404")
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class GitLimits:
    """What reading one commit may take."""

    seconds: float = 600
    tree_bytes: int = 4 << 30
    files: int = 500_000
    depth: int = 200
    """How far back a branch is searched where a server gives no commit by its SHA."""


class Asked:
    """One remote that is asked something: git's commands, and what came of them."""

    def __init__(
        self, remote: Remote, sandbox: Sandbox, limits: GitLimits, *, token: SecretStr | None
    ) -> None:
        """Takes the remote, where git runs, what it may take, and who asks."""
        self.output = ""
        self.remote = remote
        self._token = token
        self._sandbox = sandbox
        self._limits = limits
        self._said: deque[str] = deque(maxlen=_LAST_LINES)

    async def run(self, argv: tuple[str, ...], on_output: OnOutput | None = None) -> Exit:
        """Run git; only a time-out raises."""
        said = b""

        async def listen(chunk: bytes) -> None:
            nonlocal said
            said = (said + chunk)[-_LONGEST_ANSWER:]
            if on_output is not None:
                await on_output(chunk)

        command = Command(
            argv,
            environment=variables(self.remote, self._token if _is_remote(argv) else None),
            largest_file=self._limits.tree_bytes,
        )
        ended = await self._sandbox.run(command, on_output=listen, timeout=self._limits.seconds)
        self.output = said.decode(errors="replace")
        self._said.extend(_UNPRINTABLE.sub("?", line) for line in self.output.splitlines())
        if ended.reason is Reason.TIMED_OUT:
            raise failures.GitTimedOut(self.remote.url, self._limits.seconds)
        return ended

    async def must(self, argv: tuple[str, ...], on_output: OnOutput | None = None) -> None:
        """Run git, which must end with 0."""
        ended = await self.run(argv, on_output)
        if not ended.succeeded:
            raise self.broken(ended)

    async def answer(self, argv: tuple[str, ...], *, none: int = 0) -> str:
        """What git answers; empty when it ends with `none`, its way to say that there is none."""
        ended = await self.run(argv)
        if ended.succeeded:
            return self.output
        if none and ended.code == none:
            return ""
        raise self.broken(ended)

    async def refuse_a_cut_pack(self) -> None:
        """Tell a pack that was cut off at the limit from other failures: git does not.

        Raises:
            RepositoryTooLarge: such a pack lies there.
        """
        full = self._limits.tree_bytes // _BLOCK - 1
        found = ("find", ".git/objects/pack", "-type", "f", "-size", f"+{full}")
        if await self.answer(found):
            raise self.too_large()

    def too_large(self) -> failures.RepositoryTooLarge:
        """The failure that says which limit there is."""
        limits = self._limits
        held = f"{limits.files} files and {limits.tree_bytes >> 20} MiB"
        return failures.RepositoryTooLarge(self.remote.url, held)

    def broken(self, ended: Exit) -> failures.GitFailure:
        """The failure that a command ended with."""
        url, with_token = self.remote.url, self._token is not None
        said = "\n".join(self._said)
        if _DENIED.search(said):
            return failures.AccessDenied(url, with_token=with_token)
        if _NOT_FOUND.search(said):
            return failures.RepositoryNotFound(url, with_token=with_token)
        if "unable to access" in said:
            return failures.RemoteUnreachable(url, self._said[-1])
        return failures.CheckoutBroken(url, ended.code, tuple(self._said))


def _is_remote(argv: tuple[str, ...]) -> bool:
    return "fetch" in argv or "ls-remote" in argv

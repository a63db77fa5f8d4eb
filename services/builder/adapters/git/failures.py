"""What can go wrong with a repository; the text of each is one sentence that says what to do.

GitFailure
├── OriginRefused
├── AccessDenied
├── RepositoryNotFound
├── RemoteUnreachable
├── CommitNotFound
├── BranchNotFound
├── RepositoryTooLarge
├── GitTimedOut
└── CheckoutBroken
"""

from collections.abc import Iterable


class GitFailure(Exception):
    """A repository could not be read as asked."""

    def __init__(self, repository: str, sentence: str) -> None:
        """Takes the repository, and what happened and what to do."""
        self.repository = repository
        super().__init__(sentence)


class OriginRefused(GitFailure):
    """The repository lies where runs may not clone from; git was not started."""

    def __init__(self, repository: str, origins: Iterable[str]) -> None:
        """Takes the repository, and the origins that are allowed."""
        super().__init__(
            repository,
            f"{repository} is not at an allowed origin ({', '.join(origins)}): correct the "
            "repository's URL, or have its origin added to TRELLIS_GIT_ORIGINS.",
        )


class AccessDenied(GitFailure):
    """The server wants to know who asks, or does not let them read."""

    def __init__(self, repository: str, *, with_token: bool) -> None:
        """Takes the repository, and whether a clone token was shown."""
        self.with_token = with_token
        said = (
            "refuses the application's clone token: give it a new one that may read the contents"
            if with_token
            else "does not exist or is private: correct its URL, or give the application a clone "
            "token that may read the contents"
        )
        super().__init__(repository, f"{repository} {said}.")


class RepositoryNotFound(GitFailure):
    """The server knows no such repository, or does not show it to this token."""

    def __init__(self, repository: str, *, with_token: bool) -> None:
        """Takes the repository, and whether a clone token was shown."""
        remedy = (
            "give the application a clone token that may read it"
            if with_token
            else "give the application a clone token if it is private"
        )
        super().__init__(repository, f"There is no {repository}: correct its URL, or {remedy}.")


class RemoteUnreachable(GitFailure):
    """The server did not answer as a git server does."""

    def __init__(self, repository: str, said: str) -> None:
        """Takes the repository, and the last that git said."""
        super().__init__(
            repository,
            f"{repository} could not be reached ({said}): see that the builder reaches its "
            "server, then deploy again.",
        )


class CommitNotFound(GitFailure):
    """The repository does not hold the commit (any more)."""

    def __init__(self, repository: str, commit: str) -> None:
        """Takes the repository, and the SHA of the commit."""
        self.commit = commit
        super().__init__(
            repository, f"There is no commit {commit} in {repository}: push it, or deploy another."
        )


class BranchNotFound(GitFailure):
    """The repository has no such branch (any more)."""

    def __init__(self, repository: str, branch: str) -> None:
        """Takes the repository, and the name of the branch."""
        self.branch = branch
        super().__init__(
            repository, f"There is no branch {branch} in {repository}: push it, or choose another."
        )


class RepositoryTooLarge(GitFailure):
    """The commit holds more than a run may check out; it was stopped in time."""

    def __init__(self, repository: str, limit: str) -> None:
        """Takes the repository, and the limit in words."""
        super().__init__(
            repository,
            f"{repository} is too large to deploy: one commit may hold {limit}. Take large files "
            "out of the repository.",
        )


class GitTimedOut(GitFailure):
    """Git took longer than it may."""

    def __init__(self, repository: str, seconds: float) -> None:
        """Takes the repository, and how long it was waited for."""
        super().__init__(
            repository,
            f"Reading {repository} took longer than {seconds:g} seconds and was ended: see that "
            "its server is well, then deploy again.",
        )


class CheckoutBroken(GitFailure):
    """Git failed in a way that is none of the others."""

    def __init__(self, repository: str, exit_code: int, last_lines: tuple[str, ...]) -> None:
        """Takes the repository, git's exit code and the last that it said."""
        self.exit_code = exit_code
        self.last_lines = last_lines
        said = last_lines[-1] if last_lines else "it said nothing"
        super().__init__(
            repository,
            f"{repository} could not be checked out: git ended with {exit_code} ({said}).",
        )

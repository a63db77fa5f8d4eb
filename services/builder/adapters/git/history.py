"""Asks git what lies between two commits, in a folder of its own: the checkout has no history."""

from services.builder.adapters.git.asking import Asked, GitLimits
from services.builder.adapters.git.options import git
from trellis_contracts.changes import MOST_COMMITS, CommitLine, CommitsBetween, Direction
from trellis_contracts.names import BranchName, CommitSha

_PLACE = ".git/trellis-history"
_FETCH = (
    "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
    "--filter=tree:0",
)  # fmt: skip
_LONGEST_SUBJECT = 200
_NO = 1


async def between(
    asked: Asked,
    since: CommitSha,
    until: CommitSha,
    *,
    branch: BranchName | None,
    limits: GitLimits,
) -> CommitsBetween:
    """Give the commits between two, as far back as the limits let git look.

    Raises:
        GitFailure: one of its kinds.
    """
    await asked.must(git("init", "--quiet", _PLACE))
    await _fetch(asked, (until, since), branch=branch, limits=limits)
    for commit in (since, until):
        if not (await asked.run(_in("cat-file", "-e", f"{commit}^{{commit}}"))).succeeded:
            detail = f"{commit[:12]} is not within the newest {limits.depth} commits"
            unknown = Direction.UNKNOWN
            return CommitsBetween(since=since, until=until, direction=unknown, detail=detail)
    direction = await _direction(asked, since, until)
    first, last = (until, since) if direction is Direction.BACK else (since, until)
    listed = await asked.answer(
        _in("log", f"--max-count={MOST_COMMITS + 1}", "--format=%H %s", f"{first}..{last}", "--")
    )
    lines = [_line(line) for line in listed.splitlines() if line]
    return CommitsBetween(
        since=since,
        until=until,
        direction=direction,
        commits=tuple(lines[:MOST_COMMITS]),
        more=len(lines) > MOST_COMMITS,
    )


async def _fetch(
    asked: Asked, commits: tuple[CommitSha, ...], *, branch: BranchName | None, limits: GitLimits
) -> None:
    """Get both by their SHA, else what the branch has; what did not come is seen later."""
    url, depth = asked.remote.url, f"--depth={limits.depth}"
    if (await asked.run(_in(*_FETCH, depth, "--", url, *commits))).succeeded:
        return
    if branch is not None:
        await asked.run(_in(*_FETCH, depth, "--", url, f"refs/heads/{branch}"))


async def _direction(asked: Asked, since: CommitSha, until: CommitSha) -> Direction:
    if await _comes_from(asked, since, until):
        return Direction.FORWARD
    if await _comes_from(asked, until, since):
        return Direction.BACK
    return Direction.APART


async def _comes_from(asked: Asked, older: CommitSha, newer: CommitSha) -> bool:
    ended = await asked.run(_in("merge-base", "--is-ancestor", older, newer))
    if ended.code not in (0, _NO):
        raise asked.broken(ended)
    return ended.code == 0


def _in(*words: str) -> tuple[str, ...]:
    return git("-C", _PLACE, *words)


def _line(line: str) -> CommitLine:
    sha, _, subject = line.partition(" ")
    printable = "".join(one if one.isprintable() else "?" for one in subject)
    return CommitLine(sha=sha, subject=printable[:_LONGEST_SUBJECT])

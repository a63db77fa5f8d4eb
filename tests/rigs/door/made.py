"""What GitHub sends and Octokit's examples lack: ordinary pushes, forks, and the very large."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.rigs.door.real import examples
from tests.support.actors.github import ZEROS, GitHub, Json

PLAIN, SLASHES, UNICODE = "acme/orders", "acme/slashes", "acme/unicode"
BRANCHES = {PLAIN: "main", SLASHES: "feature/new-checkout", UNICODE: "später/版本"}
"""The branch that each one's development is bound to."""

MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Made:
    """A delivery, how it is to be answered, and whether it must deploy."""

    what: str
    repository: str
    event: str
    payload: Json
    delivery: str
    status: int = 202
    acts: bool = False


def deliveries(github: dict[str, GitHub]) -> Iterator[Made]:
    """Every one of them, in the order in which they are to be sent."""
    for repository, branch in BRANCHES.items():
        yield from _life_of_a_branch(repository, branch, github[repository])
    yield from _large(github[PLAIN])
    yield from _of_others(github[PLAIN])
    yield from _pull_requests()


def _life_of_a_branch(repository: str, branch: str, github: GitHub) -> Iterator[Made]:
    """Created, moved, forced, moved again; with pushes that overtake each other in between."""

    def made(what: str, payload: Json, *, acts: bool = False, delivery: str = "") -> Made:
        return Made(
            what=f"{what} ({branch})",
            repository=repository,
            event="push",
            payload=payload,
            delivery=delivery or str(uuid4()),
            acts=acts,
        )

    heads = [f"{number:040x}" for number in range(1, 8)]
    first = str(uuid4())
    created = github.push(branch, before=ZEROS, after=heads[0])
    yield made("a branch is created", created, acts=True, delivery=first)
    yield made("a push", github.push(branch, before=heads[0], after=heads[1]), acts=True)
    many = github.push(branch, before=heads[1], after=heads[2], commits=20)
    yield made("a push of many commits", many, acts=True)
    forced = github.push(branch, before=heads[2], after=heads[3], forced=True)
    yield made("a forced push", forced, acts=True)
    late = github.push(branch, before=heads[0], after=heads[1])
    yield made("a push that was overtaken", late)
    early = github.push(branch, before=heads[5], after=heads[6])
    yield made("a push whose forerunner is missing", early)
    yield made("a redelivery after other pushes", created, delivery=first)
    yield made("a push to another branch", github.push("somebody/else", before=ZEROS))
    yield made("a branch of a longer name", github.push(f"{branch}/more", before=ZEROS))
    yield made("a tag of the branch's name", github.tag(branch))
    yield made("a tag goes", github.push(ref="refs/tags/v1", after=ZEROS, commits=0))
    yield made("another branch goes", github.deletion("somebody/else"))
    yield made("the branch goes", github.push(branch, before=heads[3], after=ZEROS, commits=0))


def _large(github: GitHub) -> Iterator[Made]:
    """GitHub cuts a push at 2,048 commits, and a payload at 25 MB."""
    for what, commits, padding in (
        ("2,048 commits", 2048, 0),
        ("5 MB", 1, 5 * MIB),
        ("24 MB", 1, 24 * MIB),
    ):
        payload = github.push(
            f"large-{commits}-{padding}", before=ZEROS, commits=commits, filler="x" * padding
        )
        yield Made(
            what=f"a push of {what}",
            repository=PLAIN,
            event="push",
            payload=payload,
            delivery=str(uuid4()),
        )


def _of_others(github: GitHub) -> Iterator[Made]:
    """What the hook of one repository says of another one: refused if that is connected too."""
    moved = {"full_name": "acme/renamed", "name": "renamed", "fork": False}
    fork = {"full_name": "mallory/orders", "fork": True}
    for what, repository, status in (
        ("a repository that is connected too", {"full_name": SLASHES}, 403),
        ("a repository that nobody connected", {"full_name": "acme/other"}, 202),
        ("the repository under its new name", moved, 202),
        ("a fork of it under another owner", fork, 202),
    ):
        yield Made(
            what=f"a push of {what}",
            repository=PLAIN,
            event="push",
            payload=github.push(repository=repository),
            delivery=str(uuid4()),
            status=status,
        )


def _pull_requests() -> Iterator[Made]:
    """Pull requests from forks of every shape; none of them may start anything."""
    example = next(one for one in examples() if one.event == "pull_request")
    for action in ("opened", "synchronize", "reopened"):
        for what, head in _forks():
            payload: dict[str, Any] = {**example.payload, "action": action}
            payload["repository"] = {**payload["repository"], "full_name": PLAIN}
            request = payload["pull_request"]
            payload["pull_request"] = {**request, "head": {**request["head"], **head}}
            yield Made(
                what=f"a pull request is {action} from {what}",
                repository=PLAIN,
                event="pull_request",
                payload=payload,
                delivery=str(uuid4()),
            )


def _forks() -> Iterator[tuple[str, dict[str, Any]]]:
    fork = {"id": 999, "fork": True, "name": "orders", "full_name": "mallory/orders"}
    yield "a fork", {"repo": fork}
    yield "a fork with another id that denies being one", {"repo": {**fork, "fork": False}}
    yield "a fork that is deleted", {"repo": None}
    yield "a fork whose owner is gone", {"repo": fork, "user": None}
    yield "a fork that claims the name", {"repo": {**fork, "full_name": PLAIN}}
    yield "a fork with a branch of the bound name", {"repo": fork, "ref": "main"}

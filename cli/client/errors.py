"""What keeps the server from doing what was asked, each in a sentence for a person."""

from typing import ClassVar

import httpx
from pydantic import BaseModel, ValidationError

from cli.exits import CliError, Status


class NotReachable(CliError):
    """Nobody answers at the server's address."""

    status: ClassVar[Status] = Status.UNREACHABLE

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"Trellis does not answer at {url} ({reason}).")
        self.remedy = "Start it with `trellis up`, or set TRELLIS_URL to where it runs."


class NotSignedIn(CliError):
    """The token opens nothing there."""

    status: ClassVar[Status] = Status.UNREACHABLE

    def __init__(self, url: str, token_from: str) -> None:
        super().__init__(f"{url} does not take the token from {token_from}.")
        self.remedy = (
            "Set TRELLIS_TOKEN to a token that is not revoked; an administrator makes one with "
            "`trellis token create NAME`."
        )


class Fault(BaseModel):
    """One field that the server did not take, and why."""

    where: str
    reason: str


class Problem(BaseModel):
    """An answer in problem+json (RFC 9457), as far as it is shown."""

    status: int
    title: str = ""
    detail: str = ""
    remedy: str | None = None
    rule: str | None = None
    errors: tuple[Fault, ...] = ()


class Refusal(CliError):
    """The server understood and said no; `rule` names the decision, where there was one."""

    def __init__(self, problem: Problem) -> None:
        faults = "".join(f"\n  {_field(fault)}: {fault.reason}" for fault in problem.errors)
        super().__init__((problem.detail or problem.title) + faults)
        self.problem = problem
        self.remedy = None if problem.rule else problem.remedy  # a decision's sentence says all

    @property
    def rule(self) -> str | None:
        """The decision that refused, stable for scripts."""
        return self.problem.rule


class NotFound(Refusal):
    """There is no such thing."""


class ServerFailed(CliError):
    """The server answered something that is none of its answers, or failed."""

    def __init__(self, url: str, said: str) -> None:
        super().__init__(f"{url} failed: {said}")
        self.remedy = "See `trellis health` and the services' logs in the data folder."


def problem_of(answer: httpx.Response) -> CliError:
    """Give the error that an answer stands for; its body may be anything."""
    where = str(answer.request.url.copy_with(query=None))
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValidationError:
        return ServerFailed(where, f"it answered {answer.status_code}")
    if problem.status == httpx.codes.NOT_FOUND:
        return NotFound(problem)
    if answer.is_server_error:
        return Unwell(where, problem)
    return Refusal(problem)


class Unwell(ServerFailed):
    """The server says itself that it cannot now."""

    def __init__(self, url: str, problem: Problem) -> None:
        super().__init__(url, problem.detail or problem.title)
        self.remedy = problem.remedy


def _field(fault: Fault) -> str:
    """FastAPI says `body.name`; whoever typed a command knows no body."""
    return fault.where.removeprefix("body.").removeprefix("path.")

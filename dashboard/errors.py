"""What keeps a page from showing or doing what was asked, each in a sentence for a person.

Trouble
├── SignedOut           ingest does not know the visitor, or no more
├── NotThere            there is no such thing
├── Declined            Trellis understood and said no, and why
└── Away                a service does not answer, or cannot now
"""

import httpx
from pydantic import BaseModel, ValidationError


class Trouble(Exception):
    """The sentence says it all."""


class SignedOut(Trouble):
    """Ingest does not know the visitor."""

    def __init__(self) -> None:
        super().__init__("You are signed out.")


class NotThere(Trouble):
    """There is no such thing."""


class Declined(Trouble):
    """Trellis understood and said no; `fields` has what is wrong with what was typed."""

    def __init__(self, sentence: str, fields: tuple[tuple[str, str], ...] = ()) -> None:
        listed = "; ".join(f"{name}: {reason}" for name, reason in fields)
        super().__init__(listed or sentence)
        self.fields = fields


class Away(Trouble):
    """A service does not answer, or says itself that it cannot now."""

    def __init__(self, service: str, reason: str = "") -> None:
        super().__init__(f"{service.capitalize()} {reason or 'does not answer'}.")
        self.service = service


class _Fault(BaseModel):
    where: str
    reason: str


class _Problem(BaseModel):
    title: str = ""
    detail: str = ""
    remedy: str = ""
    rule: str | None = None
    errors: tuple[_Fault, ...] = ()


def trouble_of(answer: httpx.Response, service: str) -> Trouble:
    """Give what an answer that is no success stands for; its body may be anything."""
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return SignedOut()
    try:
        problem = _Problem.model_validate_json(answer.content)
    except ValidationError:
        problem = _Problem()
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        detail = problem.detail.rstrip(".")
        return Away(service, f"cannot answer now: {detail}" if detail else "cannot answer now")
    sentence = problem.detail or problem.title or f"The answer was {answer.status_code}."
    if answer.status_code == httpx.codes.NOT_FOUND:
        return NotThere(sentence)
    fields = tuple((_field(one.where), one.reason) for one in problem.errors)
    says_all = problem.rule is not None or fields  # a decision's sentence says what to do
    return Declined(sentence if says_all else f"{sentence} {problem.remedy}".rstrip(), fields)


def _field(where: str) -> str:
    return where.removeprefix("body.").removeprefix("path.").replace("_", " ")

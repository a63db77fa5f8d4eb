"""What a person asks of an environment: looked at first, then confirmed, then decided.

The dialog says at once what Trellis would refuse: it asks with `dry_run` when it opens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import reflex as rx
from reflex.event import EventSpec

from dashboard.errors import Declined, SignedOut, Trouble
from dashboard.rooms import rooms
from dashboard.shown.board import earlier
from dashboard.state.board import read_board
from dashboard.state.here import Here, argument, to_sign_in, visitor_of
from trellis_contracts.foreseeing import DATA_STAYS
from trellis_contracts.names import new_id
from trellis_contracts.sentences import short
from trellis_contracts.views import ApplicationView, EnvironmentView

_COMMIT_LENGTH: Final = 40
_HEX: Final = set("0123456789abcdef")


@dataclass(frozen=True)
class Choice:
    """Something to choose."""

    value: str = ""
    label: str = ""


@dataclass(frozen=True)
class Question:
    """What the dialog says, and what it wants to be told."""

    title: str = ""
    sentence: str = ""
    button: str = ""
    danger: bool = False
    choices: tuple[Choice, ...] = ()
    needs_name: str = ""
    wants_commit: bool = False
    placeholder: str = ""


class Asking(Here):
    """The dialog over a page."""

    open: bool = False
    question: Question = Question()
    refusal: str = ""
    busy: bool = False

    _path: str = ""
    _key: str = ""
    """Of the command: whoever presses twice, or again after a pause, asks once."""
    _body: dict[str, object] | None = None

    @rx.event
    async def ask(self, kind: str, environment: str) -> EventSpec | None:
        """Open the dialog for what is to happen to an environment of this page's application."""
        client, who = rooms().client, visitor_of(self)
        try:
            application, histories = await read_board(client, who, argument(self, "application"))
            at = _named(application, environment)
            choices = earlier(at, histories[at.environment_id])
            self.question, verb, self._body = _question(kind, application, at, choices=choices)
            self._path = f"{_address(application, at)}/{verb}"
            self.open, self.refusal, self._key = True, "", str(new_id())
            if verb != "deployments":
                body = self._body if kind != "teardown" else {"confirm": environment}
                await client.decide(who, "POST", self._path, body=body, dry_run=True)
        except SignedOut:
            return to_sign_in()
        except Declined as declined:
            self.refusal = str(declined)
        except Trouble as trouble:
            return rx.toast.error(str(trouble))
        return None

    @rx.event
    async def ask_to_cancel(self, environment: str, number: int) -> EventSpec | None:
        """Open the dialog that ends a deployment."""
        client, who = rooms().client, visitor_of(self)
        try:
            application = await client.application(who, argument(self, "application"))
            at = _named(application, environment)
            found = await client.deployments(who, at.environment_id, number=number)
        except SignedOut:
            return to_sign_in()
        except Trouble as trouble:
            return rx.toast.error(str(trouble))
        if found:
            self.question = _cancelling(number, environment)
            self._path = f"{_address(application, at)}/deployments/{found[0].deployment_id}/cancel"
            self._body, self.open, self.refusal = None, True, ""
            self._key = str(new_id())
        return None

    @rx.event
    async def confirm(self, typed: dict[str, Any]) -> EventSpec | None:
        """Have it decided, as the dialog says; a refusal is said in the dialog."""
        if not self._key:
            return None
        try:
            body = _told(self._body, self.question, typed)
            await rooms().client.decide(
                visitor_of(self), "POST", self._path, body=body, key=UUID(self._key)
            )
        except SignedOut:
            return to_sign_in()
        except Declined as declined:
            self.refusal, self._key = str(declined), str(new_id())
            return None
        except Trouble as trouble:
            self.refusal = str(trouble)
            return None
        self.open = False
        return rx.toast.success(f"{self.question.button}: accepted")

    @rx.event
    def change_open(self, is_open: bool) -> None:  # noqa: FBT001  # Radix's event has this argument
        """Close the dialog, or leave it open."""
        self.open = is_open


def _named(application: ApplicationView, environment: str) -> EnvironmentView:
    found = next((one for one in application.environments if one.name == environment), None)
    if found is None:
        raise Declined(f"{application.name} has no environment {environment}.")
    return found


def _address(application: ApplicationView, at: EnvironmentView) -> str:
    return f"/applications/{application.application_id}/environments/{at.environment_id}"


def _question(
    kind: str,
    application: ApplicationView,
    at: EnvironmentView,
    *,
    choices: list[tuple[str, str]],
) -> tuple[Question, str, dict[str, object] | None]:
    """Give what to say, the last part of the path, and the body as far as it is known."""
    match kind:
        case "promote":
            return _promotion(application, at)
        case "rollback":
            said = (
                "What that deployment had deployed is brought back as it was kept: nothing is "
                f"built again. It touches this environment alone. {DATA_STAYS}"
            )
            shown = tuple(Choice(*one) for one in choices)
            asked = Question(f"Roll {at.name} back", said, "Roll back", choices=shown)
            return asked, "rollback", {"deployment_id": choices[0][0] if choices else None}
        case "teardown":
            return _teardown(application, at), "teardown", {}
        case "redeploy":
            said = "The same commit is built and deployed once more, with today's settings."
            return Question(f"Redeploy {at.name}", said, "Redeploy"), "redeploy", None
        case "deploy":
            return _deploy(at), "deployments", {}
        case _:
            raise Declined("There is no such request.")


def _promotion(
    application: ApplicationView, at: EnvironmentView
) -> tuple[Question, str, dict[str, object]]:
    names = [one.name for one in application.environments]
    source = application.environments[max(0, names.index(at.name) - 1)]
    commit = short(source.release.commit) if source.release else "what runs there"
    said = (
        f"{at.name} gets {commit}, which {source.name} runs now: the same commit, built with the "
        f"settings, variables and secrets of {at.name}."
    )
    asked = Question(f"Promote to {at.name}", said, "Promote")
    return asked, "promote", {"source": str(source.environment_id)}


def _teardown(application: ApplicationView, at: EnvironmentView) -> Question:
    said = (
        f"Everything that {application.name} has in the cloud for {at.name} is removed, and what "
        "it stores there with it. Settings, variables and history stay."
    )
    return Question(f"Tear {at.name} down", said, "Tear down", danger=True, needs_name=at.name)


def _deploy(at: EnvironmentView) -> Question:
    own = at.settings.branch
    said = f"Leave it empty for the newest commit of {own}." if own else "Say which."
    hint = f"{own} (its own branch)" if own else "a branch, or a whole commit"
    return Question(
        f"Deploy to {at.name}", f"A branch or a commit to build and deploy. {said}", "Deploy",
        wants_commit=True, placeholder=hint,
    )  # fmt: skip


def _cancelling(number: int, environment: str) -> Question:
    said = (
        "It ends as soon as its run has left the cloud in order: what is half made is put back "
        "as it was."
    )
    return Question(f"Cancel #{number} of {environment}", said, "Cancel deployment", danger=True)


def _told(
    body: Mapping[str, object] | None, question: Question, typed: Mapping[str, Any]
) -> dict[str, object] | None:
    """Give the body with what the person typed or chose."""
    told = None if body is None else dict(body)
    if question.needs_name:
        return {"confirm": str(typed.get("name", "")).strip()}
    if question.choices:
        return {"deployment_id": str(typed.get("choice", "")) or None}
    if question.wants_commit:
        return commit_or_branch(str(typed.get("commit", "")).strip())
    return told


def commit_or_branch(typed: str) -> dict[str, object]:
    """Tell a commit from a branch: forty hexadecimal digits are a commit."""
    if not typed:
        return {}
    is_commit = len(typed) == _COMMIT_LENGTH and set(typed.lower()) <= _HEX
    return {"commit": typed.lower()} if is_commit else {"branch": typed}

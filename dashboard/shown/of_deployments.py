"""What the dialog says before something is done to one deployment: pure functions of views."""

from collections.abc import Callable, Mapping
from typing import Final

from dashboard.errors import Declined
from dashboard.shown.question import Fact, Question, Request
from dashboard.shown.waiting import approved_by
from dashboard.shown.words import first_line, kind_of, what, why
from trellis_contracts.rules import GateKind
from trellis_contracts.sentences import runs_what
from trellis_contracts.views import DeploymentView, EnvironmentView

_SHOWN_OF_CONTENT: Final = 12


def question_about(kind: str, at: EnvironmentView, view: DeploymentView) -> Request:
    """Give what to ask before this is done to a deployment. Raises Declined: nobody does that."""
    if kind not in _OF_DEPLOYMENTS:
        raise Declined("There is no such request.")
    return _OF_DEPLOYMENTS[kind](at, view)


def _cancel(at: EnvironmentView, view: DeploymentView) -> Request:
    said = (
        "It ends as soon as its run has left the cloud in order: what is half made is put back "
        "as it was."
    )
    title = f"Cancel #{view.number} of {at.name}"
    return Request(Question(title, said, "Cancel deployment", danger=True), _part(view, "cancel"))


def _approval(at: EnvironmentView, view: DeploymentView) -> Request:
    said = (
        "You approve exactly what stands here. When its commit, settings, variables or secrets "
        "change before it starts, your approval lapses."
    )
    given = {
        "What": f"{kind_of(view.kind)} of {what(view)}, {why(view)}",
        "Message": first_line(view.message),
        "Runs now": runs_what(at.release),
        "Variables": ", ".join(view.variables),
        "Secrets": ", ".join(view.secrets),
        "It waits": "; ".join(gate.sentence for gate in view.gates),
        "Approved by": approved_by(view),
        "Content": (view.content or "")[:_SHOWN_OF_CONTENT],
    }
    facts = tuple(Fact(name, value) for name, value in given.items() if value)
    asked = Question(f"Approve #{view.number} of {at.name}", said, "Approve", facts=facts)
    return Request(asked, _part(view, "approve"), {"content": view.content or ""})


def _override(at: EnvironmentView, view: DeploymentView) -> Request:
    said = "It starts in spite of the freeze. Who let it, and why, is recorded and shown."
    frozen = tuple(
        Fact("It waits", gate.sentence) for gate in view.gates if gate.kind is GateKind.FREEZE
    )
    asked = Question(
        f"Override the freeze for #{view.number} of {at.name}", said, "Override freeze",
        danger=True, facts=frozen, wants_reason=True,
    )  # fmt: skip
    return Request(asked, _part(view, "override-freeze"))


def _part(view: DeploymentView, verb: str) -> str:
    return f"deployments/{view.deployment_id}/{verb}"


_OF_DEPLOYMENTS: Final[Mapping[str, Callable[[EnvironmentView, DeploymentView], Request]]] = {
    "cancel": _cancel,
    "approve": _approval,
    "override": _override,
}

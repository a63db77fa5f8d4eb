"""What the dialog says before something is done to an environment: pure functions of views."""

from collections.abc import Callable, Mapping
from typing import Final

from dashboard.errors import Declined
from dashboard.shown.board import earlier, lasting
from dashboard.shown.question import Choice, Question, Request, Scene
from dashboard.shown.words import pages_of
from trellis_contracts.foreseeing import DATA_STAYS
from trellis_contracts.sentences import short


def question_of(kind: str, scene: Scene) -> Request:
    """Give what to ask before this is done to an environment. Raises Declined: nobody does that."""
    if kind not in _OF_ENVIRONMENTS:
        raise Declined("There is no such request.")
    return _OF_ENVIRONMENTS[kind](scene)


def _promotion(scene: Scene) -> Request:
    application, at = scene.application, scene.at
    line = lasting(application)
    names = [one.name for one in line]
    source = line[max(0, names.index(at.name) - 1)] if at.name in names else at
    commit = short(source.release.commit) if source.release else "what runs there"
    said = (
        f"{at.name} gets {commit}, which {source.name} runs now: the same commit, built with the "
        f"settings, variables and secrets of {at.name}."
    )
    body = {"source": str(source.environment_id)}
    asked = Question(f"Promote to {at.name}", said, "Promote")
    return Request(asked, "promote", body, tries=True, tried=body, foresees=True)


def _rollback(scene: Scene) -> Request:
    at = scene.at
    said = (
        "What that deployment had deployed is brought back as it was kept: nothing is built again. "
        "It touches this environment alone, and waits for no approval and no freeze."
    )
    warning = (
        f"{DATA_STAYS} Afterwards no push deploys here, and the commit that is taken away is "
        "barred, until somebody resumes or deploys a newer one that passes."
    )
    choices = tuple(Choice(*one) for one in earlier(at, scene.history))
    body = {"deployment_id": choices[0].value if choices else None}
    asked = Question(f"Roll {at.name} back", said, "Roll back", warning=warning, choices=choices)
    return Request(asked, "rollback", body, tries=True, tried=body, foresees=True)


def _teardown(scene: Scene) -> Request:
    application, at = scene.application, scene.at
    said = (
        f"Everything that {application.name} has in the cloud for {at.name} is removed. Settings, "
        "variables and history stay."
    )
    asked = Question(
        f"Tear {at.name} down", said, "Tear down", danger=True, needs_name=at.name,
        warning="What is stored there goes with it. Nothing brings it back.",
    )  # fmt: skip
    return Request(asked, "teardown", tries=True, tried={"confirm": at.name})


def _removal(scene: Scene) -> Request:
    application, at = scene.application, scene.at
    said = (
        f"{application.name} has no environment {at.name} any more: its settings, variables and "
        "secrets are removed, its history stays. What it has in the cloud must be torn down first."
    )
    asked = Question(
        f"Remove {at.name}", said, "Remove environment", danger=True, needs_name=at.name
    )
    tried = {"confirm": at.name}
    leads_to = pages_of(application.name)
    return Request(asked, "removal", tries=True, tried=tried, leads_to=leads_to)


def _redeploy(scene: Scene) -> Request:
    at = scene.at
    said = "The same commit is built and deployed once more, with today's settings."
    return Request(Question(f"Redeploy {at.name}", said, "Redeploy"), "redeploy", tries=True)


def _deploy(scene: Scene) -> Request:
    at = scene.at
    own = at.settings.branch
    said = f"Leave it empty for the newest commit of {own}." if own else "Say which."
    hint = f"{own} (its own branch)" if own else "a branch, or a whole commit"
    asked = Question(
        f"Deploy to {at.name}", f"A branch or a commit to build and deploy. {said}", "Deploy",
        wants_commit=True, placeholder=hint,
    )  # fmt: skip
    return Request(asked, "deployments")


def _resumption(scene: Scene) -> Request:
    at = scene.at
    barred = ", ".join(map(short, at.hold.barred)) if at.hold else ""
    ends = f" The bar on {barred} ends too." if barred else ""
    said = f"Pushes deploy to {at.name} again.{ends} Nothing is deployed now: the next push is."
    return Request(Question(f"Resume {at.name}", said, "Resume"), "resume")


def _classification(scene: Scene) -> Request:
    at = scene.at
    wanted = not at.production
    said = (
        "No push and nobody's deploy reaches it any more: only promotions and rollbacks do."
        if wanted
        else "People deploy to it directly then, and its settings may say that pushes do."
    )
    name = f"{at.name} production" if wanted else f"{at.name} no production environment"
    asked = Question(f"Make {name}", said, "Make it production" if wanted else "Make it none")
    return Request(asked, "class", {"production": wanted}, method="PUT")


_OF_ENVIRONMENTS: Final[Mapping[str, Callable[[Scene], Request]]] = {
    "promote": _promotion,
    "rollback": _rollback,
    "teardown": _teardown,
    "remove": _removal,
    "redeploy": _redeploy,
    "deploy": _deploy,
    "resume": _resumption,
    "classify": _classification,
}

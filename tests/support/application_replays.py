"""The life of an application, as later versions must read it: part of `tests.support.replays`."""

import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from services.orchestrator.domain import application, pull_requests
from services.orchestrator.domain.application import ApplicationQuestion
from services.orchestrator.domain.connected import (
    Application,
    ApplicationState,
    NotCreated,
    Surroundings,
)
from services.orchestrator.domain.following import PullRequest
from services.orchestrator.domain.refusals import Illegal
from services.orchestrator.domain.slot import Environment
from tests.support.deployments import CREATE_SHOP, SHOP
from tests.support.spec import NOW
from trellis_contracts.applications import (
    AddEnvironment,
    CheckReported,
    ConfigureEnvironment,
    RecordCredentials,
    RecordSecret,
    RemoveVariable,
    SetVariable,
    WatchPaths,
)
from trellis_contracts.lifecycles import (
    ChangeFolder,
    ClassifyEnvironment,
    RemoveEnvironment,
    RenameApplication,
    RenameEnvironment,
    ReorderEnvironments,
    RepointRepository,
)
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.pull_requests import (
    Ending,
    FollowPullRequests,
    PullRequestEnded,
    PullRequestOpened,
    PullRequestRule,
    ServePullRequest,
)
from trellis_contracts.pushes import (
    BranchesListed,
    BranchesUnlisted,
    BranchHeadObserved,
    BranchUnobservable,
    HeadSource,
)
from trellis_contracts.rules import Approvals, CheckConclusion, RequiredChecks
from trellis_contracts.settings import SettingsChange
from trellis_contracts.sizes import BuildSize
from trellis_contracts.trials import TrialEnded, TryPullRequest

Told = tuple[Message, datetime]
_STEPS = 250


def facts_of(state: Application) -> dict[str, object]:
    """Say in plain values what an application amounts to, whatever its state is made of."""
    followed = state.pull_requests
    return {
        "created": state.created.model_dump(mode="json"),
        "environments": [
            {
                "name": one.name,
                "stage": one.stage,
                "production": one.production,
                "settings": one.settings.model_dump(mode="json", exclude_defaults=True),
                "variables": dict(one.variables),
                "secrets": dict(one.secrets),
                "credentials": one.credentials_version,
                "pull_request": one.pull_request,
            }
            for one in state.environments.values()
        ],
        "heads": dict(state.heads),
        "unobservable": dict(state.unobservable),
        "watches": list(state.watches),
        "checks": {sha: dict(said) for sha, said in state.checks.items()},
        "following": followed.rule and followed.rule.model_dump(mode="json"),
        "open": [
            [one.number, one.foreign, one.branch, one.commit, one.hindrance, _passed(one)]
            for one in followed.open.values()
        ],
        "ended": sorted(followed.ended),
    }


def _passed(request: PullRequest) -> bool | None:
    return request.trial.passed if request.trial else None


def lived(seed: int) -> tuple[list[Told], Application]:
    """Live a life of settings, environments and pull requests that the seed decides."""
    chosen, now = random.Random(seed), NOW  # noqa: S311 - a story
    state: ApplicationState = NotCreated()
    told: list[Told] = []
    wanted: list[ApplicationQuestion] = [CREATE_SHOP]
    for step in range(_STEPS):
        now += timedelta(minutes=chosen.choice([1, 10, 300]))
        if isinstance(state, Application):
            wanted = _thinkable(state, chosen, step=step, now=now)
        for event in _decided(chosen.choice(wanted), state, now):
            told.append((event, now))
            state = application.evolve(state, event, at=now)
    assert isinstance(state, Application)
    return told, state


def written(seed: int) -> dict[str, object]:
    """Give an application's history as it is stored, and what it amounts to."""
    told, state = lived(seed)
    events = [
        {
            "type": type(event).__name__,
            "version": event.schema_version,
            "at": at.isoformat(),
            "body": event.model_dump(mode="json"),
        }
        for event, at in told
    ]
    return {"events": events, "facts": json.loads(json.dumps(facts_of(state)))}


def _decided(
    question: ApplicationQuestion, state: ApplicationState, now: datetime
) -> Sequence[Message]:
    environments = state.environments if isinstance(state, Application) else {}
    held = dict.fromkeys(environments, Environment())
    context = Surroundings(held=held, asked_at=now)
    try:
        return application.decide(question, state, context=context, now=now)
    except Illegal:
        return ()  # what was refused leaves no event


def _thinkable(
    state: Application, chosen: random.Random, *, step: int, now: datetime
) -> list[ApplicationQuestion]:
    one = chosen.choice([*state.environments])
    ids = {"application_id": SHOP, "environment_id": one}
    return [
        *_of_settings(ids, chosen, step),
        *_of_the_line(state, ids, chosen, step=step),
        *_of_pull_requests(state, chosen, now=now),
        *_of_the_remote(chosen),
    ]


def _of_settings(
    ids: Mapping[str, object], chosen: random.Random, step: int
) -> list[ApplicationQuestion]:
    change = chosen.choice(
        [
            SettingsChange(automatic=True, branch="main"),
            SettingsChange(automatic=False),
            SettingsChange(approvals=Approvals(needed=2), size=BuildSize.LARGE),
            SettingsChange(checks=RequiredChecks(names=("build",)), after_deploy="npm run smoke"),
            SettingsChange(branch="release/*", automatic=True, silence_minutes=30),
        ]
    )
    name = chosen.choice(["A", "B"])
    questions: list[object] = [
        ConfigureEnvironment.model_validate({**ids, "change": change}),
        SetVariable.model_validate({**ids, "name": name, "value": str(step)}),
        RemoveVariable.model_validate({**ids, "name": name}),
        RecordSecret.model_validate({**ids, "name": "KEY", "version": step + 1}),
        RecordCredentials.model_validate({**ids, "version": step + 1}),
    ]
    return questions  # type: ignore[return-value]  # each is one of the union


def _of_the_line(
    state: Application, ids: Mapping[str, object], chosen: random.Random, *, step: int
) -> list[ApplicationQuestion]:
    lasting = [key for key, one in state.environments.items() if one.pull_request is None]
    chosen.shuffle(lasting)
    name = next(one.name for key, one in state.environments.items() if key == ids["environment_id"])
    url = f"https://github.com/acme/shop-{step}"
    return [
        AddEnvironment(
            application_id=SHOP, environment_id=derived_id("added", step), name=f"qa-{step}"
        ),
        RenameEnvironment.model_validate({**ids, "name": f"e-{step}"}),
        RemoveEnvironment.model_validate({**ids, "confirm": name}),
        ClassifyEnvironment.model_validate({**ids, "production": chosen.random() < 0.5}),
        ReorderEnvironments(application_id=SHOP, environments=tuple(lasting)),
        RenameApplication(application_id=SHOP, name=f"shop-{step}"),
        ChangeFolder(application_id=SHOP, folder=f"apps/{step}"),
        RepointRepository(application_id=SHOP, repository=url, repository_name=f"acme/shop-{step}"),
        WatchPaths(application_id=SHOP, paths=(f"apps/{step}",)),
    ]


def _of_pull_requests(
    state: Application, chosen: random.Random, *, now: datetime
) -> list[ApplicationQuestion]:
    number = chosen.randint(1, 4)
    commit = f"{chosen.getrandbits(160):040x}"
    opened = PullRequestOpened(
        application_id=SHOP,
        number=number,
        foreign=number == 4,
        branch=f"branch-{number}",
        commit=commit,
        updated_at=now,
    )
    known = state.pull_requests.open.get(number)
    rule = PullRequestRule(template=next(iter(state.environments)), days=30)
    questions: list[ApplicationQuestion] = [
        opened,
        opened,
        PullRequestEnded(application_id=SHOP, number=number, why=Ending.CLOSED, updated_at=now),
        FollowPullRequests(application_id=SHOP, following=rule),
        TryPullRequest(
            application_id=SHOP, number=number, commit=known.commit if known else commit
        ),
    ]
    line = state.environments
    for request, _ in pull_requests.unserved(state.pull_requests, line):
        questions.append(ServePullRequest(application_id=SHOP, number=request.number))
    if known and known.trial:
        asked = known.trial.request
        questions.append(
            TrialEnded(
                application_id=SHOP,
                number=number,
                commit=asked.commit,
                run_id=asked.run_id,
                passed=chosen.random() < 0.5,
                sentence="So.",
            )
        )
    return questions


def _of_the_remote(chosen: random.Random) -> list[ApplicationQuestion]:
    branch, commit = chosen.choice(["main", "branch-1"]), f"{chosen.getrandbits(160):040x}"
    conclusion = chosen.choice([CheckConclusion.PASSED, CheckConclusion.FAILED])
    return [
        BranchHeadObserved(
            application_id=SHOP, branch=branch, commit=commit, source=HeadSource.PUSH
        ),
        BranchUnobservable(application_id=SHOP, branch="branch-2", detail="gone", gone=True),
        BranchesListed(application_id=SHOP, pattern="release/*", heads={"release/1": commit}),
        BranchesUnlisted(application_id=SHOP, pattern="release/*", detail="no route"),
        CheckReported(application_id=SHOP, commit=commit, check="build", conclusion=conclusion),
    ]

"""Each route of the API sends the command that it stands for, and tells the answer."""

from uuid import UUID, uuid4

import pytest

from services.chassis.secrets import open_secrets
from services.chassis.secrets.paths import (
    SecretPath,
    clone_token_path,
    credentials_path,
    secret_path,
)
from tests.support.ingest import ConnectedApplication, RunningIngest
from trellis_contracts.applications import (
    ConfigureEnvironment,
    CreateApplication,
    RecordCloneToken,
    RecordCredentials,
    RecordSecret,
    RemoveSecret,
    RemoveVariable,
    SetVariable,
)
from trellis_contracts.asking import RefusalCode
from trellis_contracts.continuing import Continuation, ContinueRollback
from trellis_contracts.deployments import (
    Cancel,
    Promote,
    RecordCloudReset,
    Redeploy,
    RequestDeploy,
    RollBack,
    TearDown,
)
from trellis_contracts.foreseeing import DATA_STAYS
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.previewing import PreviewPromotion, PreviewRollback
from trellis_contracts.rights import Role
from trellis_contracts.settings import SettingsChange

COMMIT = "c" * 40
DEPLOYMENT = UUID("018f0000-0000-7000-8000-000000000001")


async def _send(
    ingest: RunningIngest, call: str, body: object = None, *, role: Role = Role.DEVELOPER
) -> Message:
    method, url = call.split()
    answer = await ingest.client.request(method, url, json=body, headers=ingest.as_a(role))
    assert answer.status_code == 202, answer.text
    assert answer.json()["id"] == answer.headers["Idempotency-Key"]
    return ingest.orchestrator.commands[-1]


async def _value(ingest: RunningIngest, path: SecretPath, version: int) -> str:
    settings = ingest.settings
    store = open_secrets(settings.secrets.get_secret_value(), key_file=settings.secrets_key)
    return (await store.get(path, version)).get_secret_value()


async def test_creating_an_application_shows_its_hook_once_and_asks_with_derived_ids(
    ingest: RunningIngest,
) -> None:
    key = uuid4()
    answer = await ingest.client.post(
        "/api/v1/applications",
        json={"name": "orders", "repository": "https://github.com/acme/orders.git"},
        headers={**ingest.as_a(Role.DEVELOPER), "Idempotency-Key": str(key)},
    )
    told = answer.json()

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    application = UUID(told["application_id"])
    assert application == derived_id(key, "application")
    assert list(told["environments"]) == ["development", "staging", "production"]
    assert told["environments"]["staging"] == str(derived_id(application, "staging"))
    hook = told["webhook"]["url"].rpartition("/")[2]
    assert ingest.orchestrator.commands == [
        CreateApplication(
            application_id=application,
            name="orders",
            repository="https://github.com/acme/orders.git",
            repository_name="acme/orders",
            hook=hook,
        )
    ]
    assert told["webhook"]["secret"] not in ingest.orchestrator.asked[0].body
    assert ingest.orchestrator.asked[0].actor == "person:ana"
    assert ingest.orchestrator.asked[0].id == key


async def test_the_same_key_gives_its_maker_the_same_hook_and_nobody_else(
    ingest: RunningIngest,
) -> None:
    async def create(actor: str) -> tuple[int, object]:
        key = {"Idempotency-Key": "018f0000-0000-7000-8000-00000000000a"}
        answer = await ingest.client.post(
            "/api/v1/applications",
            json={"name": "orders", "repository": "https://github.com/acme/orders"},
            headers={**ingest.as_a(Role.DEVELOPER, actor), **key},
        )
        return answer.status_code, answer.json().get("webhook")

    first = await create("person:ana")

    assert await create("person:ana") == first
    assert await create("person:bob") == (409, None)


async def test_a_clone_token_is_sealed_before_its_version_is_recorded(
    ingest: RunningIngest,
) -> None:
    application = await ingest.an_application(clone_token="ghp_first_token")
    created = ingest.orchestrator.commands[-1]
    url = f"/api/v1/applications/{application.id}/clone-token"

    assert isinstance(created, CreateApplication)
    assert created.clone_token_version == 1
    assert await _send(ingest, f"PUT {url}", {"token": "ghp_second_token"}) == RecordCloneToken(
        application_id=application.id, version=2
    )
    assert await _value(ingest, clone_token_path(application.id), 2) == "ghp_second_token"


async def test_settings_name_only_what_was_sent_and_null_is_a_value(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    sent = {"branch": None, "automatic": True}

    command = await _send(ingest, f"PATCH {application.at()}/settings", sent)

    assert command == ConfigureEnvironment(
        application_id=application.id,
        environment_id=application.environments["development"],
        change=SettingsChange(branch=None, automatic=True),
    )
    assert isinstance(command, ConfigureEnvironment)
    assert command.change.model_fields_set == {"branch", "automatic"}


async def test_variables_secrets_and_credentials_are_asked_for_by_version(
    ingest: RunningIngest,
) -> None:
    application = await ingest.an_application()
    here, of = application.at(), application.id
    environment = application.environments["development"]
    ids = {"application_id": of, "environment_id": environment}
    keys = {"access_key_id": "123456789012", "secret_access_key": "test"}

    assert await _send(ingest, f"PUT {here}/variables/A", {"value": "1"}) == SetVariable(
        **ids, name="A", value="1"
    )
    assert await _send(ingest, f"DELETE {here}/variables/A") == RemoveVariable(**ids, name="A")
    assert await _send(ingest, f"PUT {here}/secrets/S", {"value": "s3cret-value"}) == (
        RecordSecret(**ids, name="S", version=1)
    )
    assert await _send(ingest, f"DELETE {here}/secrets/S") == RemoveSecret(**ids, name="S")
    assert await _send(ingest, f"PUT {here}/credentials", keys) == RecordCredentials(
        **ids, version=1
    )
    assert await _value(ingest, secret_path(of, environment, "S"), 1) == "s3cret-value"
    assert await _value(ingest, credentials_path(of, environment), 1) == (
        '{"access_key_id":"123456789012","secret_access_key":"test","session_token":null}'
    )


def _deployments(application: ConnectedApplication) -> list[tuple[str, object, Message]]:
    here = application.environments["development"]
    return [
        ("deployments", {"commit": COMMIT}, RequestDeploy(environment_id=here, commit=COMMIT)),
        ("deployments", {"branch": "a/b"}, RequestDeploy(environment_id=here, branch="a/b")),
        ("deployments", {}, RequestDeploy(environment_id=here)),
        ("redeploy", None, Redeploy(environment_id=here)),
        (
            "promote",
            {"source": str(application.environments["staging"])},
            Promote(environment_id=here, source=application.environments["staging"]),
        ),
        ("rollback", {}, RollBack(environment_id=here)),
        (
            "rollback",
            {"deployment_id": str(DEPLOYMENT)},
            RollBack(environment_id=here, deployment_id=DEPLOYMENT),
        ),
        (
            "teardown",
            {"confirm": "development"},
            TearDown(environment_id=here, confirm="development"),
        ),
    ]


async def test_each_kind_of_deployment_is_asked_for_and_dry_runs_store_nothing(
    ingest: RunningIngest,
) -> None:
    application = await ingest.an_application()
    for path, body, command in _deployments(application):
        url = f"{application.at()}/{path}"
        assert await _send(ingest, f"POST {url}", body) == command
        assert not ingest.orchestrator.asked[-1].dry_run

        dry = await ingest.client.post(
            url, params={"dry_run": "true"}, json=body, headers=ingest.as_a(Role.DEVELOPER)
        )
        assert (dry.status_code, dry.json()["dry_run"]) == (200, True)
        assert ingest.orchestrator.asked[-1].dry_run


async def test_previews_are_asked_for_by_who_may_deploy(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    here, staging = application.environments["development"], application.environments["staging"]
    promotion = f"{application.at()}/promote/preview"

    assert await _send(ingest, f"POST {promotion}", {"source": str(staging)}) == (
        PreviewPromotion(environment_id=here, source=staging)
    )
    assert await _send(ingest, f"POST {application.at()}/rollback/preview", {}) == (
        PreviewRollback(environment_id=here)
    )
    viewer = ingest.as_a(Role.VIEWER)
    body = {"source": str(staging)}
    assert (await ingest.client.post(promotion, json=body, headers=viewer)).status_code == 403


async def test_the_answer_to_a_rollback_says_what_it_cannot_undo(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    for dry_run in ("true", "false"):
        answer = await ingest.client.post(
            f"{application.at()}/rollback",
            params={"dry_run": dry_run},
            json={},
            headers=ingest.as_a(Role.DEVELOPER),
        )
        assert answer.json()["cannot_undo"] == [DATA_STAYS]


async def test_continuing_a_rollback_is_asked_for_by_administrators_with_a_reason(
    ingest: RunningIngest,
) -> None:
    application = await ingest.an_application()
    url = f"{application.at()}/continue-rollback"
    sent = {"stack": "shop-dev", "skip": ["Topic", "shop-dev-Inner-1.Queue"], "reason": "gone"}

    assert await _send(ingest, f"POST {url}", sent, role=Role.ADMIN) == ContinueRollback(
        environment_id=application.environments["development"],
        continuation=Continuation.model_validate(sent),
    )
    for role, body, status in [
        (Role.DEVELOPER, sent, 403),
        (Role.ADMIN, {**sent, "reason": ""}, 422),
        (Role.ADMIN, {**sent, "skip": ["--force"]}, 422),
    ]:
        answer = await ingest.client.post(url, json=body, headers=ingest.as_a(role))
        assert answer.status_code == status, answer.text


async def test_cancelling_and_cloud_resets_are_asked_for(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    here = application.environments["development"]
    url = f"{application.at()}/deployments/{DEPLOYMENT}/cancel"
    reset = {"instance": "one"}

    assert await _send(ingest, f"POST {url}") == Cancel(
        environment_id=here, deployment_id=DEPLOYMENT
    )
    assert await _send(ingest, "POST /api/v1/cloud-resets", reset, role=Role.ADMIN) == (
        RecordCloudReset(instance="one")
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (RefusalCode.UNKNOWN, 404),
        (RefusalCode.CONFLICT, 409),
        (RefusalCode.INVALID, 422),
        (RefusalCode.STALE, 409),
    ],
)
async def test_a_refusal_is_told_with_its_rule_and_sentence(
    ingest: RunningIngest, code: RefusalCode, status: int
) -> None:
    application = await ingest.an_application()
    ingest.orchestrator.refuses_with = (code, "production-is-promoted-to")

    answer = await ingest.client.post(
        f"{application.at()}/redeploy", headers=ingest.as_a(Role.DEVELOPER)
    )

    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["rule"] == "production-is-promoted-to"
    assert problem["detail"] == "This may not be: do something else."
    assert problem["remedy"]
    assert UUID(answer.headers["Idempotency-Key"]).version == 7


async def test_a_refused_application_leaves_no_hook(ingest: RunningIngest) -> None:
    ingest.orchestrator.refuses_with = (RefusalCode.CONFLICT, "name-taken")
    answer = await ingest.client.post(
        "/api/v1/applications",
        json={"name": "orders", "repository": "https://github.com/acme/orders"},
        headers={
            **ingest.as_a(Role.DEVELOPER),
            "Idempotency-Key": "018f0000-0000-7000-8000-00000000000a",
        },
    )
    application = derived_id(UUID("018f0000-0000-7000-8000-00000000000a"), "application")
    rotated = await ingest.client.post(
        f"/api/v1/applications/{application}/hook", headers=ingest.as_a(Role.DEVELOPER)
    )

    assert (answer.status_code, rotated.status_code) == (409, 404)

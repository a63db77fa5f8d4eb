"""The routes that change or end an application, and what follows once it has happened."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.secrets import open_secrets
from services.chassis.secrets.paths import SecretPath, clone_token_path, secret_path
from services.chassis.secrets.port import SecretNotFound
from tests.support.actors.github import body_of
from tests.support.histories import recorded
from tests.support.ingest import ConnectedApplication, RunningIngest
from tests.support.orchestration import until
from trellis_contracts import codec, subjects
from trellis_contracts.applications import AddEnvironment
from trellis_contracts.lifecycles import (
    ApplicationDeleted,
    ChangeFolder,
    ClassifyEnvironment,
    DeleteApplication,
    EnvironmentRemoved,
    Mover,
    RemoveEnvironment,
    RenameApplication,
    RenameEnvironment,
    ReorderEnvironments,
    RepointRepository,
    RepositoryMoved,
)
from trellis_contracts.message import Message
from trellis_contracts.rights import Role
from trellis_contracts.settings import EnvironmentSettings

STORE = "https://github.com/acme/store.git"


@pytest.fixture
async def relay(nats_url: str) -> AsyncIterator[Bus]:
    bus = await connect_bus(nats_url, service="relay")
    yield bus
    await bus.stop()


async def publish(relay: Bus, event: Message, *, position: int = 1) -> None:
    """Publish an event as the relay does."""
    envelope = recorded(event, position=position).envelope
    about = codec.headers(envelope, source="/trellis/test")
    await relay.publish(subjects.event(event), codec.encode(event), headers=about)


async def send(ingest: RunningIngest, call: str, body: object) -> Message:
    method, url = call.split()
    answer = await ingest.client.request(method, url, json=body, headers=ingest.as_a_developer())
    assert answer.status_code == 202, answer.text
    return ingest.orchestrator.commands[-1]


def changes(application: ConnectedApplication) -> list[tuple[str, object, Message]]:
    of, here = {"application_id": application.id}, application.environments["staging"]
    at = {**of, "environment_id": here}
    order = tuple(application.environments.values())
    moved = {"repository": STORE, "repository_name": "acme/store"}
    return [
        ("PUT name", {"name": "store"}, RenameApplication(**of, name="store")),
        ("PUT repository", {"repository": STORE}, RepointRepository(**of, **moved)),
        (
            "PUT repository",
            {"repository": STORE, "folder": "api"},
            RepointRepository(**of, **moved, folder="api"),
        ),
        ("PUT folder", {"folder": "api"}, ChangeFolder(**of, folder="api")),
        ("POST deletion", {"confirm": "orders"}, DeleteApplication(**of, confirm="orders")),
        (
            "PUT environments/order",
            {"environments": [str(one) for one in order]},
            ReorderEnvironments(**of, environments=order),
        ),
        (f"PUT environments/{here}/name", {"name": "qa"}, RenameEnvironment(**at, name="qa")),
        (
            f"POST environments/{here}/removal",
            {"confirm": "staging"},
            RemoveEnvironment(**at, confirm="staging"),
        ),
    ]


async def test_each_change_sends_the_command_that_it_stands_for(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    for call, body, command in changes(application):
        method, path = call.split()
        url = f"/api/v1/applications/{application.id}/{path}"
        assert await send(ingest, f"{method} {url}", body) == command


async def test_only_an_administrator_says_what_is_production(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    here = application.environments["staging"]
    url = f"/api/v1/applications/{application.id}/environments/{here}/class"
    body = {"production": True}

    refused = await ingest.client.put(url, json=body, headers=ingest.as_a_developer())
    assert refused.status_code == 403
    taken = await ingest.client.put(url, json=body, headers=ingest.as_a(Role.ADMIN))
    assert taken.status_code == 202
    assert ingest.orchestrator.commands[1:] == [
        ClassifyEnvironment(application_id=application.id, environment_id=here, production=True)
    ]


async def test_an_added_environment_has_an_id_that_is_derived_and_belongs_here(
    ingest: RunningIngest,
) -> None:
    application, other = await ingest.an_application(), await ingest.an_application()
    url = f"/api/v1/applications/{application.id}/environments"
    body = {"name": "qa", "settings": {"branch": "next", "automatic": True}}

    command = await send(ingest, f"POST {url}", body)

    assert isinstance(command, AddEnvironment)
    settings = EnvironmentSettings(branch="next", automatic=True)
    assert (command.name, command.stage, command.settings) == ("qa", None, settings)
    at = f"{command.environment_id}/variables/A"
    await send(ingest, f"PUT {url}/{at}", {"value": "1"})
    elsewhere = await ingest.client.put(
        f"/api/v1/applications/{other.id}/environments/{at}",
        json={"value": "1"},
        headers=ingest.as_a_developer(),
    )
    assert elsewhere.status_code == 404


async def test_the_same_key_adds_the_same_environment(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    key = {"Idempotency-Key": str(uuid4())}
    url = f"/api/v1/applications/{application.id}/environments"
    for _ in range(2):
        await ingest.client.post(
            url, json={"name": "qa"}, headers={**ingest.as_a_developer(), **key}
        )

    first, second = ingest.orchestrator.commands[-2:]
    assert first == second


async def test_a_repository_from_elsewhere_is_refused(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    answer = await ingest.client.put(
        f"/api/v1/applications/{application.id}/repository",
        json={"repository": "https://evil.example/acme/store"},
        headers=ingest.as_a_developer(),
    )
    assert (answer.status_code, "may not clone" in answer.text) == (422, True)


async def test_a_viewer_changes_nothing(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    for call, body, _ in changes(application):
        method, path = call.split()
        url = f"/api/v1/applications/{application.id}/{path}"
        answer = await ingest.client.request(
            method, url, json=body, headers=ingest.as_a(Role.VIEWER)
        )
        assert answer.status_code == 403


async def test_pushes_under_the_new_name_are_taken_as_soon_as_a_rename_was(
    ingest: RunningIngest,
) -> None:
    application = await ingest.an_application()
    told = [
        await deliver(ingest, application, application.github.renamed("bazaar"), event="repository")
    ]
    application.github.repository = "acme/bazaar"
    told.append(await deliver(ingest, application, application.github.push()))

    assert told == ["RepositoryRenamed", "PushReceived"]


async def test_a_hook_speaks_of_the_repository_that_its_application_was_pointed_at(
    ingest: RunningIngest, relay: Bus
) -> None:
    application = await ingest.an_application()
    application.github.repository = "acme/store"
    push = application.github.push()
    assert await deliver(ingest, application, push) == "DeliveryIgnored"
    await publish(
        relay,
        RepositoryMoved(
            application_id=application.id,
            repository=STORE,
            repository_name="acme/store",
            why=Mover.PERSON,
        ),
    )

    async def is_taken() -> bool:
        return await deliver(ingest, application, push) == "PushReceived"

    await until(is_taken)


async def test_the_secrets_of_what_is_gone_are_removed_with_its_hook(
    ingest: RunningIngest, relay: Bus
) -> None:
    application = await ingest.an_application(clone_token="ghp_first_token")
    paths = {}
    for name in ("development", "staging"):
        await send(ingest, f"PUT {application.at(name)}/secrets/S", {"value": "s3cret-value"})
        paths[name] = secret_path(application.id, application.environments[name], "S")
    of = {"application_id": application.id}

    staging = application.environments["staging"]
    await publish(relay, EnvironmentRemoved(**of, environment_id=staging))
    await until(lambda: is_gone(ingest, paths["staging"]))
    assert not await is_gone(ingest, paths["development"])

    await publish(relay, ApplicationDeleted(**of, name="orders"), position=2)
    await until(lambda: is_gone(ingest, clone_token_path(application.id)))
    assert await is_gone(ingest, paths["development"])
    await until(lambda: is_unknown(ingest, application.id))


async def deliver(
    ingest: RunningIngest,
    application: ConnectedApplication,
    payload: dict[str, object],
    *,
    event: str = "push",
) -> str:
    """What is understood of a delivery by the application's hook."""
    body = body_of(payload)
    answer = await ingest.client.post(
        application.hook, content=body, headers=application.github.headers(body, event)
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["understood"])


async def is_gone(ingest: RunningIngest, path: SecretPath) -> bool:
    settings = ingest.settings
    store = open_secrets(settings.secrets.get_secret_value(), key_file=settings.secrets_key)
    try:
        await store.get(path, 1)
    except SecretNotFound:
        return True
    return False


async def is_unknown(ingest: RunningIngest, application: UUID) -> bool:
    answer = await ingest.client.post(
        f"/api/v1/applications/{application}/hook", headers=ingest.as_a_developer()
    )
    return answer.status_code == 404

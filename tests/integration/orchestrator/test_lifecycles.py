"""An application is renamed, followed and deleted, on a real bus, a real store and a builder."""

from pathlib import Path

from tests.support.actors.builder import ObedientBuilder, running_builder
from tests.support.deployments import CREATE_SHOP, DEVELOPMENT, SHOP, STAGING, A, B
from tests.support.orchestration import Asker, push, running_orchestrator, until
from trellis_contracts import subjects
from trellis_contracts.asking import Refused
from trellis_contracts.deployments import DeployKind, Promote, RequestDeploy, TearDown
from trellis_contracts.lifecycles import (
    ApplicationDeleted,
    ClassifyEnvironment,
    DeleteApplication,
    Mover,
    RemoveEnvironment,
    RenameApplication,
    RepositoryMoved,
)
from trellis_contracts.message import Message
from trellis_contracts.names import new_id
from trellis_contracts.pushes import RepositoryRenamed

DELETE = DeleteApplication(application_id=SHOP, confirm="shop")
STREAM = subjects.application_stream(SHOP)


async def last(asker: Asker) -> Message:
    return (await asker.events(STREAM))[-1]


async def until_last(asker: Asker, event: Message) -> None:
    async def is_last() -> bool:
        return await last(asker) == event

    await until(is_last)


async def test_a_rename_then_a_deploy_updates_the_same_stack(
    asker: Asker, builder: ObedientBuilder
) -> None:
    await asker.accepted(RenameApplication(application_id=SHOP, name="store"))
    await asker.accepted(RequestDeploy(environment_id=DEVELOPMENT, commit=B))
    run = await builder.next_run()

    assert (run.target.application, run.target.stack_name) == ("store", "shop-development")


async def test_a_renamed_repository_is_followed_once_and_its_pushes_deploy(
    asker: Asker, builder: ObedientBuilder
) -> None:
    renamed = RepositoryRenamed(
        delivery="renamed",
        hook=CREATE_SHOP.hook,
        repository="acme/shop",
        renamed_to="acme/store",
    )
    for _ in range(2):
        await asker.deliver(renamed)
    await until_last(
        asker,
        RepositoryMoved(
            application_id=SHOP,
            repository="https://github.com/acme/store",
            repository_name="acme/store",
            why=Mover.FORGE,
        ),
    )
    await asker.deliver(push("second", repository="acme/store"))
    run = await builder.next_run()

    assert (run.commit, run.target.repository) == (B, "https://github.com/acme/store")
    assert await asker.events(subjects.delivery_stream("renamed")) == [renamed]


async def test_a_deletion_cancels_tears_down_and_ends_and_frees_the_name(
    asker: Asker, builder: ObedientBuilder
) -> None:
    await asker.accepted(RequestDeploy(environment_id=DEVELOPMENT, commit=B))
    running = await builder.next_run()
    await asker.accepted(RequestDeploy(environment_id=DEVELOPMENT, commit=A))

    await asker.accepted(DELETE)
    refused = await asker.ask(Promote(environment_id=STAGING, source=DEVELOPMENT))
    assert isinstance(refused, Refused)
    assert refused.rule == "application-is-being-deleted"
    await asker.until("DeployCancelled", "DeployRequested")
    await builder.succeed(running)
    teardown = await builder.next_run()
    assert teardown.kind is DeployKind.TEARDOWN
    await builder.succeed(teardown)

    await until_last(asker, ApplicationDeleted(application_id=SHOP, name="shop"))
    await asker.accepted(CREATE_SHOP.model_copy(update={"application_id": new_id()}))


async def test_what_could_not_be_torn_down_is_tried_again_when_somebody_asks_again(
    asker: Asker, builder: ObedientBuilder
) -> None:
    await asker.accepted(DELETE)
    await builder.fail(await builder.next_run())
    assert await last(asker) != ApplicationDeleted(application_id=SHOP, name="shop")

    await asker.accepted(DELETE)
    await builder.succeed(await builder.next_run())
    await until_last(asker, ApplicationDeleted(application_id=SHOP, name="shop"))


async def test_a_deletion_goes_on_after_a_restart(tmp_path: Path, nats_url: str) -> None:
    async with running_builder(nats_url, heads={"main": A}) as builder:
        async with running_orchestrator(tmp_path, nats_url, poll_seconds=3600) as asker:
            await asker.create_shop()
            await asker.accepted(RequestDeploy(environment_id=DEVELOPMENT, commit=A))
            await builder.succeed(await builder.next_run())
            await asker.accepted(DELETE)
            teardown = await builder.next_run()

        async with running_orchestrator(tmp_path, nats_url, poll_seconds=3600) as asker:
            await builder.succeed(teardown)
            await until_last(asker, ApplicationDeleted(application_id=SHOP, name="shop"))
            names = await asker.names()
            ends = [e for e in await asker.events(STREAM) if isinstance(e, ApplicationDeleted)]

    assert (names.count("EnvironmentTornDown"), len(ends)) == (1, 1)


async def test_an_environment_becomes_production_once_nothing_waits_for_it(
    asker: Asker, builder: ObedientBuilder
) -> None:
    classify = ClassifyEnvironment(application_id=SHOP, environment_id=STAGING, production=True)
    await asker.accepted(Promote(environment_id=STAGING, source=DEVELOPMENT))
    promoted = await builder.next_run()
    refused = await asker.ask(classify)
    assert isinstance(refused, Refused)
    assert refused.rule == "environment-is-busy"

    await builder.succeed(promoted)
    await asker.accepted(classify)
    by_hand = await asker.ask(RequestDeploy(environment_id=STAGING, commit=A))
    assert isinstance(by_hand, Refused)
    assert by_hand.rule == "production-is-promoted-to"


async def test_an_environment_is_removed_once_it_was_torn_down(
    asker: Asker, builder: ObedientBuilder
) -> None:
    remove = RemoveEnvironment(
        application_id=SHOP, environment_id=DEVELOPMENT, confirm="development"
    )
    refused = await asker.ask(remove)
    assert isinstance(refused, Refused)
    assert refused.rule == "environment-is-in-the-cloud"

    await asker.accepted(TearDown(environment_id=DEVELOPMENT, confirm="development"))
    await builder.succeed(await builder.next_run())
    await asker.accepted(remove)
    gone = await asker.ask(RequestDeploy(environment_id=DEVELOPMENT, commit=A))
    assert isinstance(gone, Refused)
    assert gone.rule == "environment-unknown"

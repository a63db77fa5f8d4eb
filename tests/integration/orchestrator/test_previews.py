"""Previews on a real bus and a real store: asked of a builder, kept in streams of their own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.actors.builder import ObedientBuilder, running_builder
from tests.support.deployments import CREATE_SHOP, DEVELOPMENT, STAGING, A, B
from tests.support.orchestration import Asker, push, running_orchestrator, until
from trellis_contracts import subjects
from trellis_contracts.applications import SetVariable
from trellis_contracts.asking import Accepted, RefusalCode, Refused
from trellis_contracts.changes import CommitsBetween, Direction
from trellis_contracts.deployments import DeployKind, Promote
from trellis_contracts.names import PreviewId
from trellis_contracts.previewing import (
    PreviewFailed,
    PreviewMade,
    PreviewPromotion,
    PreviewRequested,
    PreviewRollback,
)

PREVIEW = PreviewPromotion(environment_id=STAGING, source=DEVELOPMENT)


def made(request: PreviewRequested) -> PreviewMade:
    return PreviewMade(
        application_id=request.application_id,
        environment_id=request.environment_id,
        preview_id=request.preview_id,
        run_id=request.run_id,
        commits=CommitsBetween(until=request.commit or "", direction=Direction.FIRST),
        stacks=(),
        seconds=1,
    )


async def kept(asker: Asker, preview: PreviewId) -> list[str]:
    events = await asker.events(subjects.preview_stream(preview))
    return [type(event).__name__ for event in events]


async def test_a_preview_is_made_by_a_builder_and_leaves_its_environment_alone(
    asker: Asker, builder: ObedientBuilder
) -> None:
    ids = {"application_id": CREATE_SHOP.application_id, "environment_id": STAGING}
    await asker.accepted(SetVariable(**ids, name="MOTTO", value="two"))

    asked = await asker.accepted(PREVIEW)
    request = await builder.next_preview()

    assert (request.preview_id, request.kind) == (asked.subject, DeployKind.PROMOTE)
    assert (request.commit, request.source, request.previous) == (A, DEVELOPMENT, None)
    assert [(one.name, one.changed.value) for one in request.values] == [("MOTTO", "added")]
    assert await asker.names(STAGING) == []

    again = await asker.accepted(PREVIEW)
    assert (again.subject, again.events) == (asked.subject, ())
    assert isinstance(await builder.end_preview(made(request)), Accepted)
    assert await kept(asker, request.preview_id) == ["PreviewRequested", "PreviewMade"]
    after = await asker.accepted(PREVIEW)
    assert (after.subject, after.events) == (asked.subject, ())


async def test_a_promotion_of_the_same_content_is_found_by_the_same_content(
    asker: Asker, builder: ObedientBuilder
) -> None:
    await asker.accepted(PREVIEW)
    request = await builder.next_preview()
    await asker.accepted(Promote(environment_id=STAGING, source=DEVELOPMENT))

    (deployment, *_) = await asker.events(subjects.environment_stream(STAGING))

    assert getattr(deployment, "content", None) == request.content


async def test_what_runs_and_what_it_was_given_is_what_a_preview_compares_with(
    asker: Asker, builder: ObedientBuilder
) -> None:
    ids = {"application_id": CREATE_SHOP.application_id, "environment_id": DEVELOPMENT}
    await asker.accepted(SetVariable(**ids, name="MOTTO", value="two"))
    builder.heads["main"] = B  # or the remote, asked late, has the old commit deployed
    await asker.deliver(push("second"))
    work = await builder.next_run()
    await builder.succeed(work)
    await asker.until("DeploySucceeded")

    asked = await asker.accepted(PreviewRollback(environment_id=DEVELOPMENT))
    request = await builder.next_preview()

    assert (request.preview_id, request.kind) == (asked.subject, DeployKind.ROLLBACK)
    assert request.current == work.deployment_id
    assert (request.commit, request.previous and request.previous.commit) == (A, B)
    assert [(one.name, one.changed.value) for one in request.values] == [("MOTTO", "removed")]


async def test_a_preview_is_refused_as_the_deployment_would_be(asker: Asker) -> None:
    nothing = PreviewPromotion(environment_id=DEVELOPMENT, source=STAGING)

    refused = await asker.ask(nothing)

    assert isinstance(refused, Refused)
    assert (refused.code, refused.rule) == (RefusalCode.CONFLICT, "nothing-to-promote")


async def test_a_preview_that_nobody_makes_ends_by_itself(tmp_path: Path, nats_url: str) -> None:
    late = timedelta(0)
    clock = lambda: datetime.now(UTC) + late  # noqa: E731 - moved on below
    async with running_orchestrator(tmp_path, nats_url, clock=clock) as asker:
        async with running_builder(nats_url, heads={"main": A}) as builder:
            await asker.create_shop()
            await asker.deliver(push("first", after=A))
            await builder.succeed(await builder.next_run())
            await asker.until("DeploySucceeded")
        asked = await asker.accepted(PREVIEW)
        assert asked.subject is not None
        late = timedelta(minutes=16)
        preview = asked.subject

        async def has_ended() -> bool:
            return (await kept(asker, preview))[-1] == "PreviewFailed"

        await until(has_ended)
        ended = (await asker.events(subjects.preview_stream(preview)))[-1]
        assert isinstance(ended, PreviewFailed)
        assert "No builder made the preview" in ended.sentence

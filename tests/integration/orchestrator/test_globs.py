"""An environment bound to a glob, with webhooks that never come and the time in the test's hand."""

from datetime import timedelta
from pathlib import Path

from tests.support.actors.builder import ObedientBuilder, running_builder
from tests.support.clocks import SettableClock
from tests.support.deployments import SHOP, STAGING, A, B, C
from tests.support.orchestration import DEPLOYED, Asker, push, running_orchestrator, until
from trellis_contracts import subjects
from trellis_contracts.applications import ConfigureEnvironment
from trellis_contracts.pushes import BranchesListed
from trellis_contracts.settings import SettingsChange

EVERY = 60
RELEASES = ConfigureEnvironment(
    application_id=SHOP,
    environment_id=STAGING,
    change=SettingsChange(branch="release/*", automatic=True),
)


async def _look(builder: ObedientBuilder, clock: SettableClock) -> None:
    """Let the time of the next question come, and its answer be taken."""
    before = builder.listed.qsize()
    clock.advance(timedelta(seconds=EVERY))
    await until(lambda: builder.listed.qsize() > before)


async def _listed(asker: Asker) -> list[BranchesListed]:
    events = await asker.events(subjects.application_stream(SHOP))
    return [event for event in events if isinstance(event, BranchesListed)]


async def test_what_was_there_is_not_deployed_what_comes_later_is(
    tmp_path: Path, nats_url: str
) -> None:
    clock = SettableClock()
    heads = {"release/1": A, "release/2": B, "releases": C}
    async with running_builder(nats_url, heads=heads) as builder:
        async with running_orchestrator(
            tmp_path, nats_url, clock=clock, poll_seconds=EVERY
        ) as asker:
            await asker.create_shop()
            await asker.accepted(RELEASES)
            await until(lambda: builder.listed.qsize() == 1)
            await _look(builder, clock)
            (first,) = await _listed(asker)
            assert first.heads == {"release/1": A, "release/2": B}
            assert await asker.names(STAGING) == []

            for branch, commit in (("release/3", C), ("release/1", B)):
                builder.heads[branch] = commit
                await _look(builder, clock)
                run = await builder.next_run()
                assert (run.environment_id, run.branch, run.commit) == (STAGING, branch, commit)
                await builder.succeed(run)

        clock.advance(timedelta(seconds=1))  # the same question at the same time is asked once
        async with running_orchestrator(
            tmp_path, nats_url, clock=clock, poll_seconds=EVERY
        ) as asker:
            await _look(builder, clock)
            await _look(builder, clock)
            assert tuple(await asker.names(STAGING)) == DEPLOYED * 2
            assert await _listed(asker) == [first]


async def test_a_push_whose_branch_a_first_look_had_seen_is_deployed_all_the_same(
    tmp_path: Path, nats_url: str
) -> None:
    async with (
        running_builder(nats_url, heads={"release/1": A}) as builder,
        running_orchestrator(tmp_path, nats_url, poll_seconds=3600) as asker,
    ):
        await asker.create_shop()
        await asker.accepted(RELEASES)
        await until(lambda: builder.listed.qsize() == 1)
        await asker.deliver(push("new", before="0" * 40, after=A, branch="release/1"))
        run = await builder.next_run()
        assert (run.environment_id, run.branch, run.commit) == (STAGING, "release/1", A)

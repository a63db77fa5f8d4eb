"""Pull requests get environments and lose them, on a real bus, a real store and a builder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from services.orchestrator.domain.configuration import Configuration
from services.orchestrator.domain.connected import Application
from tests.support.actors.builder import ObedientBuilder, running_builder
from tests.support.clocks import SettableClock
from tests.support.deployments import CREATE_SHOP, DEVELOPMENT, SHOP, B, C
from tests.support.orchestration import Asker, push, running_orchestrator, until
from trellis_contracts import subjects
from trellis_contracts.deployments import DeployKind, DeployRequested
from trellis_contracts.names import new_id
from trellis_contracts.pull_requests import (
    FollowPullRequests,
    PullRequestChanged,
    PullRequestHindered,
    PullRequestRule,
)
from trellis_contracts.pushes import BranchDeleted
from trellis_contracts.trials import TrialEnded, TryPullRequest

FOLLOW = FollowPullRequests(
    application_id=SHOP, following=PullRequestRule(template=DEVELOPMENT, days=3, at_once=2)
)
UPDATED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def changed(
    number: int = 7,
    commit: str = B,
    *,
    branch: str = "basket",
    open_: bool = True,
    minute: int = 0,
    foreign: bool = False,
) -> PullRequestChanged:
    return PullRequestChanged(
        delivery=str(new_id()),
        hook=CREATE_SHOP.hook,
        repository="acme/shop",
        number=number,
        open=open_,
        foreign=foreign,
        branch=branch,
        commit=commit,
        updated_at=UPDATED + timedelta(minutes=minute),
        sender="ana-login",
    )


async def theirs(asker: Asker) -> list[Configuration]:
    application = await asker.orchestrator.handlers.applications.state(SHOP)
    assert isinstance(application, Application)
    return [one for one in application.environments.values() if one.pull_request is not None]


async def until_there_are(asker: Asker, *numbers: int) -> list[Configuration]:
    async def is_so() -> bool:
        return [one.pull_request for one in await theirs(asker)] == [*numbers]

    await until(is_so)
    return await theirs(asker)


async def requests(asker: Asker, environment: UUID) -> list[DeployRequested]:
    events = await asker.events(subjects.environment_stream(environment))
    return [event for event in events if isinstance(event, DeployRequested)]


@asynccontextmanager
async def following(
    folder: Path, nats_url: str, clock: SettableClock | None = None
) -> AsyncIterator[tuple[Asker, ObedientBuilder]]:
    """An orchestrator whose shop follows pull requests, and a builder of a remote with a branch."""
    heads = {"basket": B}
    clock = clock or SettableClock(datetime.now(UTC))
    async with (
        running_builder(nats_url, heads=heads) as builder,
        running_orchestrator(folder, nats_url, clock=clock, poll_seconds=3600) as asker,
    ):
        await asker.create_shop()
        await asker.accepted(FOLLOW)
        yield asker, builder


async def opened(asker: Asker, builder: ObedientBuilder) -> UUID:
    """Open pull request 7 and deploy it; give its environment."""
    await asker.deliver(changed())
    run = await builder.next_run()
    await builder.succeed(run)
    return run.environment_id


async def test_one_is_opened_deployed_moved_on_and_removed_when_it_is_closed(
    tmp_path: Path, nats_url: str
) -> None:
    async with following(tmp_path, nats_url) as (asker, builder):
        await asker.deliver(changed())
        run = await builder.next_run()
        assert (run.commit, run.branch, run.target.stack_name) == (B, "basket", "shop-pr-7")
        assert (run.target.values_of, run.target.production) == (DEVELOPMENT, False)
        await builder.succeed(run)

        builder.heads["basket"] = C
        await asker.deliver(push("more", before=B, after=C, branch="basket"))
        await asker.deliver(changed(commit=C, minute=1))
        second = await builder.next_run()
        assert (second.commit, second.environment_id) == (C, run.environment_id)
        await builder.succeed(second)

        await asker.deliver(changed(commit=C, open_=False, minute=2))
        teardown = await builder.next_run()
        assert (teardown.kind, teardown.environment_id) == (
            DeployKind.TEARDOWN,
            run.environment_id,
        )
        assert [one.pull_request for one in await theirs(asker)] == [7]
        await builder.succeed(teardown)
        await until_there_are(asker)
        kinds = [one.kind for one in await requests(asker, run.environment_id)]
        assert kinds == [DeployKind.DEPLOY, DeployKind.DEPLOY, DeployKind.TEARDOWN]


async def test_one_that_is_closed_while_it_is_deployed_is_torn_down_after(
    tmp_path: Path, nats_url: str
) -> None:
    async with following(tmp_path, nats_url) as (asker, builder):
        await asker.deliver(changed())
        run = await builder.next_run()
        await builder.start(run)
        await asker.deliver(changed(open_=False, minute=1))
        await asker.until("DeployStarted", "DeployRequested", environment=run.environment_id)
        await builder.tell(run, builder.success(run))
        teardown = await builder.next_run()
        await builder.succeed(teardown)
        await until_there_are(asker)


async def test_a_fork_gets_no_environment_and_no_run(tmp_path: Path, nats_url: str) -> None:
    async with following(tmp_path, nats_url) as (asker, builder):
        await asker.deliver(changed(8, foreign=True, branch="main"))
        await asker.deliver(changed())
        await builder.succeed(await builder.next_run())

        async def said() -> bool:
            events = await asker.events(subjects.application_stream(SHOP))
            hindered = [one for one in events if isinstance(one, PullRequestHindered)]
            return [(one.number, one.why) for one in hindered] == [(8, "foreign")]

        await until(said)
        assert [one.pull_request for one in await theirs(asker)] == [7]
        assert builder.work.empty()


async def test_the_commit_of_a_fork_is_tried_when_somebody_approves_it(
    tmp_path: Path, nats_url: str
) -> None:
    attempt = TryPullRequest(application_id=SHOP, number=8, commit=B)
    async with running_builder(nats_url) as builder:
        async with running_orchestrator(tmp_path, nats_url, poll_seconds=3600) as asker:
            await asker.create_shop()
            await asker.deliver(changed(8, foreign=True))
            await until(lambda: is_known(asker, 8))
            await asker.accepted(attempt)
            trial = await builder.next_trial()
            assert (trial.commit, trial.settings.tests) == (B, True)

        async with running_orchestrator(tmp_path, nats_url, poll_seconds=3600) as asker:
            await builder.pass_trial(trial)
            assert [one.passed for one in await trials_of(asker)] == [True]
            again = await asker.accepted(attempt)
            assert again.events == ("TrialRequested",)
    assert builder.work.empty()


async def test_a_trial_that_no_builder_ends_ends_with_time(tmp_path: Path, nats_url: str) -> None:
    clock = SettableClock(datetime.now(UTC))
    async with following(tmp_path, nats_url, clock) as (asker, builder):
        await asker.deliver(changed(8, foreign=True))
        await until(lambda: is_known(asker, 8))
        await asker.accepted(TryPullRequest(application_id=SHOP, number=8, commit=B))
        await builder.next_trial()
        clock.advance(timedelta(hours=1))

        async def is_over() -> bool:
            return [one.passed for one in await trials_of(asker)] == [False]

        await until(is_over)


async def trials_of(asker: Asker) -> list[TrialEnded]:
    events = await asker.events(subjects.application_stream(SHOP))
    return [event for event in events if isinstance(event, TrialEnded)]


async def test_one_that_is_reopened_gets_another_environment_after_the_first_is_gone(
    tmp_path: Path, nats_url: str
) -> None:
    clock = SettableClock(datetime.now(UTC))
    async with following(tmp_path, nats_url, clock) as (asker, builder):
        first = await opened(asker, builder)
        await asker.deliver(changed(open_=False, minute=1))
        teardown = await builder.next_run()
        clock.advance(timedelta(minutes=1))
        await asker.deliver(changed(minute=2))
        await builder.succeed(teardown)

        again = await builder.next_run()
        assert (again.commit, again.kind) == (B, DeployKind.DEPLOY)
        assert again.environment_id != first
        [there] = await theirs(asker)
        assert there.environment_id == again.environment_id


async def test_it_goes_with_its_branch(tmp_path: Path, nats_url: str) -> None:
    async with following(tmp_path, nats_url) as (asker, builder):
        await opened(asker, builder)
        gone = BranchDeleted(
            delivery="gone",
            hook=CREATE_SHOP.hook,
            repository="acme/shop",
            branch="basket",
            before=B,
        )
        await asker.deliver(gone)
        assert (await builder.next_run()).kind is DeployKind.TEARDOWN


async def test_it_goes_when_nothing_moved_for_days(tmp_path: Path, nats_url: str) -> None:
    clock = SettableClock(datetime.now(UTC))
    async with following(tmp_path, nats_url, clock) as (asker, builder):
        await opened(asker, builder)
        clock.advance(timedelta(days=3))
        teardown = await builder.next_run()
        assert teardown.kind is DeployKind.TEARDOWN
        await builder.succeed(teardown)
        await until_there_are(asker)


async def test_a_teardown_that_failed_is_tried_again_after_an_hour(
    tmp_path: Path, nats_url: str
) -> None:
    clock = SettableClock(datetime.now(UTC))
    async with following(tmp_path, nats_url, clock) as (asker, builder):
        environment = await opened(asker, builder)
        await asker.deliver(changed(open_=False, minute=1))
        await builder.fail(await builder.next_run())
        clock.advance(timedelta(minutes=59))
        await asker.orchestrator.handlers.pull_requests.tick()
        assert len(await requests(asker, environment)) == 2

        clock.advance(timedelta(minutes=1))
        await builder.succeed(await builder.next_run())
        await until_there_are(asker)
        assert len(await requests(asker, environment)) == 3


async def test_after_a_restart_it_goes_on_and_does_nothing_twice(
    tmp_path: Path, nats_url: str
) -> None:
    async with running_builder(nats_url, heads={"basket": B}) as builder:
        async with running_orchestrator(tmp_path, nats_url, poll_seconds=3600) as asker:
            await asker.create_shop()
            await asker.accepted(FOLLOW)
            environment = await opened(asker, builder)
            await asker.deliver(changed(open_=False, minute=1))
            teardown = await builder.next_run()

        async with running_orchestrator(tmp_path, nats_url, poll_seconds=3600) as asker:
            await builder.succeed(teardown)
            await until_there_are(asker)
            kinds = [one.kind for one in await requests(asker, environment)]
    assert kinds == [DeployKind.DEPLOY, DeployKind.TEARDOWN]


async def test_there_are_no_more_at_once_than_allowed(tmp_path: Path, nats_url: str) -> None:
    clock = SettableClock(datetime.now(UTC))
    async with following(tmp_path, nats_url, clock) as (asker, builder):
        builder.heads.update({"one": B, "two": B, "three": B})
        for number, branch in enumerate(("one", "two", "three"), start=1):
            await asker.deliver(changed(number, branch=branch))
            await until(lambda: is_known(asker, number))  # noqa: B023 - awaited at once
        await until_there_are(asker, 1, 2)
        for _ in range(2):
            await builder.succeed(await builder.next_run())

        clock.advance(timedelta(minutes=1))
        await asker.deliver(changed(1, branch="one", open_=False, minute=1))
        await builder.succeed(await builder.next_run())
        await until_there_are(asker, 2, 3)


async def is_known(asker: Asker, number: int) -> bool:
    application = await asker.orchestrator.handlers.applications.state(SHOP)
    return isinstance(application, Application) and number in application.pull_requests.open


async def test_one_whose_branch_was_pushed_before_is_deployed_when_it_is_opened(
    tmp_path: Path, nats_url: str
) -> None:
    async with following(tmp_path, nats_url) as (asker, builder):
        await asker.deliver(push("early", before="0" * 40, after=B, branch="basket"))
        await asker.until_routed("early")
        await asker.deliver(changed())
        assert (await builder.next_run()).commit == B


async def test_switched_on_again_they_are_deployed_again_and_removed_when_closed(
    tmp_path: Path, nats_url: str
) -> None:
    async with following(tmp_path, nats_url) as (asker, builder):
        first = await opened(asker, builder)
        await asker.accepted(FollowPullRequests(application_id=SHOP, following=None))
        await builder.succeed(await builder.next_run())
        await until_there_are(asker)

        await asker.accepted(FOLLOW)
        again = await builder.next_run()
        assert (again.kind, again.commit) == (DeployKind.DEPLOY, B)
        assert again.environment_id != first
        await builder.succeed(again)
        await asker.deliver(changed(open_=False, minute=1))
        await builder.succeed(await builder.next_run())
        await until_there_are(asker)


async def test_switched_off_they_are_removed(tmp_path: Path, nats_url: str) -> None:
    async with following(tmp_path, nats_url) as (asker, builder):
        await opened(asker, builder)
        await asker.accepted(FollowPullRequests(application_id=SHOP, following=None))
        await builder.succeed(await builder.next_run())
        await until_there_are(asker)

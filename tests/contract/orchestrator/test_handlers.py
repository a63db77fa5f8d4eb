"""Each handler translates what it was asked into a decision, and every outcome into an answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest
from typing_extensions import override

from services.chassis.bus.sending import Bus
from services.chassis.clock import system_clock
from services.chassis.event_store.events import AppendResult, NewEvent, StreamState
from services.chassis.event_store.port import (
    EventIdReused,
    StoreUnavailable,
    WrongExpectedVersion,
)
from services.chassis.event_store.sqlite import SqliteEventStore, open_for_writing
from services.orchestrator.app import Orchestrator
from services.orchestrator.handlers.routes import routes
from tests.support.deployments import (
    CREATE_SHOP,
    DEVELOPMENT,
    SHOP,
    STAGING,
    A,
    B,
    deployment,
    run_succeeded,
)
from tests.support.orchestration import settings_for
from tests.support.subscribers import assert_every_subscriber_is_guarded
from trellis_contracts import codec, subjects
from trellis_contracts.applications import (
    ConfigureEnvironment,
    EnvironmentConfigured,
    SetVariable,
)
from trellis_contracts.asking import Accepted, Asked, RefusalCode, Refused
from trellis_contracts.deployments import Cancel, Promote, RequestDeploy
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id, new_id
from trellis_contracts.pushes import BranchHeadObserved, HeadSource
from trellis_contracts.rules import Approvals
from trellis_contracts.runs import Heartbeat, Instruction, RunStarted
from trellis_contracts.settings import EnvironmentSettings, SettingsChange

NOWHERE = "nats://127.0.0.1:1"
ELSEWHERE = derived_id("elsewhere")


class Store(SqliteEventStore):
    """The real store, whose next appends end as the test says."""

    ends: list[Exception]

    @override
    async def append(
        self, stream: str, events: Sequence[NewEvent], *, expected: int | StreamState
    ) -> AppendResult:
        if self.ends:
            raise self.ends.pop(0)
        return await super().append(stream, events, expected=expected)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_for_writing(tmp_path / "events.sqlite")
    opened.__class__ = Store
    assert isinstance(opened, Store)
    opened.ends = []
    yield opened
    await opened.close()


@pytest.fixture
async def orchestrator(tmp_path: Path, store: Store) -> AsyncIterator[Orchestrator]:
    settings = settings_for(tmp_path, NOWHERE)
    bus = Bus(NOWHERE, service="orchestrator")
    orchestrator = Orchestrator(settings, store, bus, clock=system_clock)
    following = asyncio.create_task(orchestrator.follower.run())
    await orchestrator.follower.caught_up()
    yield orchestrator
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


def asked(message: Message, *, id_: UUID | None = None) -> Asked:
    return Asked(
        id=id_ or new_id(),
        actor="person:ana",
        type=type(message).__name__,
        body=codec.encode(message).decode(),
    )


async def accepted(orchestrator: Orchestrator, command: Message) -> Accepted:
    answer = await orchestrator.handlers.command(asked(command))
    assert isinstance(answer, Accepted), answer
    return answer


async def refused(orchestrator: Orchestrator, message: Message, *, fact: bool = False) -> Refused:
    handlers = orchestrator.handlers
    answer = await (handlers.fact if fact else handlers.command)(asked(message))
    assert isinstance(answer, Refused), answer
    return answer


class TestCommands:
    async def test_a_new_application_is_answered_with_its_id(
        self, orchestrator: Orchestrator
    ) -> None:
        answer = await accepted(orchestrator, CREATE_SHOP)
        assert answer.subject == SHOP
        assert answer.events == ("ApplicationCreated", *("EnvironmentAdded",) * 3)

    async def test_a_deployment_is_answered_with_the_id_of_its_command(
        self, orchestrator: Orchestrator
    ) -> None:
        await accepted(orchestrator, CREATE_SHOP)
        command = asked(RequestDeploy(environment_id=STAGING, commit=A))
        answer = await orchestrator.handlers.command(command)
        assert isinstance(answer, Accepted)
        assert answer.subject == command.id

    async def test_a_name_is_given_once_though_it_is_asked_for_at_once(
        self, orchestrator: Orchestrator
    ) -> None:
        wanted = [CREATE_SHOP.model_copy(update={"application_id": new_id()}) for _ in range(8)]
        command = orchestrator.handlers.command
        answers = await asyncio.gather(*(command(asked(create)) for create in wanted))
        assert sum(isinstance(answer, Accepted) for answer in answers) == 1
        assert {a.rule for a in answers if isinstance(a, Refused)} == {"name-taken"}

    async def test_commands_on_one_environment_take_turns(self, orchestrator: Orchestrator) -> None:
        await accepted(orchestrator, CREATE_SHOP)
        command = RequestDeploy(environment_id=DEVELOPMENT, commit=A)
        handle = orchestrator.handlers.command
        answers = await asyncio.gather(*(handle(asked(command)) for _ in range(20)))
        taken = [answer for answer in answers if isinstance(answer, Accepted)]
        assert [len(answer.events) for answer in taken].count(2) == 1
        assert len(taken) == 11
        assert {a.rule for a in answers if isinstance(a, Refused)} == {"queue-full"}

    @pytest.mark.parametrize(
        "command",
        [
            RequestDeploy(environment_id=ELSEWHERE, commit=A),
            Cancel(environment_id=ELSEWHERE, deployment_id=deployment(1)),
            Promote(environment_id=STAGING, source=ELSEWHERE),
            SetVariable(application_id=SHOP, environment_id=ELSEWHERE, name="X", value=""),
            SetVariable(application_id=ELSEWHERE, environment_id=STAGING, name="X", value=""),
        ],
    )
    async def test_what_is_unknown_is_refused_as_such(
        self, orchestrator: Orchestrator, command: Message
    ) -> None:
        await accepted(orchestrator, CREATE_SHOP)
        assert (await refused(orchestrator, command)).code is RefusalCode.UNKNOWN

    async def test_what_is_no_command_is_refused(self, orchestrator: Orchestrator) -> None:
        answer = await refused(orchestrator, run_succeeded(1))
        assert answer.rule == "not-answered-here"

    async def test_what_is_no_fact_is_refused(self, orchestrator: Orchestrator) -> None:
        answer = await refused(orchestrator, CREATE_SHOP, fact=True)
        assert answer.sentence == "CreateApplication is not a fact: nothing here answers it."

    @pytest.mark.parametrize(
        "said",
        [
            {"type": "Nonsense", "body": "{}"},
            {"type": "Promote", "body": "{}"},
            {"type": "Promote", "body": "x"},
            {"type": "Promote", "body": "{}", "version": 2},
        ],
    )
    async def test_what_cannot_be_read_is_refused(
        self, orchestrator: Orchestrator, said: dict[str, object]
    ) -> None:
        question = Asked.model_validate({"id": new_id(), "actor": "person:ana", **said})
        for handle in (orchestrator.handlers.command, orchestrator.handlers.fact):
            answer = await handle(question)
            assert isinstance(answer, Refused)
            assert (answer.code, answer.rule) == (RefusalCode.INVALID, "unreadable")


class TestStore:
    async def test_a_decision_that_came_too_late_is_made_again(
        self, orchestrator: Orchestrator, store: Store
    ) -> None:
        store.ends = [WrongExpectedVersion("application-x", -1, 0)] * 4
        await accepted(orchestrator, CREATE_SHOP)

    async def test_it_is_not_made_again_for_ever(
        self, orchestrator: Orchestrator, store: Store
    ) -> None:
        store.ends = [WrongExpectedVersion("application-x", -1, 0)] * 5
        with pytest.raises(WrongExpectedVersion):
            await accepted(orchestrator, CREATE_SHOP)

    async def test_a_store_that_is_away_refuses_nothing(
        self, orchestrator: Orchestrator, store: Store
    ) -> None:
        command = asked(CREATE_SHOP)
        store.ends = [StoreUnavailable("the store", "disk full")]
        with pytest.raises(StoreUnavailable):
            await orchestrator.handlers.command(command)
        assert isinstance(await orchestrator.handlers.command(command), Accepted)

    async def test_what_was_answered_too_long_ago_wants_a_new_id(
        self, orchestrator: Orchestrator, store: Store
    ) -> None:
        store.ends = [EventIdReused("application-x", new_id(), 0)]
        assert (await refused(orchestrator, CREATE_SHOP)).rule == "answered-long-ago"

    async def test_a_history_of_a_newer_trellis_is_not_gone_on_from(
        self, orchestrator: Orchestrator, store: Store
    ) -> None:
        await accepted(orchestrator, CREATE_SHOP)
        stream = subjects.environment_stream(DEVELOPMENT)
        await append_from_the_future(store, stream, after=StreamState.NO_STREAM)
        command = RequestDeploy(environment_id=DEVELOPMENT, commit=A)
        answer = await refused(orchestrator, command)
        assert answer.rule == "history-unreadable"
        assert "update trellis-contracts" in answer.sentence


class TestFacts:
    async def test_a_run_that_holds_nothing_is_stale_whatever_it_reports(
        self, orchestrator: Orchestrator
    ) -> None:
        await accepted(orchestrator, CREATE_SHOP)
        success = run_succeeded(1)
        taken = RunStarted(
            **success.model_dump(exclude={"release", "stacks", "seconds"}),
            builder="one",
            attempt=1,
        )
        for fact in (success, taken):
            answer = await refused(orchestrator, fact, fact=True)
            assert (answer.code, answer.rule) == (RefusalCode.STALE, "run-is-stale")

    async def test_a_heartbeat_of_a_run_that_holds_nothing_is_told_to_stop(
        self, orchestrator: Orchestrator
    ) -> None:
        beat = Heartbeat(environment_id=DEVELOPMENT, run_id=new_id(), fence=1)
        assert await orchestrator.handlers.runs.instruct(beat) is Instruction.STOP

    async def test_a_heartbeat_with_an_older_fence_is_told_to_stop(
        self, orchestrator: Orchestrator
    ) -> None:
        await accepted(orchestrator, CREATE_SHOP)
        answer = await accepted(orchestrator, RequestDeploy(environment_id=DEVELOPMENT, commit=A))
        run_id = derived_id(answer.subject, 1)
        for fence, told in ((1, Instruction.PROCEED), (0, Instruction.STOP)):
            beat = Heartbeat(environment_id=DEVELOPMENT, run_id=run_id, fence=fence)
            assert await orchestrator.handlers.runs.instruct(beat) is told

    async def test_an_observed_head_deploys_once_though_it_is_told_again(
        self, orchestrator: Orchestrator, store: Store
    ) -> None:
        await accepted(orchestrator, CREATE_SHOP)
        first, second = (asked(_head(commit)) for commit in (A, B))
        for question in (first, second, first, second):
            orchestrator.questions.note(SHOP, "main", system_clock())
            assert isinstance(await orchestrator.handlers.fact(question), Accepted)
        stream = subjects.environment_stream(DEVELOPMENT)
        types = [event.type async for event in store.read_stream(stream)]
        assert types == ["DeployRequested", "DeployStarted", "DeployRequested"]


class TestTime:
    async def test_an_environment_that_cannot_be_read_keeps_no_other_one(
        self, orchestrator: Orchestrator, store: Store
    ) -> None:
        await accepted(orchestrator, CREATE_SHOP)
        for where in (DEVELOPMENT, STAGING):
            await accepted(orchestrator, approvals(where, Approvals(needed=1)))
            await accepted(orchestrator, RequestDeploy(environment_id=where, commit=A))
        await append_from_the_future(store, subjects.environment_stream(DEVELOPMENT), after=1)
        await accepted(orchestrator, approvals(STAGING, None))

        await orchestrator.scheduler.tick()
        stream = subjects.environment_stream(STAGING)
        types = [event.type async for event in store.read_stream(stream)]
        assert types[-1] == "DeployStarted"

    async def test_nor_does_a_branch_that_cannot_be_asked_about(
        self, orchestrator: Orchestrator
    ) -> None:
        await accepted(orchestrator, CREATE_SHOP)
        bad = EnvironmentConfigured(
            application_id=SHOP,
            environment_id=DEVELOPMENT,
            settings=EnvironmentSettings(branch="bad..name", automatic=True),
        )
        stream, asker = subjects.application_stream(SHOP), {"actor": "person:ana"}
        await orchestrator.streams.append(stream, [bad], after=3, causation=new_id(), **asker)
        await until_followed(orchestrator, "bad..name")

        gone_on: list[str] = []

        async def go_on() -> None:
            gone_on.append("the rest")

        orchestrator.scheduler._others = (go_on,)
        await orchestrator.scheduler.tick()
        assert gone_on == ["the rest"]


async def until_followed(orchestrator: Orchestrator, branch: str) -> None:
    async with asyncio.timeout(5):
        while branch not in {found for _, found in orchestrator.scheduler._index.followed()}:  # noqa: ASYNC110 - of any kind
            await asyncio.sleep(0.01)


async def append_from_the_future(store: Store, stream: str, *, after: int | StreamState) -> None:
    (first, *_) = [e async for e in store.read_all()]
    newer = NewEvent(type="FromTheFuture", data=b"{}", metadata=first.metadata, id=new_id())
    await store.append(stream, [newer], expected=after)


def approvals(where: UUID, needs: Approvals | None) -> ConfigureEnvironment:
    change = SettingsChange(approvals=needs)
    return ConfigureEnvironment(application_id=SHOP, environment_id=where, change=change)


class TestRoutes:
    async def test_every_app_has_subscribers_of_its_own(self, orchestrator: Orchestrator) -> None:
        for _ in range(2):
            bus = Bus(NOWHERE, service="orchestrator")
            bus.broker.include_router(routes(bus, orchestrator.handlers))
            assert len(bus.broker.subscribers) == 4
            assert_every_subscriber_is_guarded(bus.broker)


def _head(commit: str) -> BranchHeadObserved:
    return BranchHeadObserved(
        application_id=SHOP, branch="main", commit=commit, source=HeadSource.REMOTE
    )

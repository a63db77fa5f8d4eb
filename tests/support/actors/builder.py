"""A builder that does nothing and says everything: it speaks the wire as the real one does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

from faststream.nats import NatsMessage
from pydantic import TypeAdapter

from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_broadcast, on_message
from services.chassis.streams import BUILDER_RUNS
from trellis_contracts import codec, subjects
from trellis_contracts.asking import Accepted, Answer, Asked, Refused
from trellis_contracts.deployments import CommitResolved, DeployKind
from trellis_contracts.failures import RunErrored, TestsFailed
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id, new_id
from trellis_contracts.previewing import PreviewOutcome, PreviewRequested, PreviewRun
from trellis_contracts.pushes import (
    BranchesListed,
    BranchHeadObserved,
    BranchUnobservable,
    HeadSource,
)
from trellis_contracts.releases import Cloud, Release, StackOutputs
from trellis_contracts.rules import matches
from trellis_contracts.runs import (
    Heartbeat,
    HeartbeatAnswer,
    Instruction,
    ListBranches,
    ObserveBranch,
    RunAbandoned,
    RunCancelled,
    RunStarted,
    RunSucceeded,
    StartRun,
    StepFinished,
    StepStarted,
)
from trellis_contracts.stack_failures import StackStuck
from trellis_contracts.steps import Step
from trellis_contracts.trials import TrialEnded, TrialRequested, TrialRun

_ANSWER: TypeAdapter[Accepted | Refused] = TypeAdapter(Answer)
_PATIENCE = 15


class ObedientBuilder:
    """Takes work as it comes; the test says how each run goes. `heads` is what the remote has."""

    def __init__(self, bus: Bus, name: str, heads: Mapping[str, str]) -> None:
        self._bus, self.name, self.heads = bus, name, dict(heads)
        self.work: asyncio.Queue[StartRun] = asyncio.Queue()
        self.trials: asyncio.Queue[TrialRequested] = asyncio.Queue()
        self.cancelled: asyncio.Queue[UUID] = asyncio.Queue()
        self.observed: asyncio.Queue[ObserveBranch] = asyncio.Queue()
        self.listed: asyncio.Queue[ListBranches] = asyncio.Queue()
        self.previews: asyncio.Queue[PreviewRequested] = asyncio.Queue()
        self._told: dict[UUID, int] = {}

    async def next_run(self) -> StartRun:
        async with asyncio.timeout(_PATIENCE):
            return await self.work.get()

    async def next_preview(self) -> PreviewRequested:
        async with asyncio.timeout(_PATIENCE):
            return await self.previews.get()

    async def end_preview(self, fact: PreviewOutcome) -> Accepted | Refused:
        return await self._ask(subjects.fact(fact.run_id), fact, derived_id(fact.run_id, "end"))

    async def next_trial(self) -> TrialRequested:
        async with asyncio.timeout(_PATIENCE):
            return await self.trials.get()

    async def pass_trial(self, trial: TrialRequested) -> Accepted | Refused:
        ids = trial.model_dump(include={"application_id", "number", "commit", "run_id"})
        fact = TrialEnded(**ids, passed=True, sentence="Its tests passed.")
        return await self._ask(subjects.fact(trial.run_id), fact, derived_id(trial.run_id, "end"))

    async def next_cancel(self) -> UUID:
        async with asyncio.timeout(_PATIENCE):
            return await self.cancelled.get()

    async def tell(
        self, work: StartRun, fact: Message, *, id_: UUID | None = None
    ) -> Accepted | Refused:
        told = self._told[work.run_id] = self._told.get(work.run_id, -1) + 1
        return await self.say(work, fact, id_=id_ or derived_id(work.run_id, "fact", told))

    async def say(self, work: StartRun, fact: Message, *, id_: UUID) -> Accepted | Refused:
        return await self._ask(subjects.fact(work.run_id), fact, id_)

    async def start(self, work: StartRun) -> Accepted | Refused:
        return await self.tell(work, self.taken(work))

    def taken(self, work: StartRun) -> RunStarted:
        return RunStarted(**_ids(work), builder=self.name, attempt=work.attempt)

    async def succeed(self, work: StartRun) -> Accepted | Refused:
        """The whole run, from its start to the release that came of it."""
        started = await self.start(work)
        assert isinstance(started, Accepted), started
        for step in (Step.CHECKOUT, Step.DEPLOY):
            await self.tell(work, StepStarted(**_ids(work), step=step))
            await self.tell(work, StepFinished(**_ids(work), step=step, succeeded=True, seconds=1))
        if work.commit is None and work.branch:
            resolved = self.heads[work.branch or ""]
            await self.tell(work, CommitResolved(**_ids(work), commit=resolved))
        return await self.tell(work, self.success(work))

    def success(self, work: StartRun) -> RunSucceeded:
        removed = work.kind in (DeployKind.TEARDOWN, DeployKind.CONTINUE)
        stacks = (work.target.stack_name,)
        release = None if removed else work.release or self.release(work)
        return RunSucceeded(**_ids(work), release=release, stacks=stacks, seconds=1)

    def release(self, work: StartRun) -> Release:
        name = work.target.stack_name
        return Release(
            deployment_id=work.deployment_id,
            commit=work.commit or self.heads[work.branch or ""],
            branch=work.branch,
            framework="cloudformation",
            artifact="f" * 64,
            stacks=(StackOutputs(stack=name, stack_id=f"arn:{name}"),),
            cloud=Cloud(account="000000000000", region="us-east-1", instance="first"),
        )

    async def fail(self, work: StartRun) -> Accepted | Refused:
        fact = TestsFailed(**_ids(work), command="npm test", exit_code=1)
        return await self.tell(work, fact)

    async def get_stuck(self, work: StartRun, *resources: str) -> Accepted | Refused:
        fact = StackStuck(
            **_ids(work),
            stack=work.target.stack_name,
            stack_status="UPDATE_ROLLBACK_FAILED",
            resources=resources,
            reason="it is gone",
        )
        await self.start(work)
        return await self.tell(work, fact)

    async def err(self, work: StartRun) -> Accepted | Refused:
        return await self.tell(work, RunErrored(**_ids(work), detail="no bubblewrap"))

    async def abandon(self, work: StartRun) -> Accepted | Refused:
        return await self.tell(work, RunAbandoned(**_ids(work)))

    async def end(self, work: StartRun) -> Accepted | Refused:
        return await self.tell(work, RunCancelled(**_ids(work), cloud_touched=True))

    async def beat(self, work: StartRun) -> Instruction:
        beat = Heartbeat(environment_id=work.environment_id, run_id=work.run_id, fence=work.fence)
        answer = await self._bus.ask(subjects.heartbeat(work.run_id), codec.encode(beat))
        return codec.read(HeartbeatAnswer, answer).instruction

    async def observe(self, question: ObserveBranch, id_: UUID) -> None:
        application, branch = question.application_id, question.branch
        if head := self.heads.get(branch):
            await self.say_head(application, branch, head, id_=id_)
        else:
            fact = BranchUnobservable(application_id=application, branch=branch, detail="gone")
            await self._ask(subjects.fact(application), fact, derived_id(id_, "observed"))
        self.observed.put_nowait(question)

    async def list_branches(self, question: ListBranches, id_: UUID) -> None:
        application, pattern = question.application_id, question.pattern
        fact = BranchesListed(
            application_id=application,
            pattern=pattern,
            heads={name: head for name, head in self.heads.items() if matches(pattern, name)},
        )
        await self._ask(subjects.fact(application), fact, derived_id(id_, "observed"))
        self.listed.put_nowait(question)

    async def say_head(
        self, application: UUID, branch: str, head: str, *, id_: UUID | None = None
    ) -> Accepted | Refused:
        fact = BranchHeadObserved(
            application_id=application, branch=branch, commit=head, source=HeadSource.REMOTE
        )
        told = derived_id(id_ or new_id(), "observed")
        return await self._ask(subjects.fact(application), fact, told)

    async def _ask(self, subject: str, fact: Message, id_: UUID) -> Accepted | Refused:
        asked = Asked(
            id=id_,
            actor="service:builder",
            type=type(fact).__name__,
            body=codec.encode(fact).decode(),
        )
        return _ANSWER.validate_json(await self._bus.ask(subject, codec.encode(asked)))


def _ids(work: StartRun) -> dict[str, UUID | int]:
    return work.model_dump(
        include={"application_id", "environment_id", "deployment_id", "number", "run_id"}
    )


@asynccontextmanager
async def running_builder(
    url: str, *, name: str = "builder", heads: Mapping[str, str] | None = None
) -> AsyncIterator[ObedientBuilder]:
    """A builder on the bus, which takes work until the end of the block."""
    bus = Bus(url, service=name)
    builder = ObedientBuilder(bus, name, heads or {})

    @on_message(bus, BUILDER_RUNS)
    async def take(body: bytes, message: NatsMessage) -> None:
        version = int(message.headers["Trellis-Version"])
        work = codec.decode(message.headers["Trellis-Type"], version, body)
        if isinstance(work, StartRun):
            builder.work.put_nowait(work)
        elif isinstance(work, PreviewRun):
            builder.previews.put_nowait(work.preview)
        elif isinstance(work, TrialRun):
            builder.trials.put_nowait(work.trial)
        elif isinstance(work, ObserveBranch):
            await builder.observe(work, UUID(message.headers["Nats-Msg-Id"]))
        elif isinstance(work, ListBranches):
            await builder.list_branches(work, UUID(message.headers["Nats-Msg-Id"]))

    @on_broadcast(bus, subjects.CANCELS)
    async def end(_body: bytes, message: NatsMessage) -> None:
        builder.cancelled.put_nowait(UUID(message.raw_message.subject.rpartition(".")[2]))

    await bus.start()
    try:
        yield builder
    finally:
        await bus.stop()

"""An orchestrator as a builder sees it: hands out work, keeps facts, answers heartbeats."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from faststream.nats.annotations import NatsMessage

from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_question
from tests.support.golden import sample
from trellis_contracts import codec, subjects
from trellis_contracts.asking import Accepted, Asked, RefusalCode, Refused
from trellis_contracts.deployments import DeployKind
from trellis_contracts.logs import LogChunk
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id, new_id
from trellis_contracts.previewing import PreviewOutcome, PreviewRequested
from trellis_contracts.releases import Release, Target
from trellis_contracts.runs import (
    HeartbeatAnswer,
    Instruction,
    RunOutcome,
    RunStarted,
    StartRun,
    Work,
)
from trellis_contracts.trials import TrialEnded

_END = RunOutcome | PreviewOutcome | TrialEnded


class Bookkeeper:
    """Starts each run once; what a builder said is in `facts` and `lines`."""

    def __init__(self, url: str) -> None:
        self._bus = Bus(url, service="orchestrator")
        self.facts: list[Message] = []
        self.answers: dict[UUID, Accepted | Refused] = {}
        self.instruction = Instruction.PROCEED
        self.chunks: list[LogChunk] = []
        self.refuses_all = False
        self._began: dict[UUID, UUID] = {}

    async def start(self) -> None:
        @on_question(self._bus, subjects.FACTS)
        async def keep(body: bytes) -> bytes:
            return codec.encode(self._answer(codec.read(Asked, body)))

        @on_question(self._bus, subjects.HEARTBEATS)
        async def instruct(_body: bytes, message: NatsMessage) -> bytes:
            assert message.raw_message.subject
            return codec.encode(HeartbeatAnswer(instruction=self.instruction))

        await self._bus.start()
        await self._bus.client.subscribe(subjects.ALL_LOGS, cb=self._note)

    async def stop(self) -> None:
        await self._bus.stop()

    async def give(self, work: Work) -> None:
        """Put work into the work queue."""
        await self._bus.publish(
            subjects.WORK,
            codec.encode(work),
            headers={
                "Trellis-Type": type(work).__name__,
                "Trellis-Version": str(work.schema_version),
            },
            message_id=str(new_id()),
        )

    async def cancel(self, run_id: UUID) -> None:
        """Say the word that nobody keeps."""
        await self._bus.tell(subjects.cancel(run_id), b"")

    def told(self, kind: type[Message]) -> list[Message]:
        """Give the facts of one kind."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    async def outcome(self, run_id: UUID, *, within: float = 60) -> RunOutcome:
        """Wait for the fact that ends a run."""
        ended = await self._end(run_id, within)
        assert isinstance(ended, RunOutcome), ended
        return ended

    async def preview(self, run_id: UUID, *, within: float = 60) -> PreviewOutcome:
        """Wait for the fact that ends a preview."""
        ended = await self._end(run_id, within)
        assert isinstance(ended, PreviewOutcome), ended
        return ended

    async def trial(self, run_id: UUID, *, within: float = 60) -> TrialEnded:
        """Wait for the fact that ends a trial."""
        ended = await self._end(run_id, within)
        assert isinstance(ended, TrialEnded), ended
        return ended

    async def _end(self, run_id: UUID, within: float) -> Message:
        async with asyncio.timeout(within):
            while True:
                for fact in self.facts:
                    if isinstance(fact, _END) and fact.run_id == run_id:
                        return fact
                await asyncio.sleep(0.02)

    def lines(self) -> list[str]:
        """Give every line that was logged, in order of its number."""
        numbered = {line.seq: line.text for chunk in self.chunks for line in chunk.log_lines()}
        return [numbered[seq] for seq in sorted(numbered)]

    def _answer(self, asked: Asked) -> Accepted | Refused:
        if asked.id in self.answers:
            return self.answers[asked.id]
        fact = codec.decode(asked.type, asked.version, asked.body)
        answer = self._decide(asked.id, fact)
        self.answers[asked.id] = answer
        if isinstance(answer, Accepted):
            self.facts.append(fact)
        return answer

    def _decide(self, id_: UUID, fact: Message) -> Accepted | Refused:
        again = isinstance(fact, RunStarted) and fact.run_id in self._began
        if again or self.refuses_all:
            return Refused(id=id_, code=RefusalCode.STALE, rule="stale", sentence="not yours")
        if isinstance(fact, RunStarted):
            self._began[fact.run_id] = id_
        return Accepted(id=id_, position=len(self.facts))

    async def _note(self, message: object) -> None:
        self.chunks.append(codec.read(LogChunk, getattr(message, "data", b"")))


def work_for(
    target: Target,
    *,
    kind: DeployKind = DeployKind.DEPLOY,
    commit: str | None = None,
    release: Release | None = None,
    previous: Release | None = None,
) -> StartRun:
    """Make the run of a new deployment of an environment that the target names."""
    deployment = new_id()
    fixed = StartRun.model_validate(sample(StartRun))
    return fixed.model_copy(
        update={
            "application_id": derived_id(target.application),
            "environment_id": derived_id(target.application, target.environment),
            "deployment_id": deployment,
            "run_id": derived_id(deployment, 1),
            "deadline": datetime.now(UTC) + timedelta(minutes=5),
            "kind": kind,
            "target": target,
            "commit": commit,
            "branch": "main",
            "release": release,
            "previous": previous,
        }
    )


def preview_of(work: StartRun) -> PreviewRequested:
    """Make the preview of what a run would do."""
    fixed = PreviewRequested.model_validate(sample(PreviewRequested))
    shared = PreviewRequested.model_fields.keys() & StartRun.model_fields.keys()
    return fixed.model_copy(update={name: getattr(work, name) for name in shared})

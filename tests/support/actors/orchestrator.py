"""An orchestrator that decides nothing: it notes what it was asked and answers as it is told."""

from faststream.nats.annotations import NatsMessage

from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_question
from trellis_contracts import codec, subjects
from trellis_contracts.asking import Accepted, Asked, RefusalCode, Refused
from trellis_contracts.message import Message


class AnsweringOrchestrator:
    """Listens for commands on a bus of its own; `start` and `stop` it."""

    def __init__(self, url: str) -> None:
        self._bus = Bus(url, service="orchestrator")
        self.asked: list[Asked] = []
        self.refuses_with: tuple[RefusalCode, str] | None = None

    @property
    def commands(self) -> list[Message]:
        """What was asked, in order."""
        return [codec.decode(asked.type, asked.version, asked.body) for asked in self.asked]

    async def start(self) -> None:
        @on_question(self._bus, subjects.COMMANDS)
        async def decide(body: bytes, message: NatsMessage) -> bytes:
            asked = codec.read(Asked, body)
            assert message.raw_message.subject == subjects.command(asked.type)
            return codec.encode(self._answer(asked))

        await self._bus.start()

    async def stop(self) -> None:
        await self._bus.stop()

    def _answer(self, asked: Asked) -> Accepted | Refused:
        self.asked.append(asked)
        if self.refuses_with:
            code, rule = self.refuses_with
            sentence = "This may not be: do something else."
            return Refused(id=asked.id, code=code, rule=rule, sentence=sentence)
        position = None if asked.dry_run else len(self.asked)
        return Accepted(id=asked.id, position=position, events=("Done",), subject=asked.id)

"""Asks every service how it is, and the bus what waits for one of them."""

from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import Final

from nats.errors import Error as NatsError
from nats.js.errors import APIError

from services.chassis.bus.sending import Bus
from services.chassis.health import CHECK_SECONDS, Check, findings
from services.chassis.streams import BUILDER_RUNS, DEAD, ORCHESTRATOR_INBOX
from services.chassis.unavailable import Unavailable
from trellis_contracts import codec, subjects
from trellis_contracts.codec import UnreadableMessage
from trellis_contracts.health import (
    SERVICES,
    SILENT,
    WELL,
    BuilderView,
    HealthView,
    ServiceHealth,
)

_WITHIN = CHECK_SECONDS + 0.5
_BUILDERS_WITHIN = 1.5
"""How many builders there are is not known: that long all of them are waited for."""
_WAITING: Final = {"deliveries": ORCHESTRATOR_INBOX, "runs": BUILDER_RUNS}


class RollCall:
    """Knows how the whole installation is."""

    def __init__(self, bus: Bus, own: Mapping[str, Check]) -> None:
        """Takes the bus on which the others are asked, and the checks of this service."""
        self._bus, self._own = bus, own

    async def take(self) -> HealthView:
        """Give everybody's word; who is silent for as long as checks may take is ill."""
        heard = {self._bus.service: await findings(self._own)}
        missing = set(SERVICES) - heard.keys()
        try:
            answers = self._bus.ask_all(subjects.ROLL_CALL, b"", within=_WITHIN)
            async with aclosing(answers):
                async for answer in answers:
                    _note(answer, heard)
                    if not (missing := missing - heard.keys()):
                        break
        except Unavailable as away:
            return self._without_a_bus(heard, str(away))
        heard |= {name: {"process": SILENT} for name in missing}
        return HealthView(services=_in_order(heard), waiting=await self._waiting())

    async def builders(self) -> tuple[BuilderView, ...]:
        """Give what every builder that answers in time says of itself, by name.

        Raises:
            BusUnavailable: there is no connection.
        """
        found: dict[str, BuilderView] = {}
        asked = self._bus.ask_all(subjects.BUILDER_CALL, b"", within=_BUILDERS_WITHIN)
        async with aclosing(asked) as answers:
            async for answer in answers:
                with suppress(UnreadableMessage):
                    builder = codec.read(BuilderView, answer)
                    found[builder.name] = builder
        return tuple(found[name] for name in sorted(found))

    def _without_a_bus(self, heard: dict[str, dict[str, str]], why: str) -> HealthView:
        unasked = {name: {"process": f"cannot be asked: {why}"} for name in SERVICES}
        return HealthView(services=_in_order(unasked | heard))

    async def _waiting(self) -> dict[str, int]:
        counted = {}
        for what, durable in _WAITING.items():
            try:
                jetstream = self._bus.jetstream
                consumer = await jetstream.consumer_info(durable.stream, durable.name)
            except (NatsError, APIError, TimeoutError):
                continue
            counted[what] = (consumer.num_pending or 0) + (consumer.num_ack_pending or 0)
        with suppress(NatsError, APIError, TimeoutError):
            dead = await self._bus.jetstream.stream_info(str(DEAD.name))
            counted["put aside"] = dead.state.messages
        return counted


def _note(answer: bytes, heard: dict[str, dict[str, str]]) -> None:
    """Take one service's word; of several builders an ill part of any counts."""
    try:
        said = codec.read(ServiceHealth, answer)
    except UnreadableMessage:  # it is newer than this ingest: as good as silent
        return
    before = heard.get(said.service, {})
    ill = {part: word for part, word in before.items() if word != WELL}
    heard[said.service] = {**said.parts, **ill}


def _in_order(heard: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {name: heard[name] for name in SERVICES if name in heard}

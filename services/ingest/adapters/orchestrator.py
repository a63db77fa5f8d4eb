"""Where commands are decided: each is asked over the bus and answered after its append.

Undecided
"""

import json
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from services.chassis.bus.errors import BusError, BusUnavailable
from services.chassis.bus.sending import Bus
from services.chassis.failpoints import passed
from trellis_contracts import codec, subjects
from trellis_contracts.applications import ApplicationCommand
from trellis_contracts.asking import Accepted, Answer, Asked, Refused
from trellis_contracts.deployments import EnvironmentCommand, RecordCloudReset
from trellis_contracts.names import ActorId
from trellis_contracts.previewing import PreviewCommand

ANSWERED_WITHIN_SECONDS = 5.0

Command = ApplicationCommand | EnvironmentCommand | PreviewCommand | RecordCloudReset

_ANSWER: TypeAdapter[Accepted | Refused] = TypeAdapter(Answer)


class Undecided(Exception):
    """Nobody answered: it is unknown whether the command was stored."""

    def __init__(self, reason: str) -> None:
        """Takes what was observed, for the log."""
        super().__init__(f"The command was not answered: {reason} Send it again with its id.")


class Orchestrator:
    """Asks the orchestrator to decide commands."""

    def __init__(self, bus: Bus) -> None:
        """Takes the bus, started by the time a command comes."""
        self._bus = bus

    async def decide(
        self, command: Command, *, key: UUID, actor: ActorId, dry_run: bool = False
    ) -> Accepted | Refused:
        """Give the answer; the same `key` gets the same answer again and changes nothing.

        Raises:
            Undecided: no answer within 5 seconds; repeat with the same `key`.
        """
        name = type(command).__name__
        asked = Asked(
            id=key,
            actor=actor,
            type=name,
            version=command.schema_version,
            body=_body(command),
            dry_run=dry_run,
        )
        passed(f"before command {name}")
        try:
            answer = await self._bus.ask(
                subjects.command(name),
                codec.encode(asked),
                timeout_seconds=ANSWERED_WITHIN_SECONDS,
            )
            decided = _ANSWER.validate_json(answer)
        except (BusUnavailable, BusError, ValidationError) as error:
            raise Undecided(str(error)) from error
        passed(f"after command {name}")
        return decided


def _body(command: Command) -> str:
    """Only fields that were given: in `ConfigureEnvironment.change`, what is not given stays."""
    given = command.model_dump(mode="json", exclude_unset=True)
    return json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

"""The optional step: tests that must pass before anything is deployed."""

from services.builder.adapters.attempt import Attempt
from services.builder.domain.run import StepFailed
from trellis_contracts.failures import TestsFailed

DEFAULT_COMMAND = "npm run test"


async def run_tests(attempt: Attempt) -> None:
    """Run the environment's test command.

    Raises:
        StepFailed: with TestsFailed.
    """
    command = attempt.work.target.settings.test_command or DEFAULT_COMMAND
    await attempt.log.say(f"$ {command}")
    ended = await attempt.run(("/bin/sh", "-c", command))
    if not ended.succeeded:
        raise StepFailed(
            TestsFailed(
                **attempt.ids, command=command, exit_code=ended.code, tail=attempt.log.tail()
            )
        )

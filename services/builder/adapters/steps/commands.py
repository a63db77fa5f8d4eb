"""The commands that an environment names: its tests, and what runs before and after its deploy.

Each is a program of the application's, in the sandbox; its failure has an event of its own.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from services.builder.adapters.attempt import Attempt
from services.builder.adapters.isolation.profile import Mount
from services.builder.domain.run import StepFailed
from trellis_contracts.failures import TestsFailed
from trellis_contracts.hook_failures import AfterDeployFailed, BeforeDeployFailed
from trellis_contracts.releases import Release

DEFAULT_TESTS = "npm run test"
TOLD_OUTPUTS = "TRELLIS_OUTPUTS"
OUTPUTS = "/opt/trellis-outputs.json"
"""Where the command after the deploy finds what the stacks show: by stack, by output."""

CommandFailed = type[TestsFailed] | type[BeforeDeployFailed] | type[AfterDeployFailed]


async def run_tests(attempt: Attempt) -> None:
    """Run the environment's test command.

    Raises:
        StepFailed: with TestsFailed.
    """
    await _run(attempt, attempt.work.target.settings.test_command or DEFAULT_TESTS, TestsFailed)


async def before_deploy(attempt: Attempt) -> None:
    """Run the command before the deploy; there is none where none is set.

    Raises:
        StepFailed: with BeforeDeployFailed.
    """
    await _run(attempt, attempt.work.target.settings.before_deploy or "true", BeforeDeployFailed)


async def after_deploy(attempt: Attempt, release: Release) -> None:
    """Run the command after the deploy, with the outputs of the stacks at hand.

    Raises:
        StepFailed: with AfterDeployFailed.
    """
    with tempfile.TemporaryDirectory(prefix="trellis-outputs-") as folder:
        file = Path(folder) / "outputs.json"
        outputs = {stack.stack: stack.outputs for stack in release.stacks}
        file.write_text(json.dumps(outputs, indent=2), encoding="utf-8")
        await _run(
            attempt,
            attempt.work.target.settings.after_deploy or "true",
            AfterDeployFailed,
            environment=variables_of(release),
            of_builder=(Mount(file, OUTPUTS),),
        )


def variables_of(release: Release) -> dict[str, str]:
    """Give each output as a variable; of two with one name, that of the stack deployed last."""
    named = {
        f"TRELLIS_OUTPUT_{name}": value
        for stack in release.stacks
        for name, value in stack.outputs.items()
    }
    return {TOLD_OUTPUTS: OUTPUTS, **named}


async def _run(
    attempt: Attempt,
    command: str,
    failed: CommandFailed,
    *,
    environment: Mapping[str, str] | None = None,
    of_builder: tuple[Mount, ...] = (),
) -> None:
    await attempt.log.say(f"$ {command}")
    ended = await attempt.run(
        ("/bin/sh", "-c", command), environment=environment, of_builder=of_builder
    )
    if not ended.succeeded:
        tail = attempt.log.tail()
        raise StepFailed(failed(**attempt.ids, command=command, exit_code=ended.code, tail=tail))

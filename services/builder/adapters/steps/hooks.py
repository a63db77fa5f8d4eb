"""The commands that an environment has run before and after its deploy: in the sandbox, too."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from services.builder.adapters.attempt import Attempt
from services.builder.adapters.isolation.profile import Mount
from services.builder.adapters.isolation.sandbox import Exit
from services.builder.domain.run import StepFailed
from trellis_contracts.hook_failures import AfterDeployFailed, BeforeDeployFailed
from trellis_contracts.releases import Release

TOLD_OUTPUTS = "TRELLIS_OUTPUTS"
OUTPUTS = "/opt/trellis-outputs.json"
"""Where the command after the deploy finds what the stacks show: by stack, by output."""


async def before_deploy(attempt: Attempt) -> None:
    """Run the command before the deploy; there is none where none is set.

    Raises:
        StepFailed: with BeforeDeployFailed.
    """
    command = attempt.work.target.settings.before_deploy or "true"
    ended = await _run(attempt, command)
    if not ended.succeeded:
        raise StepFailed(
            BeforeDeployFailed(
                **attempt.ids, command=command, exit_code=ended.code, tail=attempt.log.tail()
            )
        )


async def after_deploy(attempt: Attempt, release: Release) -> None:
    """Run the command after the deploy, with the outputs of the stacks at hand.

    Raises:
        StepFailed: with AfterDeployFailed.
    """
    command = attempt.work.target.settings.after_deploy or "true"
    with tempfile.TemporaryDirectory(prefix="trellis-outputs-") as folder:
        file = Path(folder) / "outputs.json"
        outputs = {stack.stack: stack.outputs for stack in release.stacks}
        file.write_text(json.dumps(outputs, indent=2), encoding="utf-8")
        ended = await _run(
            attempt,
            command,
            environment=variables_of(release),
            of_builder=(Mount(file, OUTPUTS),),
        )
    if not ended.succeeded:
        raise StepFailed(
            AfterDeployFailed(
                **attempt.ids, command=command, exit_code=ended.code, tail=attempt.log.tail()
            )
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
    *,
    environment: Mapping[str, str] | None = None,
    of_builder: tuple[Mount, ...] = (),
) -> Exit:
    await attempt.log.say(f"$ {command}")
    return await attempt.run(
        ("/bin/sh", "-c", command), environment=environment, of_builder=of_builder
    )

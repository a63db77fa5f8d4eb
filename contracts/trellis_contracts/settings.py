"""What people set for one environment, whole and as a change."""

from typing import Annotated

from pydantic import Field, StringConstraints

from trellis_contracts.message import Message
from trellis_contracts.names import Region, StackName
from trellis_contracts.rules import (
    Approvals,
    BranchPattern,
    QueuePolicy,
    RequiredChecks,
    Window,
)
from trellis_contracts.sizes import BuildSize

DEFAULT_REGION = "us-east-1"

ShellCommand = Annotated[
    str, StringConstraints(min_length=1, max_length=512, pattern=r"^[^\x00]+$")
]


class Settable(Message):
    """Every setting of an environment, with what it is unless it is set."""

    branch: BranchPattern | None = None
    automatic: bool = False
    queue: QueuePolicy = QueuePolicy.LATEST
    approvals: Approvals | None = None
    windows: tuple[Window, ...] = Field(default=(), max_length=20)
    checks: RequiredChecks | None = None
    run_minutes: int | None = Field(default=None, ge=1, le=1440)
    tests: bool = False
    test_command: ShellCommand | None = None
    before_deploy: ShellCommand | None = None
    after_deploy: ShellCommand | None = None
    size: BuildSize = BuildSize.MEDIUM
    silence_minutes: int | None = Field(default=None, ge=1, le=1440)
    region: Region = DEFAULT_REGION
    stack_name: StackName | None = None
    adopts: tuple[StackName, ...] = Field(default=(), max_length=50)


class EnvironmentSettings(Settable):
    """What a person sets for one environment.

    `branch` (or a glob of branches) with `automatic` says that a push to it deploys; `queue` what
    becomes of pushes that wait. `approvals`, `windows` and `checks` say what else a deployment
    waits for. `run_minutes` is how long a run may take. `tests` switches the tests on,
    `test_command` replaces `npm run test`. `before_deploy` is run when the assembly is made and no
    stack was touched yet, `after_deploy` when all stacks stand. A run's programs get the memory and
    processors of `size`, and may be silent for `silence_minutes`. `stack_name` replaces
    `<application>-<stage>`.
    `adopts` are stacks that were deployed without Trellis until now, and are this environment's.
    """


class SettingsChange(Settable):
    """The settings to change; what is not given stays. `None` is a value: no branch, no command."""

"""A command that an environment runs before or after its deploy did not end well."""

from typing_extensions import override

from trellis_contracts.failing import RunFailure


class BeforeDeployFailed(RunFailure):
    """The command before the deploy failed, so no stack was touched."""

    command: str
    exit_code: int

    @property
    @override
    def sentence(self) -> str:
        return (
            f"The command before the deploy failed (`{self.command}` ended with "
            f"{self.exit_code}), so no stack was touched: mend what it says and push."
        )


class AfterDeployFailed(RunFailure):
    """The command after the deploy failed: the new release runs, and has not passed."""

    command: str
    exit_code: int

    @property
    @override
    def sentence(self) -> str:
        return (
            f"The stacks were deployed, but the command after the deploy failed (`{self.command}` "
            f"ended with {self.exit_code}). The environment runs the new release: bring the one "
            "before back with `trellis rollback`, or mend it and push."
        )


HookFailure = BeforeDeployFailed | AfterDeployFailed

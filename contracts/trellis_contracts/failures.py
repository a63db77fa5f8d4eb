"""One event per kind of failure, each with a sentence that says what to do and who must act.

*Failed* is the application's code, settings or cloud; *errored* (RunLost, RunTimedOut by
silence, RunErrored) is ours. Both end a deployment. Those of stacks: `stack_failures`.
"""

from typing import ClassVar

from typing_extensions import override

from trellis_contracts.failing import CloudFailure, RunFailure
from trellis_contracts.hook_failures import HookFailure
from trellis_contracts.install_failures import InstallFailed, LockFileTooOld
from trellis_contracts.limit_failures import LimitFailure
from trellis_contracts.names import BranchName, CommitSha
from trellis_contracts.parties import Party
from trellis_contracts.stack_failures import (
    CancelledHalfWay,
    DeployFailed,
    RemovalFailed,
    StackStuck,
)


class CheckoutFailed(RunFailure):
    """The repository could not be cloned."""

    must_act: ClassVar[Party] = Party.TEAM
    repository: str
    detail: str

    @property
    @override
    def sentence(self) -> str:
        return f"{self.repository} could not be cloned: {self.detail}"


class CommitNotFound(RunFailure):
    """The commit (or the branch whose newest commit was wanted) is not in the repository."""

    repository: str
    commit: CommitSha | None = None
    branch: BranchName | None = None

    @property
    @override
    def sentence(self) -> str:
        wanted = f"commit {self.commit}" if self.commit else f"branch {self.branch}"
        return f"There is no {wanted} in {self.repository}: push it, or deploy another one."


class FrameworkNotFound(RunFailure):
    """Nothing in the folder says how to deploy it."""

    looked_for: tuple[str, ...]
    folder: str = ""

    @property
    @override
    def sentence(self) -> str:
        where = f"the folder {self.folder}" if self.folder else "the repository, nor in its folders"
        return (
            f"No known framework in {where}: looked for {', '.join(self.looked_for)}. "
            "Add one of them, or set the application's folder."
        )


class SeveralApplicationsFound(RunFailure):
    """The repository holds several applications, and none in its root."""

    folders: tuple[str, ...]

    @property
    @override
    def sentence(self) -> str:
        return (
            f"There are applications in {', '.join(self.folders)}: say which one this is with "
            "`trellis apps folder APP FOLDER`, and create one for each other."
        )


class TestsFailed(RunFailure):
    """The tests failed, so nothing was deployed."""

    __test__: ClassVar[bool] = False
    command: str
    exit_code: int

    @property
    @override
    def sentence(self) -> str:
        return (
            f"The tests failed (`{self.command}` ended with {self.exit_code}), "
            "so nothing was deployed: mend them and push."
        )


class SynthesisFailed(RunFailure):
    """The framework could not make an assembly of the commit."""

    framework: str
    detail: str

    @property
    @override
    def sentence(self) -> str:
        return f"{self.framework} could not be synthesised: {self.detail}"


class ParameterMissing(RunFailure):
    """The template asks for a parameter that has no default, no variable and no secret."""

    must_act: ClassVar[Party] = Party.TEAM
    parameters: tuple[str, ...]
    no_echo: tuple[str, ...] = ()

    @property
    @override
    def sentence(self) -> str:
        missing = [f"`trellis variables set … {name}=…`" for name in self.parameters]
        missing += [f"`trellis secrets set … {name}`" for name in self.no_echo]
        return (
            f"The template needs {', '.join((*self.parameters, *self.no_echo))}: "
            f"set {' and '.join(missing)} for this environment and deploy again."
        )


class AssemblyRefused(CloudFailure):
    """The assembly reaches for what is not its own."""

    reached_for: str
    remedy: str

    @property
    @override
    def sentence(self) -> str:
        return (
            f"The assembly was refused: it reaches for {self.reached_for}. {self.remedy}"
            f"{self.aftermath}"
        )


class CredentialsRejected(CloudFailure):
    """There are no AWS credentials for the environment, or AWS does not take them."""

    must_act: ClassVar[Party] = Party.TEAM
    code: str
    detail: str

    @property
    @override
    def sentence(self) -> str:
        return (
            f"AWS refused the environment's credentials ({self.code}: {self.detail}): "
            f"set them with `trellis credentials set` and deploy again.{self.aftermath}"
        )


class ArtifactUnavailable(RunFailure):
    """The kept assembly of a release cannot be read, so there is nothing to roll back to."""

    must_act: ClassVar[Party] = Party.OPERATOR
    detail: str

    @property
    @override
    def sentence(self) -> str:
        return f"The kept assembly cannot be used: {self.detail}. Deploy that commit anew instead."


class RunTimedOut(CloudFailure):
    """The run took longer than it may."""

    seconds: int

    @property
    @override
    def sentence(self) -> str:
        return (
            f"The run took longer than {self.seconds} seconds and was ended: "
            "make it shorter, or give the environment more time (`trellis apps rules "
            f"--run-minutes`, or TRELLIS_RUN_SECONDS for all).{self.aftermath}"
        )


class RunLost(RunFailure):
    """The builder fell silent, more often than a new run makes good."""

    must_act: ClassVar[Party] = Party.OPERATOR
    attempts: int

    @property
    @override
    def sentence(self) -> str:
        return (
            f"The builder fell silent in {self.attempts} runs: see that it is up and has "
            "memory and disk, then deploy again."
        )


class RunErrored(CloudFailure):
    """Trellis itself failed; `detail` is for the one who runs it."""

    must_act: ClassVar[Party] = Party.OPERATOR
    detail: str

    @property
    @override
    def sentence(self) -> str:
        return f"Trellis failed, not your application: {self.detail}{self.aftermath}"


FailureEvent = (
    CheckoutFailed
    | CommitNotFound
    | FrameworkNotFound
    | SeveralApplicationsFound
    | InstallFailed
    | LockFileTooOld
    | TestsFailed
    | SynthesisFailed
    | ParameterMissing
    | AssemblyRefused
    | CredentialsRejected
    | DeployFailed
    | StackStuck
    | RemovalFailed
    | CancelledHalfWay
    | ArtifactUnavailable
    | RunTimedOut
    | RunLost
    | RunErrored
    | HookFailure
    | LimitFailure
)

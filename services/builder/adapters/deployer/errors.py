"""Why the deployer could not do what it was asked.

DeployerError
├── CredentialsRefused     AWS does not take the credentials, or not for this
├── AwsUnreachable         no answer: the network, or a local AWS that is down
├── SecretMissing          a NoEcho parameter's secret was not given
├── StackFailed            a stack did not become what was asked; it has settled
├── StackStuck             a stack cannot go back: only a person can free it
└── StackNotRemoved        something of a stack is still there
Stopped, OutOfTime         the run was ended; the cloud has settled
NotPutBack                 any of these, and stacks that it had changed are not back
"""

from collections.abc import Iterable


class DeployerError(Exception):
    """What a deploy or a removal ended with; the cloud has settled."""


class CredentialsRefused(DeployerError):
    """There are no credentials, or AWS does not take them; `code` is the API's."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


class AwsUnreachable(DeployerError):
    """AWS gave no answer."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"AWS could not be reached: {detail}")


class SecretMissing(DeployerError):
    """NoEcho parameters are filled from secrets that are not there (any more)."""

    def __init__(self, parameters: Iterable[str]) -> None:
        self.parameters = tuple(sorted(parameters))
        super().__init__(f"no secret for {', '.join(self.parameters)}")


class StackFailed(DeployerError):
    """A stack failed; `resource` and `reason` are those of its first failure."""

    def __init__(
        self, stack: str, status: str, reason: str, *, resource: str | None = None
    ) -> None:
        self.stack = stack
        self.status = status
        self.resource = resource
        self.reason = reason
        super().__init__(f"{stack} is {status}: {resource or 'the stack'}: {reason}")


class StackStuck(StackFailed):
    """A rollback failed, also when it was continued; `resources` are those that block it."""

    def __init__(self, stack: str, status: str, reason: str, *, resources: Iterable[str]) -> None:
        self.resources = tuple(resources)
        super().__init__(stack, status, reason, resource=next(iter(self.resources), None))


class StackNotRemoved(StackFailed):
    """A stack, or something in it, could not be deleted."""


class NotPutBack(Exception):
    """`cause` ended the deploy, and `stacks`, which it had changed, are not what they were."""

    def __init__(self, cause: Exception, stacks: Iterable[str]) -> None:
        self.cause = cause
        self.stacks = tuple(stacks)
        super().__init__(f"{cause} (not put back: {', '.join(self.stacks)})")


class Stopped(Exception):
    """Somebody asked to end it. No further change was begun, and what ran has settled."""

    def __init__(self, *, cloud_touched: bool) -> None:
        self.cloud_touched = cloud_touched
        super().__init__("the deploy was stopped")


class OutOfTime(Exception):
    """It took longer than it may. No further change was begun, and what ran has settled."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"the deploy took longer than {seconds:.0f} s")

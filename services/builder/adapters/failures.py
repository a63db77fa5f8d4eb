"""Says which event an error of frameworks, check, deployer or artifacts is."""

from services.builder.adapters.artifacts import ArtifactDamaged, ArtifactMissing
from services.builder.adapters.deployer.errors import (
    CredentialsRefused,
    NotPutBack,
    OutOfTime,
    SecretMissing,
    StackFailed,
    StackNotRemoved,
    StackStuck,
    Stopped,
)
from services.builder.adapters.frameworks.port import FrameworkUnknown, SeveralApplications
from services.builder.adapters.frameworks.synthesis import NotSynthesised, ParametersNotSet
from services.builder.domain.assembly.refusals import Refusal
from services.builder.domain.run import RunIds
from trellis_contracts import failures, stack_failures
from trellis_contracts.failing import CloudFailure
from trellis_contracts.failures import FailureEvent


def failure_of(
    error: Exception, ids: RunIds, *, tail: tuple[str, ...] = (), said: str | None = None
) -> FailureEvent | None:
    """Give the event that an error is, or None for one that is ours (RunErrored).

    `tail` are the log's last lines, and `said` the one that looks like the error, for failures
    that a program of the run explains best.
    """
    match error:
        case NotPutBack():
            return _not_put_back(error, ids)
        case NotSynthesised():
            detail = f"{error.detail} It said: {said}" if said and error.in_log else error.detail
            return failures.SynthesisFailed(
                **ids, framework=error.framework, detail=detail, tail=tail
            )
        case ParametersNotSet():
            return failures.ParameterMissing(
                **ids, parameters=error.parameters, no_echo=error.no_echo
            )
        case Refusal():
            return failures.AssemblyRefused(
                **ids, reached_for=error.reached_for, remedy=error.remedy
            )
        case ArtifactMissing() | ArtifactDamaged():
            return failures.ArtifactUnavailable(**ids, detail=error.detail)
        case _:
            return _of_the_checkout(error, ids) or _of_the_cloud(error, ids)


def _not_put_back(left: NotPutBack, ids: RunIds) -> FailureEvent:
    """Also what is ours is told as its event: with it go the stacks that are not back."""
    if isinstance(left.cause, Stopped):
        return stack_failures.CancelledHalfWay(**ids, not_back=left.stacks)
    cause = failure_of(left.cause, ids)
    if isinstance(cause, CloudFailure):
        return cause.model_copy(update={"not_back": left.stacks})
    detail = f"{type(left.cause).__name__}: {left.cause}"[:1000]
    return failures.RunErrored(**ids, detail=detail, not_back=left.stacks)


def _of_the_checkout(error: Exception, ids: RunIds) -> FailureEvent | None:
    match error:
        case FrameworkUnknown():
            return failures.FrameworkNotFound(
                **ids, looked_for=error.looked_for, folder=error.folder
            )
        case SeveralApplications():
            return failures.SeveralApplicationsFound(**ids, folders=error.folders)
        case _:
            return None


def _of_the_cloud(error: Exception, ids: RunIds) -> FailureEvent | None:
    match error:
        case SecretMissing():
            return failures.ParameterMissing(**ids, parameters=(), no_echo=error.parameters)
        case CredentialsRefused():
            return failures.CredentialsRejected(**ids, code=error.code, detail=error.detail)
        case StackFailed():
            return _of_a_stack(error, ids)
        case OutOfTime():
            return failures.RunTimedOut(**ids, seconds=round(error.seconds))
        case _:
            return None


def _of_a_stack(error: StackFailed, ids: RunIds) -> FailureEvent:
    match error:
        case StackNotRemoved():
            return stack_failures.RemovalFailed(
                **ids,
                stack=error.stack,
                stack_status=error.status,
                resource=error.resource,
                reason=error.reason,
            )
        case StackStuck():
            return stack_failures.StackStuck(
                **ids,
                stack=error.stack,
                stack_status=error.status,
                resources=error.resources,
                reason=error.reason,
            )
        case _:
            return stack_failures.DeployFailed(
                **ids,
                stack=error.stack,
                stack_status=error.status,
                resource=error.resource,
                reason=error.reason,
            )

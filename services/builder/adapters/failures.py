"""Says which event an error of frameworks, check, deployer or artifacts is."""

from services.builder.adapters.artifacts import ArtifactDamaged, ArtifactMissing
from services.builder.adapters.deployer.errors import (
    CredentialsRefused,
    OutOfTime,
    SecretMissing,
    StackFailed,
    StackNotRemoved,
    StackStuck,
)
from services.builder.adapters.frameworks.port import FrameworkUnknown, SeveralApplications
from services.builder.adapters.frameworks.synthesis import NotSynthesised, ParametersNotSet
from services.builder.domain.assembly.refusals import Refusal
from services.builder.domain.run import RunIds
from trellis_contracts import failures
from trellis_contracts.failures import FailureEvent


def failure_of(
    error: Exception, ids: RunIds, *, tail: tuple[str, ...] = (), said: str | None = None
) -> FailureEvent | None:
    """Give the event that an error is, or None for one that is ours (RunErrored).

    `tail` are the log's last lines, and `said` the one that looks like the error, for failures
    that a program of the run explains best.
    """
    match error:
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
            return failures.RemovalFailed(
                **ids,
                stack=error.stack,
                stack_status=error.status,
                resource=error.resource,
                reason=error.reason,
            )
        case StackStuck():
            return failures.StackStuck(
                **ids,
                stack=error.stack,
                stack_status=error.status,
                resources=error.resources,
                reason=error.reason,
            )
        case _:
            return failures.DeployFailed(
                **ids,
                stack=error.stack,
                stack_status=error.status,
                resource=error.resource,
                reason=error.reason,
            )

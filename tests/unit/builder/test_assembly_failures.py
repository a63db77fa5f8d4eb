"""Every error of the builder's parts has its one event, and ours have none."""

from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from services.builder.adapters.artifacts import ArtifactDamaged, ArtifactMissing
from services.builder.adapters.deployer.errors import (
    AwsUnreachable,
    CredentialsRefused,
    OutOfTime,
    SecretMissing,
    StackFailed,
    StackNotRemoved,
    StackStuck,
)
from services.builder.adapters.failures import failure_of
from services.builder.adapters.frameworks.port import FrameworkUnknown
from services.builder.adapters.frameworks.synthesis import NotSynthesised, ParametersNotSet
from services.builder.domain.assembly.refusals import NotItsBucket
from services.builder.domain.run import RunIds
from trellis_contracts import failures
from trellis_contracts.failing import Failure

IDS = RunIds(
    application_id=uuid4(),
    environment_id=uuid4(),
    deployment_id=uuid4(),
    number=1,
    run_id=uuid4(),
)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (FrameworkUnknown(("template.yaml",), "api"), failures.FrameworkNotFound, "template.yaml"),
        (NotSynthesised("SAM", "no Resources"), failures.SynthesisFailed, "no Resources"),
        (ParametersNotSet(("A",), ("B",)), failures.ParameterMissing, "A, B"),
        (NotItsBucket("theirs", "ours"), failures.AssemblyRefused, "theirs"),
        (ArtifactMissing("a" * 64), failures.ArtifactUnavailable, "not kept"),
        (ArtifactDamaged("a" * 64, "cut"), failures.ArtifactUnavailable, "cut"),
        (SecretMissing(["B"]), failures.ParameterMissing, "trellis secrets set"),
        (CredentialsRefused("ExpiredToken", "old"), failures.CredentialsRejected, "ExpiredToken"),
        (StackFailed("s", "X_FAILED", "why", resource="R"), failures.DeployFailed, "at R: why"),
        (StackNotRemoved("s", "DELETE_FAILED", "why"), failures.RemovalFailed, "why"),
        (
            StackStuck("s", "UPDATE_ROLLBACK_FAILED", "why", resources=("A", "B.C")),
            failures.StackStuck,
            "A, B.C cannot go back: why",
        ),
        (OutOfTime(90), failures.RunTimedOut, "90 seconds"),
    ],
)
def test_an_error_is_the_event_that_says_who_must_act(
    error: Exception, *, kind: type[Failure], said: str
) -> None:
    event = failure_of(error, IDS)

    assert isinstance(event, kind)
    assert said in event.sentence


@pytest.mark.parametrize(
    ("in_log", "said"), [(True, "Error: no"), (False, "Error: no"), (True, None)]
)
def test_what_the_framework_said_is_shown_where_the_log_explains(
    *, in_log: bool, said: str | None
) -> None:
    event = failure_of(NotSynthesised("CDK", "it ended.", in_log=in_log), IDS, said=said)

    assert isinstance(event, failures.SynthesisFailed)
    assert ("It said: Error: no" in event.sentence) is bool(in_log and said)


@pytest.mark.parametrize(
    "error", [AwsUnreachable("no route"), ClientError({}, "DescribeStacks"), OSError("disk")]
)
def test_what_is_ours_is_no_failure_of_the_application(error: Exception) -> None:
    assert failure_of(error, IDS) is None

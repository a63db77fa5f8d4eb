"""Every error of the builder's parts has its one event, and ours have none."""

from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from services.builder.adapters.artifacts import ArtifactDamaged, ArtifactMissing
from services.builder.adapters.deployer.errors import (
    AwsUnreachable,
    CredentialsRefused,
    NotPutBack,
    OutOfTime,
    SecretMissing,
    StackFailed,
    StackNotRemoved,
    StackStuck,
    Stopped,
)
from services.builder.adapters.failures import failure_of
from services.builder.adapters.frameworks.port import FrameworkUnknown
from services.builder.adapters.frameworks.synthesis import NotSynthesised, ParametersNotSet
from services.builder.domain.assembly.refusals import NotItsBucket, StackOfAnother
from services.builder.domain.run import RunIds
from trellis_contracts import failures, stack_failures
from trellis_contracts.failing import CloudFailure, Failure

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
        (
            StackFailed("s", "X_FAILED", "why", resource="R"),
            stack_failures.DeployFailed,
            "at R: why",
        ),
        (StackNotRemoved("s", "DELETE_FAILED", "why"), stack_failures.RemovalFailed, "why"),
        (
            StackStuck("s", "UPDATE_ROLLBACK_FAILED", "why", resources=("A", "B.C")),
            stack_failures.StackStuck,
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
    ("cause", "kind"),
    [
        (StackFailed("s", "X_FAILED", "why"), stack_failures.DeployFailed),
        (StackStuck("s", "X_FAILED", "why", resources=()), stack_failures.StackStuck),
        (StackOfAnother("s", "them", "Ask."), failures.AssemblyRefused),
        (CredentialsRefused("ExpiredToken", "old"), failures.CredentialsRejected),
        (OutOfTime(90), failures.RunTimedOut),
        (Stopped(cloud_touched=True), stack_failures.CancelledHalfWay),
        (AwsUnreachable("no route"), failures.RunErrored),
        (ClientError({}, "DescribeStacks"), failures.RunErrored),
    ],
)
def test_the_failure_names_what_is_not_back_and_says_what_to_do(
    cause: Exception, kind: type[CloudFailure]
) -> None:
    event = failure_of(NotPutBack(cause, ["shop-data", "shop-api"]), IDS)

    assert isinstance(event, kind)
    assert event.not_back == ("shop-data", "shop-api")
    assert "Not put back: shop-data, shop-api" in event.sentence
    assert "deploy again or roll back" in event.sentence
    assert "The environment runs what it ran before" not in event.sentence


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

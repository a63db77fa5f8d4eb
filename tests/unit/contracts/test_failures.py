"""Every failure says what happened, what to do, and who must act."""

import json
from typing import get_args

import pytest

from tests.support.golden import sample
from trellis_contracts.failing import Failure
from trellis_contracts.failures import FailureEvent, RunTimedOut
from trellis_contracts.parties import Party
from trellis_contracts.sentences import skipping
from trellis_contracts.stack_failures import StackStuck


@pytest.mark.parametrize("cls", get_args(FailureEvent), ids=lambda cls: cls.__name__)
def test_a_failure_is_one_sentence_with_its_facts_for_somebody(cls: type[Failure]) -> None:
    failure = cls.model_validate(sample(cls))

    assert len(failure.sentence) > 40
    assert failure.must_act in Party
    assert "None" not in failure.sentence


@pytest.mark.parametrize("cls", get_args(FailureEvent), ids=lambda cls: cls.__name__)
def test_what_must_act_is_not_stored(cls: type[Failure]) -> None:
    stored = json.loads(cls.model_validate(sample(cls)).model_dump_json())

    assert "must_act" not in stored
    assert "sentence" not in stored


def test_our_own_faults_are_the_operators() -> None:
    ours = {cls.__name__ for cls in get_args(FailureEvent) if cls.must_act is Party.OPERATOR}

    assert ours == {"BuilderMemoryExhausted", "RunLost", "RunErrored", "ArtifactUnavailable"}


def test_a_stuck_stack_names_the_command_that_leaves_what_blocks_it() -> None:
    stuck = StackStuck.model_validate(
        {**sample(StackStuck), "stack": "shop-dev", "resources": ("Topic", "Queue")}
    )

    wanted = "`trellis continue APP ENV --stack shop-dev --skip Topic --skip Queue --reason …`"
    assert wanted in stuck.sentence


def test_whoever_skips_a_resource_is_told_what_aws_then_believes() -> None:
    assert "AWS then takes each for rolled back, whatever it really is" in (
        skipping("shop-dev", ["Topic"])
    )
    assert "skipping nothing" in skipping("shop-dev", [])


def test_a_run_that_took_too_long_names_both_limits() -> None:
    said = RunTimedOut.model_validate(sample(RunTimedOut)).sentence

    assert "`trellis apps rules --run-minutes`" in said
    assert "TRELLIS_RUN_SECONDS" in said

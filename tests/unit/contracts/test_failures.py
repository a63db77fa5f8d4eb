"""Every failure says what happened, what to do, and who must act."""

import json
from typing import get_args

import pytest

from tests.support.golden import sample
from trellis_contracts.failing import Failure
from trellis_contracts.failures import FailureEvent
from trellis_contracts.parties import Party


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

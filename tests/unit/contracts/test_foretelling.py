"""What a dry run says of what would follow."""

from tests.support.deployments import A, ids, requested, started
from trellis_contracts.continuing import Continuation
from trellis_contracts.deployments import DeployKind, DeploySuperseded
from trellis_contracts.foretelling import NOTHING, foretold
from trellis_contracts.gating import DeployGated, DeploySkipped
from trellis_contracts.rules import Gate, GateKind, SkipReason


def test_nothing_is_said_in_words_too() -> None:
    assert foretold([]) == (NOTHING,)


def test_a_deployment_that_would_start() -> None:
    assert foretold([requested(3, A), started(3)]) == (
        "It would be #3 of development: aaaaaaa.",
        "#3 would start at once.",
    )


def test_a_deployment_that_would_take_another_ones_place_and_wait() -> None:
    gate = Gate(kind=GateKind.CHECKS, sentence="waits for the commit to pass build")
    gone = DeploySuperseded.model_validate({**ids(2), "by": ids(3)["deployment_id"]})
    gated = DeployGated.model_validate({**ids(3), "gates": (gate,)})
    assert foretold([requested(3, None), gone, gated]) == (
        "It would be #3 of development: the newest commit of main.",
        "#2, which waits, would be superseded by it.",
        "#3 would wait: waits for the commit to pass build.",
    )


def test_a_push_that_would_be_skipped() -> None:
    where = {key: value for key, value in ids(1).items() if key.endswith("_id")}
    where.pop("deployment_id")
    skipped = DeploySkipped.model_validate(
        {
            **where,
            "branch": "main",
            "commit": A,
            "reason": SkipReason.PATHS,
            "detail": "it changes nothing of a",
        }
    )
    assert foretold([skipped]) == ("It would be skipped: it changes nothing of a.",)


def test_what_brings_no_commit_says_what_it_does() -> None:
    removes = requested(3, None, kind=DeployKind.TEARDOWN, branch=None)
    goes_on = requested(3, None, kind=DeployKind.CONTINUE, branch=None).model_copy(
        update={"continues": Continuation(stack="shop-dev", skip=("Topic",), reason="gone")}
    )
    assert foretold([removes]) == ("It would be #3 of development: everything would be removed.",)
    assert foretold([goes_on]) == (
        "It would be #3 of development: continue the rollback of stack shop-dev, skipping Topic.",
    )

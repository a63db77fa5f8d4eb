"""A message that was answered is recognised for as long as it can come again."""

from services.orchestrator.domain.answers import REMEMBERED, Answers, accept
from tests.support.deployments import (
    CREATE_SHOP,
    SHOP,
    deployment,
    failed,
    requested,
    shop,
    started,
)
from trellis_contracts.asking import Accepted
from trellis_contracts.names import derived_id

CAUSE = derived_id("cause")


def test_the_answer_is_that_of_all_the_events_of_a_message() -> None:
    events = (requested(1), started(1))
    answers = Answers()
    for position, event in enumerate(events, 7):
        answers = answers.after(event, cause=CAUSE, position=position)
    assert answers.to(CAUSE) == accept(CAUSE, events, position=8)
    assert answers.to(CAUSE) == Accepted(
        id=CAUSE,
        position=8,
        events=("DeployRequested", "DeployStarted"),
        subject=deployment(1),
    )


def test_the_subject_of_a_creation_is_the_application() -> None:
    assert accept(CREATE_SHOP.application_id, [shop().created], position=1).subject == SHOP


def test_what_makes_nothing_has_no_subject() -> None:
    assert accept(CAUSE, [failed(1)], position=1).subject is None


def test_only_the_newest_answers_are_kept() -> None:
    answers = Answers()
    causes = [derived_id("cause", number) for number in range(REMEMBERED + 1)]
    for position, cause in enumerate(causes):
        answers = answers.after(failed(1), cause=cause, position=position)
    assert answers.to(causes[0]) is None
    assert answers.to(causes[1]) is not None
    assert answers.to(causes[-1]) is not None

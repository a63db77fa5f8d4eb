"""What pages show of rules: what waits, what is held or skipped, and what pull requests have."""

from datetime import timedelta

import pytest

from dashboard.shown import board as boards
from dashboard.shown.application_settings import application_settings
from dashboard.shown.applications import rows
from dashboard.shown.cards import Card
from dashboard.shown.deployment import deployment as shown
from dashboard.shown.pulls import pulls
from dashboard.shown.settings import settings
from tests.support.dashboard import NOW, application, deployment, environment, release, sha
from trellis_contracts.names import derived_id
from trellis_contracts.pull_requests import Hindrance, PullRequestRule
from trellis_contracts.rules import (
    Approvals,
    Gate,
    GateKind,
    RequiredChecks,
    SkipReason,
)
from trellis_contracts.sentences import hindered
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.views import (
    ApplicationView,
    DeletionView,
    DeploymentState,
    DeploymentView,
    EnvironmentView,
    HoldView,
    PullRequestView,
    SkipView,
)
from trellis_contracts.windows import window_of

DEVELOPMENT = derived_id("development")
APPROVAL = Gate(kind=GateKind.APPROVAL, sentence="1 of 2 approvals are missing")
FREEZE = Gate(kind=GateKind.FREEZE, sentence="frozen until Monday")
CHECKS = Gate(kind=GateKind.CHECKS, sentence="waits for the commit to pass build")
RULE = PullRequestRule(template=DEVELOPMENT, days=3, at_once=5)


def board(view: ApplicationView, *history: DeploymentView) -> Card:
    return boards.cards(view, {DEVELOPMENT: history}, now=NOW)[0]


def waiting(number: int, *gates: Gate, **given: object) -> DeploymentView:
    fields = {"state": DeploymentState.WAITING, "finished_at": None, "gates": gates, "stacks": ()}
    return deployment(number, **{**fields, **given})


def of_pull(number: int, **given: object) -> EnvironmentView:
    name = f"pr-{number}"
    fields: dict[str, object] = {
        "pull_request": number,
        "template": DEVELOPMENT,
        "settings": EnvironmentSettings(branch="basket", automatic=True),
        "credentials_version": None,
    }
    return environment(name, **{**fields, **given})


def with_pulls(*theirs: EnvironmentView, **given: object) -> ApplicationView:
    whole = application(environment(release=release(1)), **given)
    return whole.model_copy(update={"environments": (*whole.environments, *theirs)})


@pytest.mark.parametrize(
    ("gates", "said", "approval", "frozen"),
    [
        ((APPROVAL, FREEZE), (APPROVAL.sentence, FREEZE.sentence), True, True),
        ((CHECKS,), (CHECKS.sentence,), False, False),
        ((), ("for its turn",), False, False),
    ],
)
def test_a_card_says_what_each_deployment_waits_for(
    gates: tuple[Gate, ...], said: tuple[str, ...], *, approval: bool, frozen: bool
) -> None:
    one = waiting(2, *gates, approvers=("person:ben",))
    card = board(application(environment(waiting=(one.deployment_id,))), one)

    assert [(w.title, w.approved_by) for w in card.waiting] == [("Deploy #2 waits", "ben")]
    assert card.waiting[0].gates == said
    assert (card.waiting[0].needs_approval, card.waiting[0].frozen) == (approval, frozen)


def test_a_hold_and_skipped_pushes_are_said_with_their_reasons() -> None:
    skips = tuple(
        SkipView(
            branch="main", commit=sha(str(n)), reason=SkipReason.HELD, detail=f"reason {n}",
            at=NOW - timedelta(minutes=n),
        )
        for n in range(1, 6)
    )  # fmt: skip
    hold = HoldView(number=3, barred=(sha("2"),), since=NOW)
    card = board(application(environment(hold=hold, skipped=skips, release=release(1))))

    assert card.hold == f"No push deploys here since the rollback #3. Barred: {sha('2')[:7]}."
    assert [one.reason for one in card.skipped] == ["reason 1", "reason 2", "reason 3"]
    assert (card.skipped[0].commit, card.skipped[0].when) == (sha("1")[:7], "1 min ago")
    assert any("pushes are held" in said for said in card.why)


def test_what_has_not_passed_is_not_promoted_and_can_be_rolled_back() -> None:
    at = environment(release=release(2, passed=False))
    card = board(application(at), deployment(1))

    assert card.live.not_passed.startswith("Not passed")
    assert (card.can_promote, card.can_roll_back) == (False, True)
    assert rows((application(at),), {})[0].environments[0].said.endswith("not passed")


def test_pull_requests_are_apart_from_the_line() -> None:
    whole = with_pulls(of_pull(7), of_pull(9, over=True), following=RULE)

    line = boards.cards(whole, {}, now=NOW)
    apart = pulls(whole, {}, now=NOW)

    assert [(one.name, one.promote_to) for one in line] == [
        ("development", "staging"), ("staging", "production"), ("production", ""),
    ]  # fmt: skip
    assert [(one.name, one.being_removed) for one in apart.cards] == [
        ("pr-7", False), ("pr-9", True),
    ]  # fmt: skip
    assert apart.cards[0].source == "pull request #7 · basket"
    assert not apart.cards[0].needs_credentials, "it uses its template's"
    assert "like development: at most 5, removed after 3 days" in apart.rule
    assert rows((whole,), {})[0].pulls == "and 2 of pull requests"


def test_an_open_pull_request_without_an_environment_says_why() -> None:
    def opened(number: int, hindrance: Hindrance | None) -> PullRequestView:
        return PullRequestView(
            number=number, branch="basket", commit=sha("1"), foreign=False, hindrance=hindrance
        )

    several = (opened(7, None), opened(8, Hindrance.FOREIGN), opened(9, None))
    whole = with_pulls(of_pull(7), of_pull(9, over=True), following=RULE, pull_requests=several)

    assert [(one.number, one.reason) for one in pulls(whole, {}, now=NOW).without] == [
        (8, hindered(Hindrance.FOREIGN)),
        (9, "its environment is being made"),
    ]


def test_pull_requests_that_get_nothing_are_not_shown() -> None:
    assert not pulls(application(), {}, now=NOW).there
    off = pulls(with_pulls(of_pull(7, over=True)), {}, now=NOW)
    assert (off.there, off.without) == (True, ())
    assert "no environments any more" in off.rule


def test_the_list_says_what_is_waited_for() -> None:
    one = waiting(2, APPROVAL)
    at = environment(waiting=(one.deployment_id,), last=one.deployment_id)

    assert rows((application(at),), {one.deployment_id: one})[0].environments[0].said == (
        "waiting: approval"
    )


def test_an_application_that_is_being_deleted_says_what_is_in_the_way() -> None:
    leaving = DeletionView(
        actor="person:ana", requested_at=NOW - timedelta(minutes=5), failures={"staging": "It is."}
    )
    whole = application(deletion=leaving)

    head = boards.head(whole, now=NOW)
    assert (head.leaving, head.left) == ("ana asked for it 5 min ago", ("staging: It is.",))
    assert rows((whole,), {})[0].hint == "being deleted"
    assert application_settings(whole).leaving


def test_a_deployments_page_says_who_let_it_go_on() -> None:
    page = shown(
        waiting(
            2, APPROVAL, approvers=("person:ben",), freeze_overridden_by="person:ana",
            freeze_override_reason="the shop is down",
        ),
        "https://x/y", now=NOW,
    )  # fmt: skip

    assert (page.waits, page.waiting.gates) == (True, (APPROVAL.sentence,))
    assert (page.approved_by, page.freeze) == ("ben", "overridden by ana: the shop is down")
    assert f"It waits: {APPROVAL.sentence}." in page.reasons
    assert not shown(deployment(1), "https://x/y", now=NOW).waits


def test_rules_are_shown_as_they_are_typed() -> None:
    window = window_of("deny 0 18 * * fri 62h Europe/Rome")
    now = EnvironmentSettings(
        approvals=Approvals(needed=2, people=("person:ana",), own=True, hours=24),
        windows=(window,), checks=RequiredChecks(names=("build", "lint"), minutes=30),
        run_minutes=45, after_deploy="npm run smoke",
    )  # fmt: skip
    page = settings(environment(settings=now))

    assert (page.rules.approvals, page.rules.approvers, page.rules.own) == ("2", "person:ana", True)
    assert page.rules.windows == "deny 0 18 * * fri 62h Europe/Rome"
    assert (page.rules.checks, page.rules.check_minutes) == ("build\nlint", "30")
    assert (page.builds.run_minutes, page.builds.silence_minutes) == ("45", "")
    assert (page.builds.after_deploy, page.builds.size) == ("npm run smoke", "medium")
    assert page.rules.key != settings(environment()).rules.key


def test_an_applications_settings_have_its_line_and_what_can_be_a_template() -> None:
    page = application_settings(
        with_pulls(of_pull(7), following=RULE, watches=("apps/shop", "lib"))
    )

    assert [(one.name, one.first, one.last) for one in page.line] == [
        ("development", True, False), ("staging", False, False), ("production", False, True),
    ]  # fmt: skip
    assert [one.label for one in page.templates] == ["development", "staging"]
    assert (page.following.template, page.following.days) == (str(DEVELOPMENT), "3")
    assert page.source.watches == "apps/shop\nlib"

"""What a delivery means, decided without asking anybody."""

from collections.abc import Iterator
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.ingest.adapters.github import Unreadable, read_payload
from services.ingest.domain.interpret import (
    MOST_COMMITS,
    Delivery,
    Interpretation,
    Mismatched,
    Unprocessable,
    interpret,
)
from services.ingest.domain.payloads import Push
from tests.support.actors.github import ZEROS, GitHub, Json, body_of
from trellis_contracts import codec
from trellis_contracts.pushes import (
    BranchDeleted,
    CheckCompleted,
    DeliveryIgnored,
    Ignorance,
    PushReceived,
    RepositoryRenamed,
)
from trellis_contracts.rules import CheckConclusion

GITHUB = GitHub("secret")
DELIVERY = Delivery(id="d", event="push", hook="h" * 16, repository="acme/orders")
EVENTS = [
    "branch_protection_rule", "check_suite", "code_scanning_alert",
    "commit_comment", "create", "delete", "deployment", "deployment_status", "discussion",
    "fork", "gollum", "installation", "issue_comment", "issues", "label", "member",
    "membership", "meta", "milestone", "organization", "page_build", "project", "public",
    "pull_request_review", "release", "repository", "repository_dispatch",
    "schedule", "secret_scanning_alert", "security_advisory", "sponsorship", "star",
    "team", "watch", "workflow_dispatch", "workflow_job",
]  # fmt: skip


def _meaning(payload: Json, event: str = "push") -> Interpretation:
    read = read_payload(event, body_of(payload))
    about = DELIVERY.model_copy(update={"event": event})
    return interpret(about, read, connected={"acme/payroll"}.__contains__)


def test_a_long_message_keeps_the_word_that_asks_not_to_be_deployed() -> None:
    payload = GITHUB.push()
    [commit] = cast("list[Json]", payload["commits"])
    for message, kept in (
        ("a" * 600, "a" * 512),
        ("a" * 600 + "\n[skip ci]", "a" * 500 + " … [skip ci]"),
        ("[no ci] " + "a" * 600, ("[no ci] " + "a" * 600)[:512]),
    ):
        commit["message"] = message
        meaning = _meaning(payload)
        assert isinstance(meaning, PushReceived)
        assert meaning.commits[0].message == kept


def test_a_push_names_its_branch_commits_and_login() -> None:
    meaning = _meaning(GITHUB.push("feature/a", commits=2, forced=True))

    assert isinstance(meaning, PushReceived)
    assert (meaning.branch, meaning.before, meaning.after) == ("feature/a", "a" * 40, "b" * 40)
    assert (meaning.forced, meaning.pusher) == (True, "ana-login")
    assert [commit.author for commit in meaning.commits] == ["ana-login", "ana-login"]
    assert not meaning.commits_cut


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        (GITHUB.renamed("bazaar"), "acme/bazaar"),
        (GITHUB.renamed("Orders"), "acme/Orders"),
        (GITHUB.renamed("payroll"), "acme/payroll"),
        (GITHUB.transferred("globex"), "globex/orders"),
        (GITHUB.transferred("ana-login", kind="user"), "ana-login/orders"),
    ],
)
def test_a_renamed_repository_is_followed_by_its_old_name(payload: Json, name: str) -> None:
    meaning = _meaning(payload, "repository")

    assert isinstance(meaning, RepositoryRenamed)
    assert (meaning.repository, meaning.renamed_to) == ("acme/orders", name)


def test_what_else_happens_to_a_repository_is_not_used() -> None:
    payload = {**GITHUB.renamed("orders"), "action": "edited", "changes": {"description": {}}}

    assert getattr(_meaning(payload, "repository"), "reason", None) is Ignorance.EVENT_NOT_USED


def test_a_rename_that_the_hook_has_followed_already_changes_nothing() -> None:
    """As the forge tells it of `shop`, once the hook speaks of `orders`."""
    payload = GitHub("secret", "acme/shop").renamed("orders")

    assert getattr(_meaning(payload, "repository"), "reason", None) is Ignorance.EVENT_NOT_USED


def test_the_rename_of_another_repository_is_not_this_hooks() -> None:
    other = GitHub("secret", "acme/other")

    assert isinstance(_meaning(other.renamed("payroll"), "repository"), Mismatched)
    assert isinstance(_meaning(other.renamed("more"), "repository"), DeliveryIgnored)


@pytest.mark.parametrize("name", ["..", ".", "a?b", "a#b", "a@b", "a/b", "", "x y", "ü", "x" * 101])
def test_a_name_that_leads_elsewhere_is_no_repository(name: str) -> None:
    assert isinstance(_meaning(GITHUB.renamed(name), "repository"), Unprocessable)


@pytest.mark.parametrize(
    "changes", [None, {}, {"owner": None}, {"owner": {"from": None}}, {"owner": {"from": {}}}]
)
def test_a_transfer_that_does_not_say_from_whom_is_none(changes: object) -> None:
    payload = {**GITHUB.transferred("globex"), "changes": changes}

    assert isinstance(_meaning(payload, "repository"), DeliveryIgnored)


def test_no_e_mail_and_no_real_name_is_taken_over() -> None:
    meaning = _meaning(GITHUB.push(commits=3))

    assert isinstance(meaning, PushReceived)
    text = codec.encode(meaning).decode()
    assert "@" not in text
    assert "Realname" not in text


def test_a_new_branch_is_a_push_from_no_commit() -> None:
    meaning = _meaning(GITHUB.push(before=ZEROS, commits=0))

    assert isinstance(meaning, PushReceived)
    assert (meaning.before, meaning.commits) == (ZEROS, ())


@pytest.mark.parametrize("changed", [{"deleted": True}, {"after": ZEROS}])
def test_a_deleted_branch_is_recognised_by_either_sign(changed: Json) -> None:
    meaning = _meaning({**GITHUB.push("old"), **changed, "head_commit": None})

    assert isinstance(meaning, BranchDeleted)
    assert (meaning.branch, meaning.before) == ("old", "a" * 40)


@pytest.mark.parametrize(
    ("payload", "event", "reason"),
    [
        (GITHUB.tag(), "push", Ignorance.TAG),
        (GITHUB.tag("v1") | {"deleted": True}, "push", Ignorance.TAG),
        (GITHUB.push(ref="refs/pull/1/merge"), "push", Ignorance.EVENT_NOT_USED),
        (GITHUB.ping(), "ping", Ignorance.PING),
        ({"zen": "organisation"}, "ping", Ignorance.PING),
        *(({"action": "x"}, event, Ignorance.EVENT_NOT_USED) for event in EVENTS),
    ],
)
def test_what_changes_nothing_is_ignored_for_a_reason(
    payload: Json, event: str, reason: Ignorance
) -> None:
    meaning = _meaning(payload, event)

    assert isinstance(meaning, DeliveryIgnored)
    assert (meaning.event, meaning.reason) == (event, reason)


@pytest.mark.parametrize(
    ("payload", "event", "conclusion"),
    [
        (GITHUB.check("build", "c" * 40, "success"), "check_run", CheckConclusion.PASSED),
        (GITHUB.check("build", "c" * 40, "neutral"), "check_run", CheckConclusion.PASSED),
        (GITHUB.check("build", "c" * 40, "timed_out"), "check_run", CheckConclusion.FAILED),
        (GITHUB.status("build", "c" * 40, "success"), "status", CheckConclusion.PASSED),
        (GITHUB.status("build", "c" * 40, "error"), "status", CheckConclusion.FAILED),
    ],
)
def test_a_check_says_something_of_a_commit(
    payload: Json, event: str, conclusion: CheckConclusion
) -> None:
    meaning = _meaning(payload, event)

    assert isinstance(meaning, CheckCompleted)
    assert (meaning.commit, meaning.check) == ("c" * 40, "build")
    assert meaning.conclusion is conclusion


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        (GITHUB.check("build", "c" * 40, None), "check_run"),
        (GITHUB.status("build", "c" * 40, "pending"), "status"),
    ],
)
def test_a_check_that_goes_on_says_nothing_yet(payload: Json, event: str) -> None:
    meaning = _meaning(payload, event)

    assert isinstance(meaning, DeliveryIgnored)
    assert meaning.reason is Ignorance.CHECK_NOT_OVER


def _changing(*files: str) -> Json:
    return {"id": "c" * 40, "message": "m", "added": [files[0]], "removed": [files[1]],
            "modified": list(files[2:])}  # fmt: skip


def test_a_push_says_what_it_changed() -> None:
    commits = [_changing("a", "b", "c", "d"), _changing("a", "e")]
    meaning = _meaning(GITHUB.push() | {"commits": commits})

    assert isinstance(meaning, PushReceived)
    assert meaning.paths == ("a", "b", "c", "d", "e")


@pytest.mark.parametrize(
    "changed",
    [
        {"forced": True},
        {"created": True},
        {"commits": []},
        {"commits": [{"id": "c" * 40, "message": "without paths"}]},
        {"commits": [_changing("x" * 40_000, "y" * 40_000)]},
    ],
)
def test_what_a_push_changed_is_not_known_unless_its_commits_tell_it_whole(changed: Json) -> None:
    meaning = _meaning(GITHUB.push() | {"commits": [_changing("a", "b")]} | changed)

    assert isinstance(meaning, PushReceived)
    assert meaning.paths is None


@pytest.mark.parametrize("event", ["push", "ping", "star"])
def test_a_delivery_of_another_repository_is_a_mismatch_whatever_it_says(event: str) -> None:
    assert _meaning(GitHub("s", "acme/payroll").push(), event) == Mismatched("acme/payroll")


def test_github_does_not_mind_capitals_in_a_repository() -> None:
    assert isinstance(_meaning(GitHub("s", "Acme/Orders").push()), PushReceived)


@pytest.mark.parametrize(
    "changed",
    [
        {"ref": "refs/heads/--upload-pack=x"},
        {"ref": "refs/heads/a..b"},
        {"after": "HEAD"},
        {"before": "b" * 39},
        {"commits": [{"id": "HEAD"}]},
    ],
)
def test_what_git_could_misread_is_unprocessable_and_is_not_repeated(changed: Json) -> None:
    meaning = _meaning({**GITHUB.push(), **changed})

    assert isinstance(meaning, Unprocessable)
    assert "upload" not in meaning.reason


def test_a_long_push_keeps_its_newest_commits_and_says_so() -> None:
    meaning = _meaning(GITHUB.push(commits=MOST_COMMITS + 1))

    assert isinstance(meaning, PushReceived)
    assert meaning.commits_cut
    assert [meaning.commits[0].sha, meaning.commits[-1].sha] == [
        f"{1:040x}",
        f"{MOST_COMMITS:040x}",
    ]


def test_the_longest_message_there_can_be_fits_into_half_a_mebibyte() -> None:
    payload = GITHUB.push("\u00e9" * 255, commits=MOST_COMMITS)
    for commit in payload["commits"]:  # type: ignore[attr-defined]  # a payload is what it is
        commit |= {"message": "\x01" * 9999, "author": {"username": "\x01" * 128}}
    meaning = _meaning(payload)

    assert isinstance(meaning, PushReceived)
    assert len(codec.encode(meaning)) < 512 * 1024


@pytest.mark.parametrize("username", [None, 7, "", "x" * 129, {"a": 1}])
def test_an_author_without_an_account_is_nobody(username: object) -> None:
    payload = GITHUB.push()
    payload["commits"] = [{"id": "c" * 40, "message": "m", "author": {"username": username}}]
    meaning = _meaning(payload)

    assert isinstance(meaning, PushReceived)
    assert meaning.commits[0].author is None


def _leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    match value:
        case dict():
            inner = list(value.items())
        case list():
            inner = list(enumerate(value))
        case _:
            inner = []
    for key, below in inner:
        yield (*path, key)
        yield from _leaves(below, (*path, key))


def _changed(payload: object, path: tuple[str | int, ...], to: object) -> object:
    if not path:
        return to
    copy = payload.copy() if isinstance(payload, dict | list) else payload
    first, *rest = path
    copy[first] = _changed(copy[first], tuple(rest), to)  # type: ignore[index]  # a payload is what it is
    return copy


@pytest.mark.parametrize("path", list(_leaves(GITHUB.push(commits=1))), ids=str)
@pytest.mark.parametrize("to", [None, 1, "x", True, [], {}, -1.5, "x" * 2000], ids=str)
def test_no_change_of_one_field_breaks_the_reading(path: tuple[str | int, ...], to: object) -> None:
    changed = _changed(GITHUB.push(commits=1), path, to)
    assert isinstance(changed, dict)
    try:
        meaning = _meaning(changed)
    except Unreadable:
        return
    assert isinstance(
        meaning,
        PushReceived
        | BranchDeleted
        | CheckCompleted
        | DeliveryIgnored
        | Mismatched
        | Unprocessable,
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@given(
    ref=json_values,
    before=json_values,
    after=json_values,
    commits=json_values,
    sender=json_values,
)
def test_whatever_a_push_says_it_means_something_or_is_refused(**fields: object) -> None:
    payload = {**fields, "repository": {"full_name": "acme/orders"}}
    try:
        read = Push.model_validate(payload)
    except ValidationError:
        return
    interpret(DELIVERY, read, connected=bool)

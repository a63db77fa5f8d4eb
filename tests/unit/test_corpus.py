"""What the corpus calls the same is the same, and what fails both ways is not hidden."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.rigs.corpus.account import Picture
from tests.rigs.corpus.by_hand import ByHand
from tests.rigs.corpus.by_trellis import ByTrellis, NotDeployed
from tests.rigs.corpus.calling import Calls
from tests.rigs.corpus.comparing import Outcome, compare
from tests.rigs.corpus.installing import by_lock
from tests.support.deployment_views import NOW, view
from tests.support.git import folder_of_files
from trellis_contracts.steps import Step
from trellis_contracts.views import DeploymentState, StepView

STANDS = Picture({"api": ("AWS::Lambda::Function",)}, {"api": ("Url",)}, code={"api/F": "one"})
CALLS = {"GET 0": 200, "POST 0": 404}
BY_HAND = ByHand(deployed=STANDS, removed=Picture(), calls=CALLS)
TRELLIS = ByTrellis(
    deployed=STANDS,
    changed=replace(STANDS, code={"api/F": "two"}),
    rolled_back=STANDS,
    removed=Picture(),
    calls=CALLS,
    calls_changed=CALLS,
    calls_back=CALLS,
)
OTHER = {"GET 0": 500}


def test_what_stands_answers_and_goes_alike_is_the_same() -> None:
    verdict = compare(BY_HAND, TRELLIS)

    assert (verdict.outcome, verdict.why) == (Outcome.SAME, "1 stacks, 1 resources")
    assert verdict.answers == "GET 0: 200, POST 0: 404"


def test_what_fails_both_ways_at_one_step_is_shown_with_both_reasons() -> None:
    verdict = compare(
        ByHand(failed="npm error code ERESOLVE", failed_at="install"),
        ByTrellis(failed="#1 deploy: `npm ci` ended with 1", failed_at="install"),
    )

    assert verdict.outcome is Outcome.FAILS
    assert "ERESOLVE" in verdict.why
    assert "ended with 1" in verdict.why
    assert verdict.written()["outcome"] == "fails both ways"
    assert verdict.written()["same"]


@pytest.mark.parametrize(
    ("by_hand", "trellis"),
    [
        ("install", "build"),
        ("deploy", "build"),
        ("deploy", "deploy (rollback)"),
        ("build", None),
        (None, "deploy"),
    ],
)
def test_failing_at_another_step_is_not_the_same(by_hand: str | None, trellis: str | None) -> None:
    verdict = compare(
        replace(BY_HAND, failed=by_hand and "its reason", failed_at=by_hand),
        replace(TRELLIS, failed=trellis and "our reason", failed_at=trellis),
    )

    assert verdict.outcome is Outcome.DIFFERS
    assert not verdict.written()["same"]


@pytest.mark.parametrize(
    ("trellis", "why"),
    [
        (replace(TRELLIS, deployed=replace(STANDS, outputs={})), "stands otherwise"),
        (replace(TRELLIS, calls=OTHER), "answers otherwise"),
        (replace(TRELLIS, changed=STANDS), "did not change the code"),
        (replace(TRELLIS, changed=replace(STANDS, outputs={})), "second commit it stands"),
        (replace(TRELLIS, changed=None), "second commit it stands"),
        (replace(TRELLIS, calls_changed=OTHER), "second commit it answers"),
        (replace(TRELLIS, calls_back=OTHER), "rollback it answers"),
        (replace(TRELLIS, rolled_back=TRELLIS.changed), "rollback"),
        (replace(TRELLIS, removed=STANDS), "after the removal"),
    ],
)
def test_the_first_difference_is_named(trellis: ByTrellis, why: str) -> None:
    verdict = compare(BY_HAND, trellis)

    assert verdict.outcome is Outcome.DIFFERS
    assert why in verdict.why


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        ({}, "no address"),
        ({"GET 0": 0, "POST 0": 502}, "answers nothing"),
        ({"GET 0": 500, "POST 0": 404}, "GET 0: 500, POST 0: 404"),
    ],
)
def test_what_answers_nothing_is_shown(calls: Calls, said: str) -> None:
    same = replace(TRELLIS, calls=calls, calls_changed=calls, calls_back=calls)
    verdict = compare(replace(BY_HAND, calls=calls), same)

    assert verdict.outcome is Outcome.SAME
    assert verdict.written()["answers"] == said


@pytest.mark.parametrize(
    ("files", "folder", "typed"),
    [
        (("package-lock.json",), "", ("npm ci", "", None)),
        (("pnpm-lock.yaml",), "services/api", ("pnpm install --frozen", "", "pnpm")),
        (("yarn.lock",), "", ("yarn install --frozen", "", "yarn")),
        (("yarn.lock", ".yarnrc.yml"), "", ("yarn install --immutable", "", "yarn-berry")),
        (("infra/bun.lock", "package-lock.json"), "infra", ("bun install", "infra", "bun")),
        ((), "infra", ("npm install", "infra", None)),
    ],
)
def test_by_hand_is_installed_by_the_lock_file(
    tmp_path: Path, *, files: tuple[str, ...], folder: str, typed: tuple[str, str, str | None]
) -> None:
    source = folder_of_files(tmp_path / "source", dict.fromkeys((*files, "readme"), ""))

    found = by_lock(source, folder)

    assert " ".join(found.argv).startswith(typed[0])
    assert (found.folder, found.toolchain) == typed[1:]


@pytest.mark.parametrize(
    ("steps", "name", "failed_at"),
    [
        ((Step.CHECKOUT, Step.INSTALL), "first", "install"),
        ((Step.INSTALL, Step.SYNTHESISE), "first", "build"),
        ((Step.SYNTHESISE, Step.DEPLOY), "first", "deploy"),
        ((Step.DEPLOY,), "rollback", "deploy (rollback)"),
        ((Step.REMOVE,), "removal", "remove"),
        ((), "first", "before any step"),
    ],
)
def test_a_step_of_trellis_is_named_as_that_by_hand(
    steps: tuple[Step, ...], name: str, failed_at: str
) -> None:
    ran = [StepView(step=step, started_at=NOW) for step in steps]

    assert NotDeployed(view(*ran, state=DeploymentState.FAILED), name).step == failed_at

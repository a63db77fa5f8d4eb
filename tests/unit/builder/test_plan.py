"""From a requested run to its steps."""

import pytest

from services.builder.domain.plan import plan
from tests.support.golden import sample
from trellis_contracts.deployments import DeployKind
from trellis_contracts.runs import StartRun
from trellis_contracts.steps import Step

BUILT = (Step.CHECKOUT, Step.INSTALL, Step.SYNTHESISE, Step.DEPLOY)
TESTED = (Step.CHECKOUT, Step.INSTALL, Step.TEST, Step.SYNTHESISE, Step.DEPLOY)


def _work(
    kind: DeployKind, *, tests: bool, before: str | None = None, after: str | None = None
) -> StartRun:
    work = StartRun.model_validate({**sample(StartRun), "kind": kind})
    wanted = {"tests": tests, "before_deploy": before, "after_deploy": after}
    settings = work.target.settings.model_copy(update=wanted)
    target = work.target.model_copy(update={"settings": settings})
    return work.model_copy(update={"target": target})


@pytest.mark.parametrize("kind", [DeployKind.DEPLOY, DeployKind.REDEPLOY, DeployKind.PROMOTE])
@pytest.mark.parametrize(("tests", "steps"), [(False, BUILT), (True, TESTED)])
def test_a_commit_is_built_before_it_is_deployed(
    kind: DeployKind, *, tests: bool, steps: tuple[Step, ...]
) -> None:
    assert plan(_work(kind, tests=tests)) == steps


@pytest.mark.parametrize("kind", [DeployKind.DEPLOY, DeployKind.REDEPLOY, DeployKind.PROMOTE])
def test_the_commands_stand_around_the_deploy(kind: DeployKind) -> None:
    around = plan(_work(kind, tests=True, before="migrate", after="smoke"))

    assert around == (*TESTED[:-1], Step.BEFORE_DEPLOY, Step.DEPLOY, Step.AFTER_DEPLOY)
    assert plan(_work(kind, tests=False, after="smoke")) == (*BUILT, Step.AFTER_DEPLOY)


def test_where_nothing_is_checked_out_no_command_runs() -> None:
    back = _work(DeployKind.ROLLBACK, tests=True, before="migrate", after="smoke")
    gone = _work(DeployKind.TEARDOWN, tests=True, before="migrate", after="smoke")

    assert (plan(back), plan(gone)) == ((Step.DEPLOY,), (Step.REMOVE,))


@pytest.mark.parametrize("tests", [False, True])
def test_a_rollback_neither_clones_nor_installs_nor_builds(*, tests: bool) -> None:
    assert plan(_work(DeployKind.ROLLBACK, tests=tests)) == (Step.DEPLOY,)


def test_a_teardown_only_removes() -> None:
    assert plan(_work(DeployKind.TEARDOWN, tests=True)) == (Step.REMOVE,)


def test_a_rollback_that_goes_on_does_nothing_else() -> None:
    assert plan(_work(DeployKind.CONTINUE, tests=True)) == (Step.CONTINUE,)

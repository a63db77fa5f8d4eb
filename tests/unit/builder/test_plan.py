"""From a requested run to its steps."""

import pytest

from services.builder.domain.plan import plan
from tests.support.golden import sample
from trellis_contracts.deployments import DeployKind
from trellis_contracts.runs import StartRun, Step

BUILT = (Step.CHECKOUT, Step.INSTALL, Step.SYNTHESISE, Step.DEPLOY)
TESTED = (Step.CHECKOUT, Step.INSTALL, Step.TEST, Step.SYNTHESISE, Step.DEPLOY)


def _work(kind: DeployKind, *, tests: bool) -> StartRun:
    work = StartRun.model_validate({**sample(StartRun), "kind": kind})
    settings = work.target.settings.model_copy(update={"tests": tests})
    target = work.target.model_copy(update={"settings": settings})
    return work.model_copy(update={"target": target})


@pytest.mark.parametrize("kind", [DeployKind.DEPLOY, DeployKind.REDEPLOY, DeployKind.PROMOTE])
@pytest.mark.parametrize(("tests", "steps"), [(False, BUILT), (True, TESTED)])
def test_a_commit_is_built_before_it_is_deployed(
    kind: DeployKind, *, tests: bool, steps: tuple[Step, ...]
) -> None:
    assert plan(_work(kind, tests=tests)) == steps


@pytest.mark.parametrize("tests", [False, True])
def test_a_rollback_neither_clones_nor_installs_nor_builds(*, tests: bool) -> None:
    assert plan(_work(DeployKind.ROLLBACK, tests=tests)) == (Step.DEPLOY,)


def test_a_teardown_only_removes() -> None:
    assert plan(_work(DeployKind.TEARDOWN, tests=True)) == (Step.REMOVE,)


def test_a_rollback_that_goes_on_does_nothing_else() -> None:
    assert plan(_work(DeployKind.CONTINUE, tests=True)) == (Step.CONTINUE,)

"""From a requested run to its steps."""

import pytest

from services.builder.domain import dependencies
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


@pytest.mark.parametrize("lock", ["package-lock.json", "npm-shrinkwrap.json"])
def test_a_lock_file_is_kept_to(lock: str) -> None:
    chosen = dependencies.install(["package.json", lock])

    assert chosen == dependencies.Install(("npm", "ci"))


def test_without_a_lock_file_the_log_says_that_the_build_cannot_be_repeated() -> None:
    chosen = dependencies.install(["package.json", "yarn.locked"])

    assert chosen is not None
    assert chosen.argv[:2] == ("npm", "install")
    assert "cannot be repeated exactly" in (chosen.notice or "")


def test_a_folder_without_a_package_has_nothing_to_install() -> None:
    assert dependencies.install(["template.yaml", "package-lock.json"]) is None

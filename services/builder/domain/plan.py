"""The builder's pure verb: from a requested run to its steps, in order."""

from typing import assert_never

from trellis_contracts.deployments import DeployKind
from trellis_contracts.previewing import PreviewRequested
from trellis_contracts.runs import StartRun
from trellis_contracts.steps import Step

_ALWAYS = frozenset({Step.CHECKOUT, Step.INSTALL, Step.SYNTHESISE, Step.DEPLOY})


def plan(work: StartRun) -> tuple[Step, ...]:
    """Give the steps of a run.

    A rollback deploys the kept assembly: no clone, no install, no build. A teardown removes
    what the release recorded. Everything else makes an assembly of the commit first. Tests and
    the commands before and after the deploy need the checkout, so they are of these kinds alone.
    """
    match work.kind:
        case DeployKind.ROLLBACK:
            return (Step.DEPLOY,)
        case DeployKind.TEARDOWN:
            return (Step.REMOVE,)
        case DeployKind.CONTINUE:
            return (Step.CONTINUE,)
        case DeployKind.DEPLOY | DeployKind.REDEPLOY | DeployKind.PROMOTE:
            return tuple(step for step in Step if step in _ALWAYS or _is_wanted(step, work))
        case _:
            assert_never(work.kind)


def _is_wanted(step: Step, work: StartRun) -> bool:
    settings = work.target.settings
    match step:
        case Step.TEST:
            return settings.tests
        case Step.BEFORE_DEPLOY:
            return settings.before_deploy is not None
        case Step.AFTER_DEPLOY:
            return settings.after_deploy is not None
        case _:
            return False


def plan_trial() -> tuple[Step, ...]:
    """Give the steps of a trial: nothing is made of a fork's commit."""
    return (Step.CHECKOUT, Step.INSTALL, Step.TEST)


def plan_preview(preview: PreviewRequested) -> tuple[Step, ...]:
    """Give the steps of a preview: those of its deployment, but for the one that changes things."""
    if preview.kind is DeployKind.ROLLBACK:
        return (Step.PREVIEW,)
    return (Step.CHECKOUT, Step.INSTALL, Step.SYNTHESISE, Step.PREVIEW)

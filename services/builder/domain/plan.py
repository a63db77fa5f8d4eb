"""The builder's pure verb: from a requested run to its steps, in order."""

from typing import assert_never

from trellis_contracts.deployments import DeployKind
from trellis_contracts.previewing import PreviewRequested
from trellis_contracts.runs import StartRun, Step


def plan(work: StartRun) -> tuple[Step, ...]:
    """Give the steps of a run.

    A rollback deploys the kept assembly: no clone, no install, no build. A teardown removes
    what the release recorded. Everything else makes an assembly of the commit first.
    """
    match work.kind:
        case DeployKind.ROLLBACK:
            return (Step.DEPLOY,)
        case DeployKind.TEARDOWN:
            return (Step.REMOVE,)
        case DeployKind.CONTINUE:
            return (Step.CONTINUE,)
        case DeployKind.DEPLOY | DeployKind.REDEPLOY | DeployKind.PROMOTE:
            tests = (Step.TEST,) if work.target.settings.tests else ()
            return (Step.CHECKOUT, Step.INSTALL, *tests, Step.SYNTHESISE, Step.DEPLOY)
        case _:
            assert_never(work.kind)


def plan_preview(preview: PreviewRequested) -> tuple[Step, ...]:
    """Give the steps of a preview: those of its deployment, but for the one that changes things."""
    if preview.kind is DeployKind.ROLLBACK:
        return (Step.PREVIEW,)
    return (Step.CHECKOUT, Step.INSTALL, Step.SYNTHESISE, Step.PREVIEW)

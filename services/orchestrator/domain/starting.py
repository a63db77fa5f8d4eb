"""What a builder is told when it is to bring an environment to a new state."""

from services.orchestrator.domain.slot import Environment, Live, Running
from trellis_contracts.deployments import DeployKind
from trellis_contracts.names import RunId
from trellis_contracts.runs import StartRun


def start_run(state: Environment, run_id: RunId) -> StartRun | None:
    """Give the work of a run; None when the run no longer holds the environment.

    A teardown removes what the environment runs now, or ran before its cloud vanished; every
    other kind is told what it runs now, if that is still there.
    """
    slot = state.slot
    if not isinstance(slot, Running) or not slot.is_run(run_id):
        return None
    request, run = slot.request, slot.run
    removes = request.kind is DeployKind.TEARDOWN
    return StartRun(
        application_id=request.application_id,
        environment_id=request.environment_id,
        deployment_id=request.deployment_id,
        number=request.number,
        run_id=run.run_id,
        fence=run.fence,
        attempt=run.attempt,
        deadline=run.deadline,
        kind=request.kind,
        target=request.target,
        commit=slot.commit,
        branch=request.branch,
        release=state.release if removes else request.release,
        continues=request.continues,
        previous=state.release if removes or isinstance(state.content, Live) else None,
    )

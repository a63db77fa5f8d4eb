"""Which stuck rollbacks may go on: only what a deployment found stuck, without what blocks it."""

from services.orchestrator.domain.deployment_refusals import IllegalContinuation
from services.orchestrator.domain.slot import Environment
from trellis_contracts.continuing import Continuation, ContinueRollback


def allowed(command: ContinueRollback, state: Environment) -> Continuation:
    """Give the continuation that is asked for.

    Raises:
        IllegalContinuation: no deployment found the stack stuck, or not at these resources.
    """
    asked, stuck = command.continuation, state.stuck
    if stuck is None or stuck.stack != asked.stack:
        known = f"the stuck one is {stuck.stack}" if stuck else "no deployment found it stuck"
        raise IllegalContinuation(asked.stack, known)
    wrong = [name for name in asked.skip if name not in stuck.resources]
    if wrong and stuck.resources:
        blocking = ", ".join(stuck.resources)
        raise IllegalContinuation(asked.stack, f"{blocking} block it, not {', '.join(wrong)}")
    return asked

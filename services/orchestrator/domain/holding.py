"""Which pushes are not deployed, and what a rollback leaves behind.

After a rollback no push deploys to the environment, and the commit that was taken away is barred
there, until a newer one was deployed by a person and has passed, or somebody lifts it. What ran
there before is not newer, whoever deploys it again.
"""

from services.orchestrator.domain.context import Context
from services.orchestrator.domain.slot import Environment, Live, Nothing
from trellis_contracts.deployments import DeployKind, DeploySucceeded, RequestDeploy
from trellis_contracts.gating import AutomaticHeld, DeploySkipped, HoldLifted
from trellis_contracts.names import CommitSha
from trellis_contracts.rules import SkipReason, skip_word, watches


def is_barred(commit: CommitSha | None, state: Environment) -> bool:
    """Say whether a rollback took this commit away from the environment."""
    return state.hold is not None and commit in state.hold.barred


def skipped(command: RequestDeploy, state: Environment, context: Context) -> DeploySkipped | None:
    """Give why a push is not deployed; None when nothing speaks against it."""
    reason = _reason(command, state, context)
    if reason is None or command.branch is None or command.commit is None:
        return None
    kind, detail = reason
    return DeploySkipped(
        application_id=context.application.created.application_id,
        environment_id=context.environment_id,
        branch=command.branch,
        commit=command.commit,
        delivery=command.delivery,
        reason=kind,
        detail=detail[:512],
    )


def _reason(
    command: RequestDeploy, state: Environment, context: Context
) -> tuple[SkipReason, str] | None:
    if is_barred(command.commit, state):
        return SkipReason.BARRED, "a rollback took this commit away from here"
    if state.hold is not None:
        return (
            SkipReason.HELD,
            f"automatic deploys are held since the rollback #{state.hold.number}",
        )
    watched, paths = context.application.watches, command.paths
    changes = not watched or paths is None or watches(watched, paths)
    if not changes and not _is_behind(state):
        return SkipReason.PATHS, f"it changes nothing of {', '.join(watched)}"
    if word := skip_word(command.message or ""):
        return SkipReason.MESSAGE, f"the commit's message says {word}"
    return None


def _is_behind(state: Environment) -> bool:
    """Say whether what was pushed earlier is not all there: the next push brings that, too.

    What was torn down is not brought back by a push that changes nothing of it.
    """
    newest, content = state.automatic, state.content
    if newest is None or state.missed:
        return True
    if state.is_asked_for(newest.deployment_id):
        return False
    if isinstance(content, Nothing):
        return state.touched
    runs = isinstance(content, Live) and content.passed
    return not runs or content.success.release.commit != newest.commit


def after_success(
    event: DeploySucceeded, state: Environment, context: Context
) -> AutomaticHeld | HoldLifted | None:
    """Give what a success means for the hold: a rollback sets it, a newer commit lifts it."""
    if event.kind is DeployKind.ROLLBACK:
        return _held(event, state)
    commit, ran = event.release.commit, (success.release.commit for success in state.successes)
    if state.hold is None or is_barred(commit, state) or commit in ran:
        return None
    return lifted(context, by=event)


def lifted(context: Context, *, by: DeploySucceeded | None = None) -> HoldLifted:
    """Give the end of a hold."""
    return HoldLifted(
        application_id=context.application.created.application_id,
        environment_id=context.environment_id,
        by=by.deployment_id if by else None,
    )


def _held(event: DeploySucceeded, state: Environment) -> AutomaticHeld:
    before = state.content.success.release.commit if isinstance(state.content, Live) else None
    return AutomaticHeld(
        application_id=event.application_id,
        environment_id=event.environment_id,
        deployment_id=event.deployment_id,
        number=event.number,
        commit=before if before != event.release.commit else None,
    )

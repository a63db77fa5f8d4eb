"""Puts what happened into words: pure functions from views to sentences."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from trellis_contracts.continuing import Continuation
from trellis_contracts.deployments import DeployKind
from trellis_contracts.health import HealthView
from trellis_contracts.parties import Party
from trellis_contracts.pull_requests import Hindrance
from trellis_contracts.releases import StackOutputs
from trellis_contracts.views import (
    DeploymentState,
    DeploymentView,
    EnvironmentView,
    ReleaseView,
    TrialView,
)

ENDED = frozenset(
    {
        DeploymentState.SUCCEEDED,
        DeploymentState.FAILED,
        DeploymentState.ERRORED,
        DeploymentState.CANCELLED,
        DeploymentState.SUPERSEDED,
    }
)
"""The states that a deployment does not leave."""

SHORT_SHA = 7
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def has_ended(view: DeploymentView) -> bool:
    """Say whether nothing more will happen to a deployment."""
    return view.state in ENDED


def name_of(view: DeploymentView) -> str:
    """Name a deployment: `shop development #12`."""
    return f"{view.application} {view.environment} #{view.number}"


def headline(view: DeploymentView) -> str:
    """Say what a deployment is to do, and who asked for it."""
    return f"{name_of(view)}: {intent(view)}, asked by {view.actor}"


def intent(view: DeploymentView) -> str:
    """Say what a deployment is to do to its environment."""
    commit, branch = short(view.commit), f" of {view.branch}" if view.branch else ""
    match view.kind:
        case DeployKind.DEPLOY:
            return f"deploy {commit or 'the newest commit'}{branch}"
        case DeployKind.REDEPLOY:
            return f"build and deploy {commit} once more"
        case DeployKind.PROMOTE:
            return f"promote {commit}"
        case DeployKind.ROLLBACK:
            back_to = f" of #{view.rolls_back_to}" if view.rolls_back_to else ""
            return f"roll back to {commit}{back_to}"
        case DeployKind.TEARDOWN:
            return "tear down everything"
        case DeployKind.CONTINUE:
            return continuing(view.continues)
        case _ as never:
            assert_never(never)


def continuing(continuation: Continuation | None) -> str:
    """Say which rollback goes on, and what it leaves as it is."""
    if continuation is None:
        return "continue a stuck rollback"
    skipped = f", skipping {', '.join(continuation.skip)}" if continuation.skip else ""
    return f"continue the rollback of stack {continuation.stack}{skipped}"


def skipping(stack: str, resources: Sequence[str]) -> str:
    """Say what it means to continue a stuck rollback, and to leave resources as they are."""
    if not resources:
        return f"This continues the rollback of stack {stack}, skipping nothing."
    return (
        f"This continues the rollback of stack {stack} without {', '.join(resources)}: AWS then "
        "takes each for rolled back, whatever it really is, so the next update may fail on it "
        "until somebody has brought it into line."
    )


def outcome(view: DeploymentView) -> str:
    """Say in one sentence how a deployment ended, or where it stands."""
    took = f" in {duration(view.seconds)}" if view.seconds is not None else ""
    if view.state is DeploymentState.SUCCEEDED:
        return f"{name_of(view)} {_success(view, took)}"
    if view.state in (DeploymentState.FAILED, DeploymentState.ERRORED):
        why = view.failure.sentence if view.failure else "it is not known why."
        return f"{name_of(view)} {view.state.value}{took}: {why}"
    by = f" by {view.cancel_requested_by}" if view.cancel_requested_by else ""
    return (
        name_of(view)
        + {
            DeploymentState.CANCELLED: f" was cancelled{by}{took}.",
            DeploymentState.SUPERSEDED: " was superseded: a newer deployment took its place.",
            DeploymentState.WAITING: f" waits: {waits_for(view)}.",
            DeploymentState.RUNNING: _running(view),
            DeploymentState.CANCELLING: f" is being cancelled{by}.",
        }[view.state]
    )


def waits_for(view: DeploymentView) -> str:
    """Say what a waiting deployment waits for."""
    return "; ".join(gate.sentence for gate in view.gates) or "for its turn"


def held(environment: EnvironmentView) -> str | None:
    """Say why no push deploys to an environment; None when pushes do."""
    hold = environment.hold
    if hold is None:
        return None
    barred = f" Barred: {', '.join(map(short, hold.barred))}." if hold.barred else ""
    return f"pushes are held since the rollback #{hold.number} (trellis resume ends it).{barred}"


def _success(view: DeploymentView, took: str) -> str:
    if view.kind is DeployKind.TEARDOWN:
        return f"removed everything{took}: nothing is left in the cloud."
    if view.kind is DeployKind.CONTINUE:
        return f"can be deployed to again{took}: {continuing(view.continues)} is done."
    return f"succeeded{took}: {view.environment} runs {short(view.commit)}."


def waiting(health: HealthView) -> list[str]:
    """Say what waits for a service that is ill, or merely busy."""
    said = {
        "deliveries": "Deliveries wait to be decided: {}.",
        "runs": "Runs wait for a builder: {}.",
        "put aside": "Messages put aside after their last attempt: {} (stream DEAD on the bus).",
    }
    found = {what: count for what, count in health.waiting.items() if count and what in said}
    return [said[what].format(count) for what, count in found.items()]


def must_act(party: Party) -> str:
    """Say who can mend a failure."""
    match party:
        case Party.AUTHOR:
            return "Who must act: whoever writes the application (its code, template or lock file)."
        case Party.TEAM:
            return "Who must act: the team (settings, variables, credentials or the AWS account)."
        case Party.OPERATOR:
            return "Who must act: whoever runs Trellis; the application is not to blame."
        case _ as never:
            assert_never(never)


def _running(view: DeploymentView) -> str:
    """Between two steps there is nothing more to say."""
    step = step_now(view)
    return " is running." if step == DeploymentState.RUNNING.value else f" is running: {step}."


def step_now(view: DeploymentView) -> str:
    """Say what a deployment does at this moment, in a few words."""
    if not view.runs:
        return f"waits: {waits_for(view)}" if view.gates else view.state.value
    run = view.runs[-1]
    if view.state is DeploymentState.RUNNING and run.builder is None:
        return "waiting for a builder"
    going_on = next((step for step in run.steps if step.succeeded is None), None)
    if going_on is None or has_ended(view):
        return view.state.value
    moving = next((stack for stack in run.stacks if stack.done < stack.total), None)
    return f"{going_on.step.value} {moving.done}/{moving.total}" if moving else going_on.step.value


def addresses(stacks: tuple[StackOutputs, ...]) -> list[str]:
    """Give the URLs among what stacks show of themselves, each once."""
    values = [value for stack in stacks for value in stack.outputs.values()]
    return list(
        dict.fromkeys(value for value in values if value.startswith(("http://", "https://")))
    )


def hindered(why: Hindrance) -> str:
    """Say why a pull request has no environment."""
    match why:
        case Hindrance.FOREIGN:
            return "none: it comes from a fork (`trellis apps try` runs its tests)"
        case Hindrance.AT_ONCE:
            return "waits until another one is closed: as many as are allowed are there"
        case Hindrance.DEPLOYED:
            return "none: a push to its branch deploys to another environment already"
        case Hindrance.TAKEN:
            return "waits until the environment that has its name is gone"
        case _:
            assert_never(why)


def tried_as(trial: TrialView) -> str:
    """Say how a trial of a fork's commit went."""
    if trial.passed is None:
        return f"is being tried for {trial.by}."
    return f"{'passed' if trial.passed else 'failed'}: {trial.sentence}"


def runs_what(release: ReleaseView | None) -> str:
    """Say what an environment runs."""
    if release is None:
        return "nothing"
    if release.gone:
        return f"{short(release.commit)} is gone: the local AWS that held it has stopped"
    unproven = "" if release.passed else ", not passed"
    return f"{short(release.commit)} (#{release.number}{unproven})"


def short(commit: str | None) -> str:
    """Give a commit as people write it; empty without one."""
    return commit[:SHORT_SHA] if commit else ""


def duration(seconds: float) -> str:
    """Write a length of time: `3.2 s`, `2 min 5 s`, `1 h 4 min`."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE)} s"
    return f"{int(seconds // _HOUR)} h {int(seconds % _HOUR // _MINUTE)} min"


def ago(moment: datetime, now: datetime) -> str:
    """Write how long ago something was, in its largest unit."""
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"

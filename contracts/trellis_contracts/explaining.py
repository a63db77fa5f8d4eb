"""Why something was deployed or not: pure functions from views to sentences.

Everything said follows from recorded events: who asked, what it waited for, which rule skipped it.
"""

from collections.abc import Iterator, Sequence

from trellis_contracts.deployments import Trigger
from trellis_contracts.foreseeing import seen
from trellis_contracts.message import Message
from trellis_contracts.names import CommitSha
from trellis_contracts.previewing import PreviewView
from trellis_contracts.rules import matches
from trellis_contracts.sentences import held, intent, name_of, outcome, runs_what, short
from trellis_contracts.views import (
    ApplicationView,
    DeploymentState,
    DeploymentView,
    EnvironmentView,
)
from trellis_contracts.windows import window


class Explanation(Message):
    """Why, sentence by sentence, in the order in which it came about."""

    sentences: tuple[str, ...]


def why_deployment(view: DeploymentView, preview: PreviewView | None = None) -> Iterator[str]:
    """Say where a deployment comes from, what it waited for, and how it ended.

    `preview` is what was found of it before; it is told while the deployment has not begun.
    """
    yield f"{name_of(view)} is to {intent(view)}."
    yield _asked(view)
    for gate in view.gates:
        yield f"It waits: {gate.sentence}."
    if preview is not None and view.started_at is None:
        yield from _previewed(preview)
    yield from view.cannot_undo
    for approver in view.approvers:
        yield f"{approver} approved it."
    if view.freeze_overridden_by:
        by, reason = view.freeze_overridden_by, view.freeze_override_reason
        yield f"{by} let it pass the freeze: {reason}."
    for run in view.runs[1:]:
        yield f"Run {run.attempt} took the place of one that was lost or had errored."
    yield outcome(view)


def why_environment(
    environment: EnvironmentView, newest: Sequence[DeploymentView]
) -> Iterator[str]:
    """Say why an environment runs what it runs, and what keeps other commits away."""
    yield f"{environment.name} runs {runs_what(environment.release)}."
    if environment.pull_request is not None:
        number = environment.pull_request
        yield f"It is there for pull request {number}, with the values of its template."
    yield _binding(environment)
    if said := held(environment):
        yield f"There {said}"
    for rule in environment.settings.windows:
        yield f"A window is set: {window(rule)}."
    for view in reversed([view for view in newest if _is_open(view)]):
        yield outcome(view)
    for skip in environment.skipped[:3]:
        yield f"{short(skip.commit)} of {skip.branch} was skipped: {skip.detail}."
    ended = next((view for view in newest if not _is_open(view)), None)
    if ended is not None and ended.state is not DeploymentState.SUCCEEDED:
        yield outcome(ended)


def why_commit(
    environment: EnvironmentView,
    newest: Sequence[DeploymentView],
    *,
    application: ApplicationView,
    commit: CommitSha,
) -> Iterator[str]:
    """Say what became of a commit in an environment; `commit` may be its beginning."""
    found = [view for view in newest if (view.commit or "").startswith(commit)]
    skipped = [skip for skip in environment.skipped if skip.commit.startswith(commit)]
    for skip in reversed(skipped):
        yield f"{short(skip.commit)} of {skip.branch} was skipped: {skip.detail}."
    for view in reversed(found):
        yield from why_deployment(view)
    if not found and not skipped:
        yield from _unseen(environment, application, commit)


def _unseen(
    environment: EnvironmentView, application: ApplicationView, commit: CommitSha
) -> Iterator[str]:
    name = environment.name
    yield f"No deployment and no skipped push of {short(commit)} is known in {name}."
    yield _binding(environment)
    pattern = environment.settings.branch
    for branch, head in application.heads.items():
        if head.startswith(commit) and not (pattern and matches(pattern, branch)):
            yield f"{short(commit)} is the head of {branch}, which does not deploy here."
    if application.unobservable:
        yield f"The remote cannot be asked: {application.unobservable}"
    if not application.webhook_seen:
        yield "No webhook has ever arrived, so branches are asked for news instead."


def _binding(environment: EnvironmentView) -> str:
    settings = environment.settings
    if environment.over:
        return f"Pull request {environment.pull_request} is over: this is being torn down."
    if environment.production:
        return "It is a production environment: only a person's promotion or rollback reaches it."
    if not settings.automatic:
        return "It is not automatic: no push deploys to it."
    return f"A push to {settings.branch} deploys to it."


def _previewed(preview: PreviewView) -> Iterator[str]:
    if preview.ended_at:
        yield f"What it would change, as of {preview.ended_at:%Y-%m-%d %H:%M} UTC:"
    yield from seen(preview)


def _asked(view: DeploymentView) -> str:
    match view.trigger:
        case Trigger.PUSH:
            return f"A push of {view.actor} to {view.branch} asked for it."
        case Trigger.HEAD:
            return f"The remote was asked, and {view.branch} stood at {short(view.commit)}."
        case Trigger.PERSON:
            return f"{view.actor} asked for it."


def _is_open(view: DeploymentView) -> bool:
    return view.finished_at is None

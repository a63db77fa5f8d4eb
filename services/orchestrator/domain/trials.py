"""Trials of foreign pull requests: asked for by somebody who may, ended by a builder or by time.

A part of the application's stream.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from services.orchestrator.domain.connected import Application
from services.orchestrator.domain.following import Following, PullRequest, Trial
from services.orchestrator.domain.trial_refusals import IllegalTrial
from trellis_contracts.names import derived_id
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.trials import TrialEnded, TrialEvent, TrialRequested, TryPullRequest

PATIENCE = timedelta(minutes=60)
"""How long a builder may take, the time in its queue included."""

_AGAIN_AFTER = timedelta(minutes=10)


def evolve(state: Following, event: TrialEvent) -> Following:
    """Give the state after the event; one of a pull request that is over changes nothing."""
    request = state.open.get(event.number)
    if request is None:
        return state
    if isinstance(event, TrialRequested):
        trial: Trial | None = Trial(event)
    elif request.trial and request.trial.request.run_id == event.run_id:
        trial = Trial(request.trial.request, passed=event.passed)
    else:
        trial = request.trial
    return replace(state, open={**state.open, event.number: replace(request, trial=trial)})


def decide(
    question: TryPullRequest | TrialEnded, state: Application, *, now: datetime
) -> list[TrialEvent]:
    """Give what follows: a trial that goes on is not begun again, one that ended ends once.

    Raises:
        IllegalTrial: there is no such pull request, it is no fork's, or its commit is another one.
    """
    request = state.pull_requests.open.get(question.number)
    if isinstance(question, TrialEnded):
        trial = request.trial if request else None
        waits = trial and trial.is_under_way and trial.request.run_id == question.run_id
        return [question] if waits else []
    if request is None:
        raise IllegalTrial(question.number, "is not open")
    if not request.foreign:
        raise IllegalTrial(question.number, "is not from a fork")
    if request.commit != question.commit:
        raise IllegalTrial(question.number, f"stands at {request.commit[:7]} by now")
    return [] if _goes_on(request, now) else [_requested(request, state, now)]


def under_way(state: Application) -> Iterator[TrialRequested]:
    """Yield the trials that no builder has ended yet."""
    for request in state.pull_requests.open.values():
        if request.trial and request.trial.is_under_way:
            yield request.trial.request


def late(trial: TrialRequested, now: datetime) -> TrialEnded | None:
    """Give the end of a trial that no builder ended in time."""
    if now < trial.deadline:
        return None
    minutes = round(PATIENCE.total_seconds() / 60)
    return TrialEnded(
        application_id=trial.application_id,
        number=trial.number,
        commit=trial.commit,
        run_id=trial.run_id,
        passed=False,
        sentence=f"No builder ended the trial within {minutes} minutes: see `trellis builders`.",
    )


def _goes_on(request: PullRequest, now: datetime) -> bool:
    """Say whether its commit is being tried: what takes long may have lost its builder."""
    trial = request.trial
    if trial is None or not trial.is_under_way or trial.request.commit != request.commit:
        return False
    return now < trial.request.deadline - PATIENCE + _AGAIN_AFTER


def _requested(request: PullRequest, state: Application, now: datetime) -> TrialRequested:
    created, attempt = state.created, request.trial.request.attempt + 1 if request.trial else 1
    return TrialRequested(
        application_id=created.application_id,
        number=request.number,
        commit=request.commit,
        run_id=derived_id(
            created.application_id, "trial", request.number, request.opened, request.commit, attempt
        ),
        attempt=attempt,
        application=created.name,
        repository=created.repository,
        folder=created.folder,
        settings=_settings(state),
        clone_token_version=state.clone_token_version,
        deadline=now + PATIENCE,
    )


def _settings(state: Application) -> EnvironmentSettings:
    """Test as the template is tested, in as much room, but by no hook and with no other setting."""
    rule = state.pull_requests.rule
    template = state.environments[rule.template].settings if rule else EnvironmentSettings()
    return EnvironmentSettings(
        tests=True,
        test_command=template.test_command,
        size=template.size,
        silence_minutes=template.silence_minutes,
    )

"""What a run is for that holds no environment: a preview, or a trial of a fork's commit."""

from typing import Protocol
from uuid import UUID

from services.builder.adapters.attempt import Look
from services.builder.domain.plan import plan_preview, plan_trial
from services.builder.domain.run import run_of, trial_run
from trellis_contracts.changes import fitting
from trellis_contracts.previewing import (
    PreviewFailed,
    PreviewMade,
    PreviewOutcome,
    PreviewRequested,
)
from trellis_contracts.runs import StartRun
from trellis_contracts.steps import Step
from trellis_contracts.trials import TrialEnded, TrialRequested

_LONGEST_SENTENCE = 4096


class NothingSeen(Exception):
    """The steps of a preview ended and left nothing: a fault of ours."""

    def __init__(self) -> None:
        super().__init__("a preview ended without having looked")


class Errand(Protocol):
    """A run that holds no environment: its steps, and how it is told how it ended."""

    @property
    def work(self) -> StartRun:
        """The errand as the run that its steps know."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """Its steps, in order."""

    @property
    def look(self) -> Look | None:
        """What its steps fill in."""

    @property
    def trusted(self) -> bool:
        """Whether what it installs may be kept, and used by other runs."""

    def done(self, seconds: float) -> PreviewOutcome | TrialEnded:
        """Tell that every step ended well."""

    def failed(self, sentence: str, tail: tuple[str, ...] = ()) -> PreviewOutcome | TrialEnded:
        """Tell why it did not."""


class PreviewErrand:
    """Finds out what a deployment would change."""

    trusted = True

    def __init__(self, preview: PreviewRequested) -> None:
        """Takes what is asked."""
        self._preview, self.look = preview, Look()
        self.work, self.steps = run_of(preview), plan_preview(preview)

    def done(self, seconds: float) -> PreviewOutcome:
        """Tell what was seen. Raises NothingSeen."""
        if self.look.commits is None:
            raise NothingSeen
        stacks = fitting(self.look.stacks)
        return PreviewMade(**self._ids(), commits=self.look.commits, stacks=stacks, seconds=seconds)

    def failed(self, sentence: str, tail: tuple[str, ...] = ()) -> PreviewOutcome:
        """Tell why nothing was."""
        return PreviewFailed(**self._ids(), sentence=sentence[:_LONGEST_SENTENCE], tail=tail)

    def _ids(self) -> dict[str, UUID]:
        ids = {"application_id", "environment_id", "preview_id", "run_id"}
        return self._preview.model_dump(include=ids)


class TrialErrand:
    """Installs and tests a commit that nobody trusts."""

    trusted, look = False, None

    def __init__(self, trial: TrialRequested) -> None:
        """Takes what is asked."""
        self._trial = trial
        self.work, self.steps = trial_run(trial), plan_trial()

    def done(self, seconds: float) -> TrialEnded:
        """Tell that its tests passed."""
        return self._ended(f"Its tests passed, in {seconds:.0f} s.", passed=True)

    def failed(self, sentence: str, tail: tuple[str, ...] = ()) -> TrialEnded:
        """Tell what failed."""
        return self._ended(sentence[:_LONGEST_SENTENCE], tail, passed=False)

    def _ended(self, sentence: str, tail: tuple[str, ...] = (), *, passed: bool) -> TrialEnded:
        named = self._trial.model_dump(include={"application_id", "number", "commit", "run_id"})
        return TrialEnded(**named, passed=passed, sentence=sentence, tail=tail)

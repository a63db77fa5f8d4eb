"""Whether Trellis did what the application's own CLI did, and why not where it did not."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.rigs.corpus.account import Picture
from tests.rigs.corpus.by_hand import ByHand
from tests.rigs.corpus.by_trellis import ByTrellis
from tests.rigs.corpus.calling import shown


class Outcome(StrEnum):
    """What the comparison of one application came to, as the table shows it."""

    SAME = "yes"
    FAILS = "fails both ways"
    DIFFERS = "NO"


@dataclass(frozen=True)
class Verdict:
    """One application: how it went by either way, and the first difference."""

    by_hand: str
    trellis: str
    outcome: Outcome
    why: str
    seconds_by_hand: float
    seconds_trellis: float
    answers: str = ""
    """What its addresses answer by Trellis, which is what they answer by hand if it is the same."""

    def written(self) -> dict[str, Any]:
        """As build/corpus.json has it; `same`: Trellis did what the CLI did, or failed alike."""
        return {
            "by_hand": self.by_hand,
            "trellis": self.trellis,
            "same": self.outcome is not Outcome.DIFFERS,
            "outcome": self.outcome.value,
            "why": self.why,
            "answers": self.answers,
            "seconds_by_hand": round(self.seconds_by_hand, 1),
            "seconds_trellis": round(self.seconds_trellis, 1),
        }


def compare(by_hand: ByHand, by_trellis: ByTrellis) -> Verdict:
    """Where the CLI itself cannot, Trellis must fail at the same step; else all is compared."""
    outcome, why = _judged(by_hand, by_trellis)
    return Verdict(
        _went(by_hand.failed_at),
        _went(by_trellis.failed_at),
        outcome,
        why,
        by_hand.seconds,
        by_trellis.seconds.get("first", 0),
        shown(by_trellis.calls) if by_trellis.deployed else "",
    )


def _judged(by_hand: ByHand, by_trellis: ByTrellis) -> tuple[Outcome, str]:
    if by_hand.failed or by_trellis.failed:
        at_the_same = by_hand.failed_at == by_trellis.failed_at
        return Outcome.FAILS if at_the_same else Outcome.DIFFERS, _reasons(by_hand, by_trellis)
    if difference := _difference(by_hand, by_trellis):
        return Outcome.DIFFERS, difference
    return Outcome.SAME, _said(by_trellis.deployed)


def _went(failed_at: str | None) -> str:
    return f"failed: {failed_at}" if failed_at else "deployed"


def _reasons(by_hand: ByHand, by_trellis: ByTrellis) -> str:
    return f"by hand: {by_hand.failed or 'deployed'}\nby Trellis: {by_trellis.failed or 'deployed'}"


def _difference(by_hand: ByHand, by_trellis: ByTrellis) -> str | None:
    deployed = by_trellis.deployed
    if deployed is None or by_hand.deployed is None:
        return "nobody has looked at what was deployed"
    if deployed.shape != by_hand.deployed.shape:
        return f"it stands otherwise: {deployed.shape} instead of {by_hand.deployed.shape}"
    if by_trellis.calls != by_hand.calls:
        return f"it answers otherwise: {by_trellis.calls} instead of {by_hand.calls}"
    return _second_differs(deployed, by_trellis) or _end_differs(deployed, by_trellis)


def _second_differs(deployed: Picture, by_trellis: ByTrellis) -> str | None:
    """The second commit changes code alone: what stands, and how it answers, is as before."""
    changed = by_trellis.changed
    if changed is None or changed.shape != deployed.shape:
        return f"after the second commit it stands otherwise: {changed and changed.shape}"
    if deployed.code and changed.code == deployed.code:
        return "the second commit did not change the code that runs"
    if by_trellis.calls_changed != by_trellis.calls:
        return f"after the second commit it answers otherwise: {by_trellis.calls_changed}"
    return None


def _end_differs(deployed: Picture, by_trellis: ByTrellis) -> str | None:
    back = by_trellis.rolled_back
    if back is None or (back.shape, back.code) != (deployed.shape, deployed.code):
        return "the rollback did not bring back what was there"
    if by_trellis.calls_back != by_trellis.calls:
        return f"after the rollback it answers otherwise: {by_trellis.calls_back}"
    if by_trellis.removed is None or by_trellis.removed.resources:
        return f"after the removal there is still {by_trellis.removed}"
    return None


def _said(deployed: Picture | None) -> str:
    if deployed is None:
        return ""
    resources = sum(len(types) for types in deployed.resources.values())
    return f"{len(deployed.resources)} stacks, {resources} resources"

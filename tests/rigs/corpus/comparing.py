"""Whether Trellis did what the application's own CLI did, and why not where it did not."""

from dataclasses import dataclass
from typing import Any

from tests.rigs.corpus.account import Picture
from tests.rigs.corpus.by_hand import ByHand
from tests.rigs.corpus.by_trellis import ByTrellis


@dataclass(frozen=True)
class Verdict:
    """One application: how it went by either way, and the first difference."""

    by_hand: str
    trellis: str
    same: bool
    why: str
    seconds_by_hand: float
    seconds_trellis: float

    def written(self) -> dict[str, Any]:
        """As build/corpus.json has it."""
        return {
            "by_hand": self.by_hand,
            "trellis": self.trellis,
            "same": self.same,
            "why": self.why,
            "seconds_by_hand": round(self.seconds_by_hand, 1),
            "seconds_trellis": round(self.seconds_trellis, 1),
        }


def compare(by_hand: ByHand, by_trellis: ByTrellis) -> Verdict:
    """Where the CLI itself cannot, Trellis must have said why; else everything is compared."""
    difference = _both_fail(by_hand, by_trellis) or _difference(by_hand, by_trellis)
    return Verdict(
        "failed" if by_hand.failed else "deployed",
        "failed" if by_trellis.failed else "deployed",
        difference is None,
        difference or (by_trellis.failed or _said(by_trellis.deployed)),
        by_hand.seconds,
        by_trellis.seconds.get("first", 0),
    )


def _both_fail(by_hand: ByHand, by_trellis: ByTrellis) -> str | None:
    if bool(by_hand.failed) == bool(by_trellis.failed):
        return None
    return f"by hand: {by_hand.failed or 'deployed'}; by Trellis: {by_trellis.failed or 'deployed'}"


def _difference(by_hand: ByHand, by_trellis: ByTrellis) -> str | None:
    deployed, back = by_trellis.deployed, by_trellis.rolled_back
    if by_hand.failed or deployed is None or by_hand.deployed is None:
        return None
    if deployed.shape != by_hand.deployed.shape:
        return f"it stands otherwise: {deployed.shape} instead of {by_hand.deployed.shape}"
    if by_trellis.calls != by_hand.calls:
        return f"it answers otherwise: {by_trellis.calls} instead of {by_hand.calls}"
    if back is None or (back.shape, back.code) != (deployed.shape, deployed.code):
        return "the rollback did not bring back what was there"
    if by_trellis.removed is None or by_trellis.removed.resources:
        return f"after the removal there is still {by_trellis.removed}"
    return None


def _said(deployed: Picture | None) -> str:
    if deployed is None:
        return ""
    resources = sum(len(types) for types in deployed.resources.values())
    return f"{len(deployed.resources)} stacks, {resources} resources"

"""What the demo did and how long it took: the table at its end, and what is compared in it."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from cli.tables import table
from trellis_contracts.sentences import duration


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One thing that was done: what it showed, when it began and how long it took, in seconds."""

    title: str
    shown: str
    began: float
    seconds: float


def timeline(chapters: Iterable[Chapter]) -> Table:
    """Lay the chapters out in their order."""
    made = table("At", "Took", "What", "Shown by")
    for chapter in chapters:
        made.add_row(
            duration(chapter.began),
            duration(chapter.seconds),
            Text(chapter.title),
            Text(chapter.shown),
        )
    return made


def whole(chapters: Iterable[Chapter]) -> float:
    """Give the seconds from the beginning to the end of the last chapter."""
    return max((chapter.began + chapter.seconds for chapter in chapters), default=0)


def faster(rollback: float, deploy: float) -> str:
    """Say how much faster going back was than the whole deploy, both in seconds."""
    if rollback <= 0 or rollback >= deploy:
        return f"in {duration(rollback)}, where the whole deploy took {duration(deploy)}"
    return (
        f"{deploy / rollback:.1f} times as fast as the whole deploy that it undid "
        f"({duration(rollback)} against {duration(deploy)}): no clone, no install, no build"
    )

"""What would change, line by line, as a dialog and a page show it: pure functions of views."""

from collections.abc import Iterable
from dataclasses import dataclass

from trellis_contracts.foreseeing import seen, warns
from trellis_contracts.previewing import PreviewView


@dataclass(frozen=True)
class Line:
    """A sentence of what would change; a `grave` one must not be overlooked."""

    said: str = ""
    grave: bool = False


def lines(sentences: Iterable[str]) -> tuple[Line, ...]:
    """Give sentences as lines."""
    return tuple(Line(said, warns(said)) for said in sentences)


def foreseen(preview: PreviewView | None) -> tuple[Line, ...]:
    """Give what a preview found; nothing, where there is none."""
    return lines(seen(preview)) if preview else ()

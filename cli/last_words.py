"""Finds in a service's log what a person needs to know when the service ended by itself."""

import json
from pathlib import Path

_LAST_LINES = 8
_READ_BYTES = 64 * 1024
_ILL = {"warning", "error", "critical"}
_OF_A_TRACEBACK = ("Traceback (most recent", "The above exception was", "During handling of the")
_NOISE = (
    "SystemExit: ",
    "services.chassis.serving.ServiceDidNotStart",
    "Application startup failed",
)


def last_words(log: Path) -> str:
    """Say how the log ends, and where it is; without the frames of tracebacks.

    A log may be missing, and its lines may be anything.
    """
    try:
        text = log.read_bytes()[-_READ_BYTES:].decode(errors="replace")
    except OSError:
        return ""
    lines = [words for line in text.splitlines() if (words := _words(line))]
    if not lines:
        return f"Its log, {log}, says nothing of it."
    return "\n".join([f"Its log, {log}, ends:", *(f"  {line}" for line in lines[-_LAST_LINES:])])


def _words(line: str) -> str | None:
    """What a line says that helps; None: nothing."""
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    said = _of_entry(entry) if isinstance(entry, dict) else line.rstrip()
    unhelpful = not said or said[0].isspace() or said.startswith((*_OF_A_TRACEBACK, *_NOISE))
    return None if unhelpful else said


def _of_entry(entry: dict[str, object]) -> str:
    """The sentence of a structured line that tells of something ill, with its cause."""
    if entry.get("level") not in _ILL:
        return ""
    parts = (entry.get("event"), entry.get("why") or entry.get("error"), entry.get("exception"))
    ends = (str(part).strip().splitlines()[-1] for part in parts if part and str(part).strip())
    return ": ".join(ends)

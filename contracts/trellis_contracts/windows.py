"""Windows as people write and read them: `deny 0 18 * * fri 62h Europe/Rome`."""

import re

from trellis_contracts.rules import Window, WindowKind

_WRITTEN = re.compile(
    r"(?P<kind>allow|deny) (?P<opens>\S+ \S+ \S+ \S+ \S+) (?P<length>\d{1,6})(?P<unit>[mhd])"
    r"(?: (?P<zone>\S+))?"
)
_MINUTES = {"d": 1440, "h": 60, "m": 1}


def window(rule: Window) -> str:
    """Write a window as it is set: kind, cron expression, length, time zone."""
    unit, size = next((u, s) for u, s in _MINUTES.items() if rule.minutes % s == 0)
    return f"{rule.kind.value} {rule.opens} {rule.minutes // size}{unit} {rule.timezone}"


def window_of(text: str) -> Window:
    """Read a window as people write it; without a time zone it is UTC.

    Raises:
        ValueError: it is none, and how one is written.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"{text!r} is no window: write one like 'deny 0 18 * * fri 62h Europe/Rome'"
        )
    return Window(
        kind=WindowKind(found["kind"]),
        opens=found["opens"],
        minutes=int(found["length"]) * _MINUTES[found["unit"]],
        timezone=found["zone"] or "UTC",
    )

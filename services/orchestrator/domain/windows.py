"""When an environment's windows let deployments start, as cron expressions in time zones.

A window is open from whenever its expression matches, for its minutes.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from trellis_contracts.rules import Window, WindowKind

FAR = timedelta(days=366)
"""How far ahead the end of a freeze is looked for."""

_LOOKED_AT = 500
"""Openings and ends that are looked through for the end of a freeze."""


def fault_of(window: Window) -> str | None:
    """Say what is wrong with a window; None when nothing is."""
    try:
        zone = ZoneInfo(window.timezone)
        next(CronSim(window.opens, datetime(2026, 1, 1, tzinfo=zone)))
    except (ZoneInfoNotFoundError, ValueError):
        return f"{window.timezone!r} is no time zone, write one like Europe/Rome"
    except CronSimError as error:
        return f"{window.opens!r} is no cron expression ({error})"
    except StopIteration:
        return f"{window.opens!r} never comes"
    return None


def frozen_until(windows: Sequence[Window], now: datetime) -> datetime | None:
    """Say when the freeze ends that holds now; None when deployments may start.

    A freeze whose end is not in sight ends, for now, a year ahead.
    """
    return _end_of_freeze(tuple(windows), now.replace(second=0, microsecond=0))


@lru_cache(maxsize=1024)
def _end_of_freeze(windows: tuple[Window, ...], now: datetime) -> datetime | None:
    """Windows open and close at whole minutes, and the scheduler asks every second."""
    if not _is_frozen(windows, now):
        return None
    moments = sorted({moment for window in windows for moment in _turns(window, now)})
    return next((m for m in moments if not _is_frozen(windows, m)), now + FAR)


def _is_frozen(windows: Iterable[Window], now: datetime) -> bool:
    """Denying beats allowing; where something is allowed, all else is denied."""
    denied = [w for w in windows if w.kind is WindowKind.DENY]
    allowed = [w for w in windows if w.kind is WindowKind.ALLOW]
    if any(_is_open(window, now) for window in denied):
        return True
    return bool(allowed) and not any(_is_open(window, now) for window in allowed)


def _is_open(window: Window, now: datetime) -> bool:
    length = timedelta(minutes=window.minutes)
    return next(_openings(window, now - length), now + FAR) <= now


def _turns(window: Window, now: datetime) -> Iterator[datetime]:
    """Yield when a window opens and closes after now."""
    length = timedelta(minutes=window.minutes)
    for _, opening in zip(range(_LOOKED_AT), _openings(window, now - length), strict=False):
        if opening > now + FAR:
            return
        yield from (m for m in (opening, opening + length) if m > now)


def _openings(window: Window, after: datetime) -> Iterator[datetime]:
    """Yield, in UTC, each moment later than `after` at which the window opens."""
    zone = ZoneInfo(window.timezone)
    for opening in CronSim(window.opens, after.astimezone(zone)):
        yield opening.astimezone(after.tzinfo)

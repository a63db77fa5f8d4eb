"""How far the views are when they are built anew, for whoever waits for them."""

from collections.abc import Callable
from time import monotonic

from typing_extensions import override

_EVERY_SECONDS = 1.0


class Building:
    """The way from one position of the store to its end, as it was when the way began."""

    def __init__(
        self, begin: int | None, end: int | None, *, now: Callable[[], float] = monotonic
    ) -> None:
        """Takes the position that the views have, and the newest one of the store."""
        self.begin, self.end, self._now = begin or 0, end or 0, now
        self._position = self.begin
        self._began = self._said = now()

    def reached(self, position: int | None) -> bool:
        """Note a position; say whether that is worth saying: once a second at most."""
        self._position = max(self._position, position or 0)
        if self._now() - self._said < _EVERY_SECONDS:
            return False
        self._said = self._now()
        return True

    @property
    def seconds_left(self) -> float:
        """How long it will take at this speed; 0 while that is not known."""
        done, whole = self._way()
        rate = self._rate(done)
        return max((whole - done) / rate, 0) if rate > 0 else 0

    @override
    def __str__(self) -> str:
        """Say how far it is, and how long it will take at this speed."""
        done, whole = self._way()
        return (
            f"they are being built: {done} of {whole} events ({100 * done // whole} %), "
            f"{self._rate(done):.0f} a second, {self.seconds_left:.0f} s left"
        )

    def _way(self) -> tuple[int, int]:
        return self._position - self.begin, max(self.end - self.begin, 1)

    def _rate(self, done: int) -> float:
        return done / max(self._now() - self._began, 0.001)

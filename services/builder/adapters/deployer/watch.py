"""How a deploy is watched from outside its thread: its progress, a wish to stop, its deadline."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from services.builder.adapters.deployer.errors import OutOfTime, Stopped
from services.builder.adapters.deployer.progress import Progress
from trellis_contracts.runs import SETTLE_SECONDS


def _unheard(progress: Progress | str) -> None:
    """What nobody listens to."""


def _never() -> bool:
    """What does not happen."""
    return False


@dataclass
class Watch:
    """One deploy or removal, seen from outside.

    `on_progress` is called in the deployer's thread. Setting `stop`, from any thread, ends it as
    soon as the cloud allows; so does the end of `seconds`. Either way it ends once settled.
    """

    on_progress: Callable[[Progress], None] = _unheard
    stop: threading.Event = field(default_factory=threading.Event)
    seconds: float = float("inf")
    settle_seconds: float = SETTLE_SECONDS
    """How long a stack may take to settle after that."""
    touched: bool = False
    """Whether anything in the cloud was changed."""
    say: Callable[[str], None] = _unheard
    """Tells people, in the run's log, what is waited for and what is mended; any thread's."""
    lost: Callable[[], bool] = _never
    """Whether the environment is another run's: then nothing more is touched, nor awaited."""
    _began: float = field(default_factory=time.monotonic)
    _interrupted_at: float | None = None

    @property
    def interrupted(self) -> bool:
        """Whether no further change may begin."""
        if self._interrupted_at is None and (self.stop.is_set() or self.lost() or self._late()):
            self._interrupted_at = time.monotonic()
        return self._interrupted_at is not None

    @property
    def gave_up(self) -> bool:
        """Whether what runs has had its time to settle."""
        since = self._interrupted_at
        return since is not None and time.monotonic() - since > self.settle_seconds

    def check(self) -> None:
        """Go on only if nobody asked to stop and there is time.

        Raises:
            Stopped, OutOfTime
        """
        self.check_lost()
        if not self.interrupted:
            return
        if self.stop.is_set():
            raise Stopped(cloud_touched=self.touched)
        raise OutOfTime(self.seconds)

    def check_lost(self) -> None:
        """Go on only if the environment is still this run's.

        Raises:
            Stopped
        """
        if self.lost():
            raise Stopped(cloud_touched=self.touched)

    def for_putting_back(self) -> "Watch":
        """Give the watch over what follows a failure: no wish and no deadline of before ends it."""
        return Watch(
            on_progress=self.on_progress,
            seconds=self.settle_seconds,
            settle_seconds=self.settle_seconds,
            say=self.say,
            lost=self.lost,
        )

    def pause(self, seconds: float) -> None:
        """Wait, shorter if somebody asks to stop meanwhile."""
        if self.interrupted:
            time.sleep(seconds)
        else:
            self.stop.wait(seconds)

    def _late(self) -> bool:
        return time.monotonic() - self._began > self.seconds

"""Follows the lines of a deployment over all its runs, until it has ended."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress

from cli.client.reading import Reader
from cli.watching import watch
from trellis_contracts.logs import LogLine
from trellis_contracts.sentences import has_ended
from trellis_contracts.views import DeploymentView, RunView

Show = Callable[[RunView, LogLine], None]
"""Takes a line and the run that it belongs to."""

_LATE_SECONDS = 3.0
"""How long the last lines may take longer than the news that the deployment has ended."""


async def print_lines(api: Reader, run: RunView, *, after: int, show: Show) -> int:
    """Show what there is of a run's lines behind one of them; give the last one's number."""
    while True:
        page = await api.lines(run.run_id, after=after)
        for line in page.lines:
            show(run, line)
        after = page.next
        if page.last or not page.lines:
            return after


async def follow(api: Reader, view: DeploymentView, *, after: int, show: Show) -> DeploymentView:
    """Show a deployment's lines as they come; give it back once it has ended.

    `after` is a line of its newest run: earlier runs and lines are not shown then.
    """
    follower = _Follower(api, view, show)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(follower.watch())
        await follower.follow(after)
        watching.cancel()
    return follower.view


class _Follower:
    def __init__(self, api: Reader, view: DeploymentView, show: Show) -> None:
        self.view = view
        self._api, self._show = api, show
        self._moved = asyncio.Event()
        self._reached = -1

    async def watch(self) -> None:
        views = watch(self._api, self.view.deployment_id, application=self.view.application_id)
        async with aclosing(views):
            async for view in views:
                self.view = view
                self._moved.set()

    async def follow(self, after: int) -> None:
        shown = max(0, len(self.view.runs) - 1) if after >= 0 else 0
        while True:
            self._moved.clear()
            if shown < len(self.view.runs):
                await self._follow_run(shown, after)
                shown, after = shown + 1, -1
            elif has_ended(self.view):
                return
            else:
                await self._moved.wait()

    async def _follow_run(self, index: int, after: int) -> None:
        run, self._reached = self.view.runs[index], after
        live = asyncio.create_task(self._live(run))
        try:
            await self._until_over(live, index)
            await asyncio.wait({live}, timeout=_LATE_SECONDS)
        finally:
            live.cancel()
            with suppress(asyncio.CancelledError):
                await live
        await print_lines(self._api, run, after=self._reached, show=self._show)

    async def _until_over(self, live: "asyncio.Task[None]", index: int) -> None:
        """Return when the run's lines have ended, or no more can be expected."""
        while True:
            self._moved.clear()
            if live.done() or has_ended(self.view) or len(self.view.runs) > index + 1:
                return
            moving = asyncio.create_task(self._moved.wait())
            await asyncio.wait({live, moving}, return_when=asyncio.FIRST_COMPLETED)
            moving.cancel()

    async def _live(self, run: RunView) -> None:
        async with aclosing(self._api.live_lines(run.run_id, after=self._reached)) as lines:
            async for line in lines:
                self._show(run, line)
                self._reached = line.seq

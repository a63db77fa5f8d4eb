"""The outages, one function each (reliability: F7 to F10, F12, F13, R12)."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cli.client.answers import Place
from cli.git_server import GitServer
from cli.watching import await_end
from tests.rigs.disks import resize, small_disk
from tests.rigs.outages.town import Town, Wrong, require, town
from tests.support.git import folder_of_files
from trellis_contracts.parties import Party
from trellis_contracts.views import FailureView

__all__ = ["CASES", "Wrong"]

RESUMES_WITHIN = 10.0
_UNAVAILABLE, _ACCEPTED = 503, 202


@contextmanager
def paused(town: Town, part: str) -> Iterator[None]:
    """A part's process stands still, as when its machine is suspended."""
    pid = town.up.pid_of(part)
    require(pid, f"{part} runs")
    os.kill(pid or 0, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid or 0, signal.SIGCONT)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """A disk without a byte left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    try:
        yield
    finally:
        ballast.unlink()


async def the_orchestrator_is_paused(folder: Path) -> None:
    """The one writer of history stands still: webhooks are kept, commands are not taken."""
    async with town(folder) as there:
        with paused(there, "orchestrator"):
            for _ in range(3):
                require((await there.push()).status_code == _ACCEPTED, "webhooks are still taken")
            await _refused_with_a_remedy(there)
            ill = await there.ill()
            require(list(ill) == ["orchestrator process"], f"it is named, and alone: {ill}")
            waiting = (await there.health()).waiting.get("deliveries", 0)
            require(waiting >= 3, f"what waits is counted: {waiting}")
        took = await there.until_all_is_decided(within=RESUMES_WITHIN)
        require(took <= RESUMES_WITHIN, "it goes on at once")
        await there.until_well()
        require((await there.command("after")).status_code == _ACCEPTED, "commands are taken again")


async def the_bus_is_paused(folder: Path) -> None:
    """The bus stands still: a webhook is refused, and the same one again is kept once."""
    async with town(folder) as there:
        again = "7b5d5c6e-0000-4000-8000-000000000001"
        with paused(there, "bus"):
            require((await there.push(again)).status_code == _UNAVAILABLE, "a webhook is refused")
            await _refused_with_a_remedy(there)
            ill = await there.ill()
            require("ingest bus" in ill, f"the bus is named: {ill}")

        async def taken() -> bool:
            return (await there.push(again)).status_code == _ACCEPTED

        await there.until("the same webhook is taken", taken, within=RESUMES_WITHIN)
        await there.until_all_is_decided()
        await there.until_well()


async def the_bus_is_killed(folder: Path) -> None:
    """The bus dies: it is started again, and what it had acknowledged is there."""
    async with town(folder) as there:
        for _ in range(5):
            await there.push()
        os.kill(there.up.pid_of("bus") or 0, signal.SIGKILL)

        async def taken() -> bool:
            return (await there.push()).status_code == _ACCEPTED

        await there.until("webhooks are taken again", taken, within=RESUMES_WITHIN)
        await there.until_all_is_decided()
        await there.until_well()


async def the_disk_of_the_event_store_is_full(folder: Path) -> None:
    """History cannot grow: webhooks are kept, commands refused; all goes on once there is space."""
    with small_disk(folder / "store", size="6m") as disk:
        store = disk / "events.sqlite"
        async with town(folder, TRELLIS_EVENT_STORE=f"sqlite://{store}") as there:
            there.store_file = store
            require((await there.command("before")).status_code == _ACCEPTED, "it is well before")
            with filled(disk):
                for _ in range(3):
                    answered = (await there.push()).status_code
                    require(answered == _ACCEPTED, f"webhooks are still taken, not {answered}")
                await _refused_with_a_remedy(there)
            resize(disk, size="12m")
            await there.until_all_is_decided(within=3 * RESUMES_WITHIN)
            await there.until_well()
            after = (await there.command("after")).status_code
            require(after == _ACCEPTED, f"commands are taken again, not {after}")


async def the_disk_of_the_bus_is_full(folder: Path) -> None:
    """The inbox cannot grow: webhooks are refused with 503, and none that was taken is lost."""
    with small_disk(folder / "data" / "bus", size="24m") as disk:
        async with town(folder) as there:
            for _ in range(5):
                require((await there.push()).status_code == _ACCEPTED, "it is well before")
            with filled(disk):
                answered = [(await there.push()).status_code for _ in range(3)]
                require(answered[-1] == _UNAVAILABLE, f"a webhook is refused: {answered}")

            async def taken() -> bool:
                return (await there.push()).status_code == _ACCEPTED

            await there.until("webhooks are taken again", taken, within=3 * RESUMES_WITHIN)
            await there.until_all_is_decided()
            await there.until_well()


async def the_disk_of_the_views_is_full(folder: Path) -> None:
    """What people see stands still, and catches up; history and the door are not concerned."""
    with small_disk(folder / "views", size="2m") as disk:
        async with town(folder, TRELLIS_VIEWS=f"sqlite://{disk}/views.sqlite") as there:
            with filled(disk):
                for number in range(200):
                    answered = (await there.command(f"{number}" * 200)).status_code
                    require(answered == _ACCEPTED, f"commands are taken, not {answered}")

                async def named() -> bool:
                    return "projections views" in await there.ill()

                await there.until("the views are named as ill", named)
            resize(disk, size="16m")

            async def caught_up() -> bool:
                application = await there.api.application("orders")
                shown = application.environments[0].variables.get("TOWN")
                return shown == "199" * 200

            await there.until("the views have caught up", caught_up)
            await there.until_well()


async def the_disk_of_the_builder_is_full(folder: Path) -> None:
    """A run finds no room: it ends as ours, says so, and the next one with room succeeds."""
    with small_disk(folder / "runs", size="1500m") as disk, GitServer(folder / "git") as git:
        files = folder_of_files(folder / "source", {"package.json": "{}", "large": "x" * (3 << 19)})
        environ = {
            "TRELLIS_BUILDER_RUNS": str(disk),
            "TRELLIS_GIT_ORIGINS": f"https://github.com,{git.origin}",
        }
        async with town(folder, **environ) as there:
            git.create_repository("acme/shop", files)
            made = await there.api.create_application("shop", git.url("acme/shop"))
            at = Place(made.application_id, made.environments["development"])
            with filled(disk):
                full = await _failure(there, at)
            require("space" in full.sentence or "disk" in full.sentence, f"it says why: {full}")
            require(full.must_act is Party.OPERATOR, f"it says who must act: {full}")
            roomy = await _failure(there, at)
            require(roomy.event == "FrameworkNotFound", f"with room it gets further: {roomy}")


async def _failure(there: Town, at: Place) -> FailureView:
    decision = await there.api.deploy(at, branch="main")
    assert decision.subject
    view = await await_end(there.api, decision.subject, after=decision.position)
    if view.failure is None:
        raise Wrong("it succeeded")
    return view.failure


async def _refused_with_a_remedy(there: Town) -> None:
    answer = await there.command("meanwhile")
    require(answer.status_code == _UNAVAILABLE, f"a command is refused, not {answer.status_code}")
    problem = answer.json()
    require(problem.get("remedy"), f"the refusal says what to do: {problem}")


CASES = (
    the_orchestrator_is_paused,
    the_bus_is_paused,
    the_bus_is_killed,
    the_disk_of_the_event_store_is_full,
    the_disk_of_the_bus_is_full,
    the_disk_of_the_views_is_full,
    the_disk_of_the_builder_is_full,
)

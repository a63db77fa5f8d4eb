"""Missed deliveries are sent again: GitHub's API over real HTTP, the time in the test's hand."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.chassis.bus.errors import BusUnavailable
from services.chassis.clock import system_clock
from services.ingest.app import open_rooms
from tests.support.actors.github import GitHub, body_of
from tests.support.actors.github_api import TOKEN, GitHubApi, served
from tests.support.inbox import kept_in_inbox
from tests.support.ingest import ingest_settings
from tests.support.ingest_process import running_process
from tests.support.missed import EVERY, GUID, HOOK, OURS, Ground, taken, well
from tests.support.until import until
from trellis_contracts.names import new_id
from trellis_contracts.pushes import PushReceived


async def test_a_failed_delivery_is_sent_again_once_and_one_that_got_through_never(
    ground: Ground,
) -> None:
    ground.api.deliver = taken
    ground.api.attempt("newer", 0, ago=timedelta(minutes=1))
    ground.api.attempt("older", 502, ago=timedelta(minutes=9))
    ground.api.attempt("fine", 202, ago=timedelta(minutes=5))

    await ground.missed.tick()
    for _ in range(30):
        await ground.later()

    assert ground.api.sent_again() == ["older", "newer"]
    assert await ground.illness() == ""


async def test_a_restart_does_no_harm(ground: Ground) -> None:
    ground.api.deliver = taken
    ground.api.attempt(GUID, 502)
    await ground.missed.tick()
    await ground.missed.close()

    ground.started()
    await ground.missed.tick()
    await ground.later()

    assert ground.api.sent_again() == [GUID]


async def test_what_never_gets_through_is_given_up_also_over_restarts(ground: Ground) -> None:
    ground.api.attempt(GUID, 502)
    for _ in range(60):
        await ground.missed.close()
        ground.started()
        await ground.later(timedelta(hours=1))

    assert len(ground.api.sent_again()) == 5


async def test_it_asks_at_its_interval_and_not_before(ground: Ground) -> None:
    await ground.missed.tick()
    once = len(ground.api.asked)
    await ground.later(EVERY - timedelta(seconds=1))
    assert len(ground.api.asked) == once
    await ground.later(timedelta(seconds=1))
    assert len(ground.api.asked) == 2 * once


async def test_every_page_is_read_as_far_back_as_github_sends_again(ground: Ground) -> None:
    ground.api.deliver, ground.api.page = taken, 2
    for number in range(5):
        ground.api.attempt(f"fine-{number}", 202, ago=timedelta(minutes=number))
    ground.api.attempt("deep", 502, ago=timedelta(hours=1))
    ground.api.attempt("too-old", 502, ago=timedelta(days=4))

    await ground.missed.tick()

    assert ground.api.sent_again() == ["deep"]


async def test_while_the_bus_keeps_nothing_nothing_is_sent_again(ground: Ground) -> None:
    async def away() -> None:
        raise BusUnavailable("JetStream", "it is down")

    ground.api.attempt(GUID, 502)
    ground.ready = away
    with pytest.raises(BusUnavailable):
        await ground.missed.tick()
    assert ground.api.asked == []

    ground.ready, ground.api.deliver = well, taken
    await ground.later()
    assert ground.api.sent_again() == [GUID]


async def test_a_repository_that_was_renamed_is_followed_at_the_api(ground: Ground) -> None:
    def moved(request: Request) -> Response | None:
        if "/acme/orders/" not in request.url.path:
            return None
        new = str(request.url).replace("/acme/orders/", "/acme/sales/")
        return RedirectResponse(new, 307)

    ground.api.hooks["acme/sales"] = ground.api.hooks["acme/orders"]
    ground.api.instead, ground.api.deliver = moved, taken
    ground.api.attempt(GUID, 502)
    await ground.missed.tick()
    assert ground.api.sent_again()[-1] == GUID
    assert ground.api.attempts[-1]["status_code"] == 202


async def test_a_push_while_ingest_was_down_is_caught_up_with(
    tmp_path: Path, nats_url: str
) -> None:
    rooms = open_rooms(ingest_settings(tmp_path, nats_url))
    await rooms.directory.open()
    hook = await rooms.hooks.add(
        HOOK, application=new_id(), repository="acme/orders", made_by="person:ana"
    )
    await rooms.directory.close()
    github = GitHub(hook.secret.get_secret_value())
    body = body_of(github.push())

    async with served(GitHubApi(clock=system_clock)) as api:
        api.hook("acme/orders", OURS)
        api.attempt(GUID, 502, ago=timedelta(minutes=30))
        told = {"TRELLIS_GITHUB_API": api.url, "TRELLIS_GITHUB_TOKEN": TOKEN}
        async with running_process(tmp_path, nats_url, **told) as ingest:

            async def deliver(guid: str) -> int:
                async with httpx.AsyncClient(base_url=ingest.url) as client:
                    headers = github.headers(body, delivery=guid)
                    path = f"/webhooks/github/{HOOK}"
                    return (await client.post(path, content=body, headers=headers)).status_code

            api.deliver = deliver
            await until(lambda: api.attempts[-1]["status_code"] == 202)
            ingest.process.terminate()
            _, logged = await ingest.process.communicate()

    (kept,) = await kept_in_inbox(nats_url)
    assert isinstance(kept, PushReceived)
    assert kept.delivery == GUID
    assert b"delivery is sent again" in logged
    assert TOKEN.encode() not in logged
    assert TOKEN not in kept.model_dump_json()

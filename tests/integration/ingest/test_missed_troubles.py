"""What keeps missed deliveries from being seen, and that it ends nothing."""

from datetime import timedelta
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from structlog.testing import capture_logs

from services.chassis.clock import system_clock
from tests.support.actors.github_api import TOKEN, GitHubApi, limited, served
from tests.support.clocks import SettableClock
from tests.support.ingest import running_ingest
from tests.support.missed import EVERY, GUID, Ground, missed_ground, taken
from tests.support.until import until


@pytest.mark.parametrize("status", [500, 503])
async def test_an_outage_is_said_once_waited_for_longer_and_longer_and_over_at_once(
    ground: Ground, status: int
) -> None:
    ground.api.attempt(GUID, 502)
    ground.api.instead = lambda _request: Response(status_code=status)
    with capture_logs() as logged:
        await ground.missed.tick()
        for _ in range(12):
            await ground.later()

    assert [one["event"] for one in logged] == ["recent deliveries not seen"]
    assert len(ground.api.asked) == 3, "after 0, 10 and 30 minutes"
    assert str(status) in await ground.illness()

    ground.api.instead, ground.api.deliver = lambda _request: None, taken
    await ground.later(timedelta(hours=1))
    assert (ground.api.sent_again(), await ground.illness()) == ([GUID], "")


async def test_where_nobody_listens_is_an_outage_too(tmp_path: Path) -> None:
    clock = SettableClock()
    async with missed_ground(tmp_path, clock) as ground:
        await ground.connect()
        ground.api.url = "http://127.0.0.1:9"
        await ground.missed.close()
        ground.started()
        await ground.missed.tick()
        assert "does not answer" in await ground.illness()


@pytest.mark.parametrize("limit", ["reset", "retry-after", "neither"])
async def test_a_limit_is_kept_to(ground: Ground, limit: str) -> None:
    over = ground.clock() + timedelta(minutes=20)
    answers = {
        "reset": limited(over),
        "retry-after": Response(status_code=403, headers={"Retry-After": "1200"}),
        "neither": Response(status_code=429),
    }
    ground.api.instead = lambda _request: answers[limit]
    await ground.missed.tick()
    assert "as often as it may" in await ground.illness()
    ground.api.instead = lambda _request: None
    asked = len(ground.api.asked)
    until_over = EVERY if limit == "neither" else timedelta(minutes=20)

    await ground.later(until_over - timedelta(seconds=1))
    assert len(ground.api.asked) == asked
    await ground.later(timedelta(seconds=1))
    assert len(ground.api.asked) == asked + 2
    assert await ground.illness() == ""


async def test_a_token_that_github_does_not_know_is_named_without_its_value(
    ground: Ground,
) -> None:
    await ground.missed.close()
    ground.started(token="ghp_revoked")
    with capture_logs() as logged:
        await ground.missed.tick()
    ill = await ground.illness()
    assert "TRELLIS_GITHUB_TOKEN" in ill
    assert "ghp_revoked" not in ill + str(logged)


async def test_a_repository_that_is_elsewhere_ends_nothing_and_is_said_once(
    ground: Ground,
) -> None:
    await ground.connect("e" * 32, "group/sub/elsewhere")
    await ground.connect("o" * 32, "other/place")
    ground.api.deliver = taken
    ground.api.attempt(GUID, 502)
    with capture_logs() as logged:
        await ground.missed.tick()
        for _ in range(30):
            await ground.later()

    assert ground.api.sent_again() == [GUID]
    assert await ground.illness() == ""
    unseen = [one["about"] for one in logged if one["event"] == "recent deliveries not shown"]
    assert sorted(unseen) == ["group/sub/elsewhere", "other/place"]
    assert sum("other/place" in path for path in ground.api.asked) == 3, "once an hour"


async def test_a_token_that_may_see_no_hooks_at_all_makes_ingest_say_so(ground: Ground) -> None:
    refusal = JSONResponse({"message": "Resource not accessible by personal access token"}, 403)
    ground.api.instead = lambda _request: refusal
    await ground.missed.tick()
    assert "acme/orders" in await ground.illness()
    ground.api.instead = lambda _request: None
    await ground.later(timedelta(hours=1))
    assert await ground.illness() == ""


async def test_one_that_cannot_be_sent_again_does_not_keep_the_others(ground: Ground) -> None:
    first = ground.api.attempt("first", 502, ago=timedelta(minutes=9))
    ground.api.attempt("second", 502)
    ground.api.deliver = taken

    def refuse_the_first(request: Request) -> Response | None:
        return Response(status_code=422) if f"/{first}/" in request.url.path else None

    ground.api.instead = refuse_the_first
    await ground.missed.tick()
    assert ground.api.sent_again() == ["first", "second"]
    assert await ground.illness() == ""


async def test_nonsense_in_place_of_a_list_is_survived(ground: Ground) -> None:
    ground.api.instead = lambda _request: Response("<html>sign in</html>")
    await ground.missed.tick()
    assert "acme/orders" in await ground.illness()


async def test_the_token_goes_to_the_api_and_nowhere_else(ground: Ground) -> None:
    async with served(GitHubApi(clock=ground.clock)) as thief:
        ground.api.instead = lambda request: RedirectResponse(thief.url + request.url.path, 307)
        await ground.missed.tick()
        assert thief.asked == []
        assert set(ground.api.tokens) == {f"Bearer {TOKEN}"}

        def further(request: Request) -> Response | None:
            if "deliveries" not in request.url.path:
                return None
            link = {"Link": f'<{thief.url}/next>; rel="next"'}
            return JSONResponse([dict(ground.api.attempts[0])], headers=link)

        ground.api.instead = further
        ground.api.attempt(GUID, 502)
        await ground.later(timedelta(hours=1))
        assert thief.asked == []


async def test_health_says_what_ails_it_and_ingest_serves_on(tmp_path: Path, nats_url: str) -> None:
    async with (
        served(GitHubApi(clock=system_clock)) as api,
        running_ingest(
            tmp_path,
            nats_url,
            github_api=api.url,
            github_token="ghp_revoked",
            reconcile_seconds=0.5,
        ) as ingest,
    ):
        await ingest.an_application()
        await until(lambda: len(api.asked) > 1)
        health = await ingest.client.get("/api/v1/health", headers=ingest.as_a_developer())
        ready = await ingest.client.get("/health/ready")

    said = health.json()["services"]["ingest"]
    assert "does not know the token (401)" in said["recent deliveries"]
    assert {said["bus"], said["directory"]} == {"ok"}
    assert "ghp_" not in health.text
    assert ready.status_code == 200

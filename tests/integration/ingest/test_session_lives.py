"""How long sessions and links live, by an injected clock."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.ingest.adapters.directory import Directory
from services.ingest.adapters.links import GOOD_SECONDS, Links
from services.ingest.adapters.sessions import Lifetimes, Sessions
from services.ingest.adapters.tokens import Token, Tokens
from tests.support.clocks import SettableClock
from trellis_contracts.rights import Role

LIVES = Lifetimes(idle=timedelta(hours=24), whole=timedelta(days=14))


class Kept:
    """A directory with a token, and sessions of it."""

    def __init__(self, directory: Directory) -> None:
        self.clock = SettableClock()
        self.directory = directory
        self.tokens = Tokens(directory, clock=self.clock)
        self.sessions = Sessions(directory, LIVES, clock=self.clock)

    async def token(self, name: str = "ana") -> Token:
        return (await self.tokens.issue(name, actor=f"person:{name}", role=Role.ADMIN))[0]

    async def begun(self, name: str = "ana") -> str:
        return (await self.sessions.begin(await self.token(name))).get_secret_value()

    async def count(self) -> int:
        found = await self.directory.ask(
            lambda db: db.execute("SELECT count(*) FROM sessions").fetchone()
        )
        return int(found[0])


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    directory = Directory(f"sqlite:///{tmp_path}/directory.sqlite")
    await directory.open()
    yield Kept(directory)
    await directory.close()


async def test_a_session_that_is_used_lives_on_and_one_that_is_not_ends(kept: Kept) -> None:
    value = await kept.begun()
    for _ in range(5):
        kept.clock.advance(timedelta(hours=23))
        assert await kept.sessions.find(value)

    kept.clock.advance(timedelta(hours=24))

    assert await kept.sessions.find(value) is None


async def test_no_session_lives_for_ever_however_much_it_is_used(kept: Kept) -> None:
    value = await kept.begun()
    for _ in range(14 * 2 - 1):
        kept.clock.advance(timedelta(hours=12))
        assert await kept.sessions.find(value)

    kept.clock.advance(timedelta(hours=12))

    assert await kept.sessions.find(value) is None


async def test_a_session_says_when_it_ends_and_saying_so_is_no_use_of_it(kept: Kept) -> None:
    value = await kept.begun()
    begun = kept.clock()
    kept.clock.advance(timedelta(hours=23))

    assert await kept.sessions.until(value) == begun + LIVES.idle

    kept.clock.advance(timedelta(hours=1))
    assert await kept.sessions.until(value) is None


async def test_a_session_ends_after_its_whole_life_however_lately_it_was_used(kept: Kept) -> None:
    value = await kept.begun()
    begun = kept.clock()
    for _ in range(14):
        kept.clock.advance(timedelta(hours=23))
        assert await kept.sessions.find(value)

    assert await kept.sessions.until(value) == begun + LIVES.whole


async def test_expired_sessions_are_forgotten_when_the_next_one_begins(kept: Kept) -> None:
    await kept.begun("ana")
    kept.clock.advance(timedelta(days=2))
    await kept.begun("bo")

    assert await kept.count() == 1


async def test_only_the_sessions_of_that_person_end_everywhere(kept: Kept) -> None:
    ana, bo = await kept.begun("ana"), await kept.begun("bo")

    assert await kept.sessions.end_all("person:ana") == 1

    assert await kept.sessions.find(ana) is None
    assert await kept.sessions.find(bo)


async def test_a_link_is_good_once_and_not_for_long(kept: Kept) -> None:
    token, now = await kept.token(), [0.0]
    links = Links(now=lambda: now[0])
    first, second = (links.make(token).get_secret_value() for _ in range(2))

    assert links.see(first) == token
    assert links.take(first) == token
    assert links.take(first) is None
    now[0] = GOOD_SECONDS
    assert links.take(second) is None


async def test_links_that_nobody_follows_take_no_room(kept: Kept) -> None:
    token, links = await kept.token(), Links(now=lambda: 0.0)
    oldest = links.make(token).get_secret_value()
    for _ in range(1000):
        newest = links.make(token).get_secret_value()

    assert links.see(oldest) is None
    assert links.see(newest) == token

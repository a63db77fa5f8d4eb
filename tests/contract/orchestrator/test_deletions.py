"""Applications on their way out: what one of them lacks keeps no other one."""

from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from services.chassis.unavailable import Unavailable
from services.orchestrator.adapters.routing import Index
from services.orchestrator.handlers.applications import Applications
from services.orchestrator.handlers.deletions import Deletions
from services.orchestrator.handlers.emptying import Emptying
from trellis_contracts.lifecycles import ConcludeDeletion
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id


class Played:
    """What deletions reach: the environment `bad` cannot be read."""

    def __init__(self, wrong: Exception | None, *environments: str) -> None:
        self.wrong = wrong
        self.environments = environments
        self.concluded: list[UUID] = []

    def leaving(self) -> list[Any]:
        return [
            SimpleNamespace(
                created=SimpleNamespace(application_id=derived_id(name)),
                environments={derived_id(name, "environment"): SimpleNamespace(name=name)},
                deletions=1,
            )
            for name in self.environments
        ]

    async def empty(self, _: UUID, name: str, **__: object) -> bool:
        if name == "bad" and self.wrong:
            raise self.wrong
        return name != "full"

    async def answer(self, command: Message, _: object) -> None:
        assert isinstance(command, ConcludeDeletion)
        self.concluded.append(command.application_id)

    @property
    def deletions(self) -> Deletions:
        return Deletions(
            cast("Index", self),
            applications=cast("Applications", self),
            emptying=cast("Emptying", self),
        )


@pytest.mark.parametrize("wrong", [RuntimeError("unreadable"), Unavailable("the store")])
async def test_one_that_cannot_be_looked_at_keeps_no_other_one(wrong: Exception) -> None:
    played = Played(wrong, "bad", "good")

    assert not await played.deletions.go_on()
    assert played.concluded == [derived_id("good")]


async def test_what_still_holds_something_is_not_concluded() -> None:
    played = Played(None, "full", "good")

    assert await played.deletions.go_on()
    assert played.concluded == [derived_id("good")]

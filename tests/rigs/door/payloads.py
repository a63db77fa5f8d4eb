"""Every real payload and every made one through the door, and what became of them."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

from tests.rigs.door.house import House, house
from tests.rigs.door.made import BRANCHES, deliveries
from tests.rigs.door.real import examples
from tests.rigs.saying import say
from trellis_contracts.pull_requests import PullRequestChanged
from trellis_contracts.pushes import (
    BranchDeleted,
    CheckCompleted,
    DeliveryIgnored,
    PushReceived,
    PushRouted,
    RepositoryRenamed,
)

_ANYBODY = "Codertocat/Hello-World"
"""Whose hook is told what concerns no repository."""

_DECIDED_WITHIN = 60.0


@dataclass
class Seen:
    """What was sent and answered, and what is wrong with it."""

    real: Counter[int] = field(default_factory=Counter)
    made: Counter[int] = field(default_factory=Counter)
    accepted: set[str] = field(default_factory=set)
    acting: dict[str, str] = field(default_factory=dict)
    """Deliveries that must deploy, with what they are."""
    wrong: list[str] = field(default_factory=list)


async def run(folder: Path) -> int:
    """Send all of it; 1 when anything was answered or done otherwise than it must be."""
    began, seen = time.monotonic(), Seen()
    async with house(folder) as running:
        await _send_real(running, seen)
        await _send_made(running, seen)
        await _until_decided(running, seen)
        await _look_what_acted(running, seen)
    for wrong in seen.wrong:
        say(f"✗ {wrong}")
    say(
        f"payloads: {seen.real.total()} real {dict(seen.real)}, {seen.made.total()} made "
        f"{dict(seen.made)}; {len(seen.acting)} pushes to bound branches, "
        f"{len(seen.wrong)} wrong; {time.monotonic() - began:.0f} s"
    )
    return 1 if seen.wrong else 0


async def _send_real(running: House, seen: Seen) -> None:
    pushed = set()
    for example in examples():
        repository = example.repository or _ANYBODY
        if repository not in running.applications:
            await running.connect(repository, branch=example.branch)
        body, delivery = json.dumps(example.payload).encode(), str(uuid4())
        answer = await running.deliver(repository, example.event, body, delivery=delivery)
        seen.real[answer.status_code] += 1
        if answer.status_code == HTTPStatus.ACCEPTED:
            seen.accepted.add(delivery)
        else:
            seen.wrong.append(f"{example.event} was answered {answer.status_code}: {answer.text}")
        head = repository, example.payload.get("after")
        if answer.json().get("understood") == PushReceived.__name__ and head not in pushed:
            pushed.add(head)
            seen.acting[delivery] = f"{example.event} of {repository}"


async def _send_made(running: House, seen: Seen) -> None:
    for repository, branch in BRANCHES.items():
        await running.connect(repository, branch=branch)
    for made in deliveries({name: running.github(name) for name in BRANCHES}):
        body = json.dumps(made.payload).encode()
        answer = await running.deliver(made.repository, made.event, body, delivery=made.delivery)
        seen.made[answer.status_code] += 1
        if answer.status_code != made.status:
            seen.wrong.append(f"{made.what} was answered {answer.status_code}: {answer.text}")
        if answer.status_code == HTTPStatus.ACCEPTED:
            seen.accepted.add(made.delivery)
            await _decided(running, made.delivery)
        if made.acts:
            seen.acting[made.delivery] = made.what


async def _until_decided(running: House, seen: Seen) -> None:
    try:
        for delivery in seen.accepted:
            await _decided(running, delivery)
    except TimeoutError:
        seen.wrong.append(f"{delivery} was accepted and never decided")


async def _decided(running: House, delivery: str) -> None:
    """Return once nothing of a delivery is left to do. Raises TimeoutError."""
    async with asyncio.timeout(_DECIDED_WITHIN):
        while True:
            match await running.recorded(delivery):
                case [PushReceived(), PushRouted()] | [BranchDeleted()] | [DeliveryIgnored()]:
                    return
                case [RepositoryRenamed()] | [CheckCompleted()] | [PullRequestChanged()]:
                    return
                case _:
                    await asyncio.sleep(0.02)


async def _look_what_acted(running: House, seen: Seen) -> None:
    acted: Counter[str] = Counter()
    for repository in running.applications:
        acted.update(await running.deployed_by(repository))
    for delivery, what in seen.acting.items():
        if acted[delivery] != 1:
            seen.wrong.append(f"{what} deployed {acted[delivery]} times, not once")
    for delivery in acted.keys() - seen.acting.keys():
        seen.wrong.append(f"the delivery {delivery} deployed, and must not")

"""What store, bus and views must agree on after everything that was done to them."""

from collections.abc import Sequence

import nats
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from services.chassis.event_store import open_event_store
from services.chassis.streams import EVENTS
from tests.rigs.kills.machine import Machine
from tests.rigs.kills.story import Story
from trellis_contracts.message import Message


async def published_as_stored(machine: Machine) -> list[str]:
    """Say how the stream of events on the bus differs from the store: nothing may."""
    store = open_event_store(f"sqlite://{machine.data}/events.sqlite", read_only=True)
    try:
        stored = [str(event.position) async for event in store.read_all()]
    finally:
        await store.close()
    client = await nats.connect((machine.data / "bus" / "url").read_text().strip())
    try:
        published = await _positions(client)
    finally:
        await client.close()
    if published == stored:
        return []
    missing = len(set(stored) - set(published))
    doubled = len(published) - len(set(published))
    return [f"{missing} of {len(stored)} events are not on the bus, {doubled} are there twice"]


async def _positions(client: Client) -> list[str]:
    jetstream = client.jetstream()
    state = (await jetstream.stream_info(str(EVENTS.name))).state
    found = []
    for sequence in range(state.first_seq, state.last_seq + 1):
        try:
            message = await jetstream.get_msg(str(EVENTS.name), seq=sequence)
        except NotFoundError:
            continue
        found.append((message.headers or {})["ce-position"])
    return found


async def views_and_rebuilt(machine: Machine, stories: Sequence[Story]) -> list[str]:
    """Say which views are others once they are deleted and built anew from the store."""
    before = await _views(machine, stories)
    machine.kept = False
    await machine.stop()
    for file in machine.data.glob("views.sqlite*"):
        file.unlink()
    await machine.start()
    after = await _views(machine, stories)
    return [f"the views of {name} are others" for name in before if before[name] != after[name]]


async def _views(machine: Machine, stories: Sequence[Story]) -> dict[str, list[Message]]:
    api, found = machine.api(), {}
    for story in stories:
        assert story.created
        views: list[Message] = [await api.application(story.created.application_id)]
        for environment in story.created.environments.values():
            views += await api.deployments(environment)
        found[story.name] = views
    return found

"""What lies in the inbox of a bus, read without taking it out."""

from services.chassis.bus.sending import Bus, connect_bus
from trellis_contracts import codec
from trellis_contracts.message import Message


async def kept_in_inbox(url: str) -> list[Message]:
    """Every message of the inbox, in order."""
    bus = await connect_bus(url, service="tests")
    try:
        return await _messages(bus)
    finally:
        await bus.stop()


async def _messages(bus: Bus) -> list[Message]:
    state = (await bus.jetstream.stream_info("INBOX")).state
    found = []
    for sequence in range(max(1, state.first_seq), state.last_seq + 1):
        kept = await bus.jetstream.get_msg("INBOX", sequence)
        assert kept.headers
        assert kept.data
        message = codec.decode(kept.headers["Trellis-Type"], 1, kept.data)
        assert kept.headers["Nats-Msg-Id"] == getattr(message, "delivery", None)
        found.append(message)
    return found

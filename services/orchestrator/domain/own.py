"""Questions that the orchestrator puts to itself: what follows from time, or from state alone."""

from trellis_contracts import codec
from trellis_contracts.asking import Asked
from trellis_contracts.message import Message
from trellis_contracts.names import ActorId, derived_id

_ACTOR: ActorId = "service:orchestrator"


def own(question: Message, *id_parts: object) -> Asked:
    """Put a question of its own; the same parts are the same question, which is answered once."""
    return codec.asked(question, id_=derived_id(*id_parts), actor=_ACTOR)

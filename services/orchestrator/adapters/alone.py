"""Does one of several things that are due, so that whatever is wrong with it keeps no other one."""

from collections.abc import Awaitable

from services.chassis.logging import get_logger
from services.chassis.unavailable import Unavailable


async def alone(doing: Awaitable[None], otherwise: str, **about: object) -> bool:
    """Give whether it was done; if not, the log says what then and why: it is due again.

    Raises:
        Unavailable: a part is away, so the others could not be done either.
    """
    try:
        await doing
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - whatever it is, the others go on
        seen = {name: str(value) for name, value in about.items()}
        get_logger().exception(otherwise, **seen)
        return False
    return True

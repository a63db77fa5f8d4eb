"""How a service is run as a process of its own: `python -m services.<name>`."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from services.chassis.bus.errors import BusError
from services.chassis.event_store.port import EventStoreError
from services.chassis.failpoints import arm
from services.chassis.logging import configure_logging, get_logger
from services.chassis.memory import give_back_large_blocks
from services.chassis.secrets.port import SecretsError
from services.chassis.serving import PortTaken, ServiceDidNotStart, serve
from services.chassis.settings import Settings, SettingsRejected, read_settings
from services.chassis.streams import StreamRejected
from services.chassis.unavailable import Unavailable

_SAY_ALL = (
    BusError,
    EventStoreError,
    PortTaken,
    SecretsError,
    SettingsRejected,
    StreamRejected,
    Unavailable,
)


def run_service(
    name: str,
    kind: type[Settings],
    create_app: Callable[[Settings], ASGIApp],
    *,
    say_all: tuple[type[Exception], ...] = (),
) -> None:
    """Serve until the process is told to end; end with 1 and a sentence if it cannot be done.

    `say_all` are the service's own errors whose sentence needs no traceback.
    """
    give_back_large_blocks()
    with ended_with_a_sentence(*say_all):
        settings = read_settings(kind)
        configure_logging(name, settings.log_level)
        arm(settings.failpoints, service=name)
        asyncio.run(serve(create_app(settings), settings))


@contextmanager
def ended_with_a_sentence(*say_all: type[Exception]) -> Iterator[None]:
    """End the process with 1 and the sentence of an error that says all: these, or the chassis's.

    Whatever else kept a service from starting is in the log, with its traceback.
    """
    known = _SAY_ALL + say_all
    try:
        yield
    except known as error:
        sys.exit(str(error))
    except ServiceDidNotStart as failed:
        if isinstance(failed.__cause__, known):
            sys.exit(str(failed.__cause__))
        get_logger().critical("the service did not start", exc_info=failed.__cause__)
        sys.exit(str(failed))

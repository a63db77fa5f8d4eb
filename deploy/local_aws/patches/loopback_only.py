"""Nothing listens where another machine could reach it.

MiniStack has an address to listen on for its gateway and for some of its other listeners; those of
IoT and of the databases take every address whatever is set. So the socket itself decides: asked for
every address, it takes loopback.
"""

import socket
from typing import Any

_EVERY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is replaced


def apply() -> None:
    """Guard every later bind of this process; to be applied before anything listens."""
    bind = socket.socket.bind

    def bind_to_loopback(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            address = (_EVERY.get(address[0], address[0]), *address[1:])
        bind(self, address)

    socket.socket.bind = bind_to_loopback  # type: ignore[assignment, method-assign]  # a patch

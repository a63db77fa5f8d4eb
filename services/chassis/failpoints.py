"""Where a process may be held and killed: what the kill rig takes hold of (`make kills`).

A point lies before or after each effect that outlives the process. Unarmed, passing one does
nothing; an armed process says which it passes at a gate and waits there, with everything that it
does, until it is let through or killed. `TRELLIS_FAILPOINTS` arms it, for tests alone.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path

_gate: Path | None = None
_who = ""


def arm(gate: Path | None, *, service: str) -> None:
    """Wait from now on at the gate, a Unix socket; None: at none."""
    global _gate, _who
    _gate, _who = gate, service


def passed(point: str) -> None:
    """Go on, unless this process is armed: then once the gate has answered, if it ever does."""
    if _gate is None:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX) as line:  # nobody there: nobody kills
        line.connect(str(_gate))
        line.sendall(f"{os.getpid()} {_who} {point}\n".encode())
        line.recv(1)

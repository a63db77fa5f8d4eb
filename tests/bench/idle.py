"""What an installation takes that nobody uses: memory and processor time of all its processes.

Once with a process for each service, once with the light ones `--together`; the bus and the front
door are counted too. Run as `python -m tests.bench idle`.
"""

import asyncio
import os
import re
import tempfile
import time
from pathlib import Path

from cli.up import Up, UpSettings
from tests.bench.terms import SHORT

SECONDS = 5.0 if SHORT else 20.0
_SETTLED_AFTER = 3.0
_TICKS = os.sysconf("SC_CLK_TCK")


def measure() -> dict[str, dict[str, float]]:
    """Return `idle_memory` (MiB of proportional set size) and `idle_cpu` (% of one core).

    `ratio` is that of `--together` to separate processes.
    """
    separate, together = (asyncio.run(_idle(together=one)) for one in (False, True))
    return {
        name: {
            "ratio": together[name] / separate[name],
            "separate": separate[name],
            "together": together[name],
        }
        for name in ("idle_memory", "idle_cpu")
    }


async def _idle(*, together: bool) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        environ = {"PATH": os.environ["PATH"], "TRELLIS_KEYS": f"{folder}/keys"}
        settings = UpSettings(
            data=Path(folder) / "data", port=0, environ=environ, pointer=None, together=together
        )
        up = Up(settings)
        await up.start()
        try:
            await asyncio.sleep(_SETTLED_AFTER)
            before, began = _ticks(), time.monotonic()
            await asyncio.sleep(SECONDS)
            used = (_ticks() - before) / _TICKS / (time.monotonic() - began)
            return {"idle_memory": _pss() / 1024, "idle_cpu": 100 * used}
        finally:
            await up.stop()


def _children() -> list[str]:
    """Every process that this one started, and those that they started."""
    found, looked = [str(os.getpid())], 0
    while looked < len(found):
        for task in Path(f"/proc/{found[looked]}/task").iterdir():
            found += (task / "children").read_text().split()
        looked += 1
    return found[1:]


def _pss() -> int:
    """KiB."""
    rollups = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in _children())
    return sum(int(found[1]) for one in rollups if (found := re.search(r"\nPss:\s+(\d+)", one)))


def _ticks() -> int:
    texts = (Path(f"/proc/{pid}/stat").read_text() for pid in _children())
    fields = (text.rpartition(")")[2].split() for text in texts)
    return sum(int(one[11]) + int(one[12]) for one in fields)

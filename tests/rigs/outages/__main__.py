"""`make outages`: a part is dead, paused or without disk; nothing is lost, and it is said.

Each outage is made on a whole Trellis: what a webhook and a command are answered meanwhile, what
`trellis health` says, and that everything goes on by itself once the cause is gone.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from services.chassis.logging import configure_logging
from tests.rigs.disks import need_mounts
from tests.rigs.outages.cases import CASES, Wrong
from tests.rigs.saying import say


async def main(only: str) -> int:
    """Make every outage; 1 when one of them was met otherwise than it should be."""
    need_mounts("outages")
    began, wrong = time.monotonic(), []
    chosen = [case for case in CASES if only in case.__name__]
    for case in chosen:
        say(f"{case.__name__.replace('_', ' ')} …")
        since = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="trellis-outages-") as folder:
            try:
                await case(Path(folder))
            except (Wrong, TimeoutError) as other:
                wrong.append(f"{case.__name__}: {other!r}")
                say(f"   ✗ {other!r}")
            else:
                say(f"   ✓ {time.monotonic() - since:.0f} s")
    for found in wrong:
        say(f"✗ {found}")
    say(
        f"outages: {len(chosen)} made, {len(chosen) - len(wrong)} as promised, {len(wrong)} not; "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.outages", description=__doc__)
    parser.add_argument("--only", default="", help="outages whose name has these letters")
    given = parser.parse_args()
    configure_logging("outages", "error")
    sys.exit(asyncio.run(main(given.only)))

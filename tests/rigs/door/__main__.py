"""`make payloads` and `make hostile`: what comes to the door, from GitHub and from others."""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from services.chassis.logging import configure_logging
from tests.rigs.door import api, hostile, payloads

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.door", description=__doc__)
    parser.add_argument("what", choices=("payloads", "hostile", "api"))
    parser.add_argument("--count", type=int, default=2000, help="how many hostile inputs")
    parser.add_argument("--examples", type=int, default=100, help="of each of the API's operations")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    given = parser.parse_args()
    configure_logging("door", "error")
    with tempfile.TemporaryDirectory(prefix="trellis-door-") as temporary:
        folder = Path(temporary)
        if given.what == "payloads":
            sys.exit(asyncio.run(payloads.run(folder)))
        if given.what == "api":
            sys.exit(asyncio.run(api.run(folder, examples=given.examples, seed=given.seed)))
        sys.exit(asyncio.run(hostile.run(folder, count=given.count, seed=given.seed)))

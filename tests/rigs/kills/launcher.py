"""`trellis up`, as a program of its own that brings parts back at once however often they die."""

import asyncio
import os
import sys
from pathlib import Path

from cli.supervisor import Patience
from cli.up import Up, UpSettings

_TIRELESS = Patience(first_pause=0.02, longest_pause=0.2, well_after=0, most_failures=1000)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Run until this process is told to end."""
    settings = UpSettings(
        data=Path(os.environ["TRELLIS_DATA"]),
        port=int(os.environ["TRELLIS_PORT"]),
        pointer=None,
        patience=_TIRELESS,
    )
    up = Up(settings, say=_say)
    try:
        await up.start()
        await up.wait()
    finally:
        await up.stop()


if __name__ == "__main__":
    asyncio.run(main())

"""What a rig says while it works: a line at a time, at once."""

import sys


def say(line: str) -> None:
    """Write a line that is read while the rig goes on."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()

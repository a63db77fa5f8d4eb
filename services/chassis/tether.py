"""A program that becomes another one, which the kernel kills when the parent process dies.

Run by path with the parent's pid and the other program's arguments. Linux keeps the tie over
`exec` (prctl(2), PR_SET_PDEATHSIG); elsewhere the child is started without it. It imports as
little as it can, since every child starts through it.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tie_to(parent: int) -> None:
    """Has the kernel kill this process when its parent dies; ends it if that already happened."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent process is gone")


if __name__ == "__main__":
    tie_to(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is what is wanted

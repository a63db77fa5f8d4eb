"""Starts the local AWS: MiniStack of one exact version, patched, on loopback only.

    python launcher.py --port 4566 --scratch FOLDER [--step-seconds 0.5]

Run by cli/local_aws.py with the interpreter of an environment of its own. `--scratch` is a folder
for unpacked functions; functions find the AWS SDK in a `node_modules` there or above it. Standard
input is the lifeline: when it ends, because whoever started this is gone, the local AWS and every
function that it runs end with it, at once, since they hold nothing that is kept.
"""

import argparse
import importlib.metadata
import os
import signal
import sys
import threading
import uuid
from pathlib import Path

VERSION = "1.5.33"
LOOPBACK = "127.0.0.1"


def main() -> None:
    """Serve until standard input ends or a signal comes."""
    arguments = _arguments()
    _require_version()
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    os.environ.update(_environment(arguments.port, arguments.scratch))
    _apply_patches(arguments.port, arguments.step_seconds)
    from ministack.app import main as serve  # noqa: PLC0415 - reads its environment when imported

    sys.argv = sys.argv[:1]  # MiniStack has options of its own
    serve()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The local AWS, for the demo and for tests")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--step-seconds", type=float, default=0.0)
    return parser.parse_args()


def _require_version() -> None:
    found = importlib.metadata.version("ministack")
    if found != VERSION:
        sys.exit(
            f"The patches fit MiniStack {VERSION}, but {found} is installed: "
            "install deploy/local_aws/requirements.lock into this environment."
        )


def _end_with_the_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        continue
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _environment(port: int, scratch: Path) -> dict[str, str]:
    """What MiniStack reads when it is imported."""
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,  # the default is every address
        "IOT_MTLS_ENABLED": "0",  # its certificate takes most of a start; its port is fixed
        "DOCKER_HOST": f"unix://{scratch}/none",  # a container would publish its ports to all
        "AUTH": "true",  # unknown keys are refused; `test` and twelve-digit ids are root
        "TMPDIR": str(scratch),  # functions are unpacked here, and node looks upwards for the SDK
    }


def _apply_patches(port: int, step_seconds: float) -> None:
    from patches import (  # noqa: PLC0415 - imports MiniStack, which reads its environment then
        api_owner,
        bucket_contents,
        bucket_tags,
        instance,
        loopback_only,
        one_operation,
        quiet_updates,
        reachable_outputs,
        secure_transport,
        step_time,
    )

    loopback_only.apply()
    bucket_tags.apply()
    bucket_contents.apply()
    one_operation.apply()
    step_time.apply(step_seconds)
    quiet_updates.apply()
    api_owner.apply()
    secure_transport.apply()
    reachable_outputs.apply(f"http://{LOOPBACK}:{port}")
    instance.apply(str(uuid.uuid4()))


if __name__ == "__main__":
    main()

"""What the demo stands on and takes away again: a folder and settings of nobody but itself.

FolderUsed      the data folder that was given holds something
"""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cli.exits import CliError
from cli.ports import next_free
from cli.up import DEFAULT_PORT, LocalAwsWanted, UpSettings
from services.chassis.settings import PREFIX

_HEARD = {"TRELLIS_LOG_LEVEL", "TRELLIS_BUILDER_GRADE", "TRELLIS_BUILDER_PASS"}
"""Of what a real installation may be told here: what says how, and nothing that says where."""


class FolderUsed(CliError):
    """The demo would mix its invented history with somebody's own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} holds something, and the demo wants a folder of its own.")
        self.remedy = "Leave --data out, or name a folder that is empty or not there yet."


def refuse_used(folder: Path) -> None:
    """Return when a folder is empty or missing. Raises FolderUsed."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderUsed(folder)


def settings_for(
    data: Path, keys: Path, *, git_origin: str, port: int | None, environ: Mapping[str, str]
) -> UpSettings:
    """Give what `up` is told: no store, bus or key of another Trellis, nor the way to it."""
    return UpSettings(
        data=data,
        port=next_free(DEFAULT_PORT, 1)[0] if port is None else port,
        local_aws=LocalAwsWanted(),
        environ=environment_for(environ, git_origin=git_origin, keys=keys),
        pointer=None,
    )


def environment_for(environ: Mapping[str, str], *, git_origin: str, keys: Path) -> dict[str, str]:
    """Give the machine's environment without what points at a real installation."""
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(PREFIX) or name in _HEARD
    }
    return {**kept, "TRELLIS_GIT_ORIGINS": git_origin, "TRELLIS_KEYS": str(keys)}


def keep_logs(data: Path) -> Path | None:
    """Copy every part's log out of a data folder that goes; None: there is none."""
    logs = sorted(log for log in data.glob("*/*.log") if log.is_file())
    if not logs:
        return None
    kept = Path(tempfile.mkdtemp(prefix="trellis-demo-logs-"))
    for log in logs:
        shutil.copyfile(log, kept / log.name)
    return kept

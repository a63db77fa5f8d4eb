"""Finds the server and the token: from the environment, or from what the last `trellis up` wrote.

A token from a file goes to no other server than the one that wrote it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from cli.data_folder import DataFolder
from cli.exits import CliError, Status
from services.chassis.files import replace

URL, TOKEN, DATA = "TRELLIS_URL", "TRELLIS_TOKEN", "TRELLIS_DATA"
DOMAIN = "TRELLIS_DOMAIN"
DEFAULT_URL = "http://127.0.0.1:8600"


class TokenMissing(CliError):
    """There is no token to sign in with."""

    status: ClassVar[Status] = Status.UNREACHABLE

    def __init__(self, url: str, looked_in: Path) -> None:
        super().__init__(f"There is no token for {url}: {looked_in} holds none that can be read.")
        self.remedy = (
            f"Start `trellis up`, which writes one there, or set {TOKEN} (and {URL} for a Trellis "
            "that runs elsewhere)."
        )


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server and the token for it; `folder` is its data folder when that lies on this machine."""

    url: str
    token: str
    token_from: str
    folder: DataFolder | None = None


def default_data() -> Path:
    """Say where data lies unless somebody says otherwise."""
    return Path.home() / ".local" / "share" / "trellis"


def pointer_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Say where it is written which data folder was started last."""
    state = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "trellis" / "last-up"


def point_to(pointer: Path, folder: DataFolder) -> None:
    """Have the command line find this folder from now on."""
    replace(pointer, f"{folder.path}\n".encode())


def point_no_more(pointer: Path, folder: DataFolder) -> None:
    """Take the pointer back, unless another one has been started since."""
    if pointer.exists() and pointer.read_text().strip() == str(folder.path):
        pointer.unlink()


def find_server(environ: Mapping[str, str] = os.environ) -> Server:
    """Give the server to ask.

    Raises:
        TokenMissing: names the file in which a token was looked for.
    """
    folder = DataFolder(_data(environ))
    written = folder.url() or DEFAULT_URL
    url = environ.get(URL) or written
    if token := environ.get(TOKEN):
        local = folder if url == written else None
        return Server(url=url, token=token, token_from=TOKEN, folder=local)
    token = folder.token()
    if token is None or url.rstrip("/") != written:
        raise TokenMissing(url, folder.token_file)
    return Server(url=url, token=token, token_from=str(folder.token_file), folder=folder)


def _data(environ: Mapping[str, str]) -> Path:
    if given := environ.get(DATA):
        return Path(given)
    try:
        return Path(pointer_file(environ).read_text().strip())
    except OSError:
        return default_data()

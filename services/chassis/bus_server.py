"""The bus of one machine: a `nats-server` from a wheel, started and supervised by `trellis up`.

It listens on loopback, acknowledges only what is on the disk, and lets in whoever can read its
URL from the data folder: the password is in no argument and in no environment.
"""

import json
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from services.chassis.bus.safety import STORAGE_QUESTION
from services.chassis.children import Child, ChildFailed, free_port, is_free, program, start_child
from services.chassis.files import replace
from services.chassis.settings import BUS_FOLDER, URL_FILE

_HOST = "127.0.0.1"
_USER = "trellis"

_CONFIGURATION = """\
# Written by Trellis at each start; changes are lost.
server_name: trellis
listen: {listen}
max_payload: 1MB
jetstream {{
  store_dir: {store}
  sync_interval: always
  max_memory_store: 64MB
  max_file_store: 16GB
}}
accounts {{
  TRELLIS {{
    jetstream: enabled
    users: [{{user: {user}, password: {password}}}]
    imports: [{{service: {{account: SYSTEM, subject: "{question}"}}, to: {asked_as}}}]
  }}
  SYSTEM {{
    exports: [{{service: "{question}", response: stream, accounts: [TRELLIS]}}]
  }}
}}
system_account: SYSTEM
"""


class BusServer:
    """The embedded bus of one data folder; its port, password and messages outlive restarts."""

    def __init__(self, data: Path) -> None:
        """Takes the data folder; the bus lies in `bus/` of it, readable by its owner alone."""
        self._folder = data / BUS_FOLDER
        self._child: Child | None = None
        self._settled = False

    @property
    def url(self) -> str:
        """The URL with its password, as services find it in the data folder.

        Raises:
            ChildFailed: it was never started in this folder.
        """
        try:
            return (self._folder / URL_FILE).read_text().strip()
        except OSError:
            raise ChildFailed("nats-server", f"never started in {self._folder}") from None

    @property
    def pid(self) -> int | None:
        """The server's process id, while it was started and not stopped."""
        return self._child.pid if self._child else None

    async def start(self) -> str:
        """Starts the server and returns its URL once it listens; again after it ended.

        Its port is kept, so that clients find it again. Only the first start of this object takes
        another port when somebody else has the kept one.

        Raises:
            ChildFailed: with the server's own last words.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        url = urlsplit(self._address())
        configuration = self._folder / "nats.conf"
        replace(configuration, self._configuration(url.port or 0, url.password or "").encode())
        log = self._folder / "nats.log"
        log.unlink(missing_ok=True)
        argv = [program("nats-server"), "--config", str(configuration)]
        self._child = await start_child(argv, log=log)
        await self._child.until_listening(_HOST, url.port or 0)
        self._settled = True
        return url.geturl()

    async def wait(self) -> int:
        """The exit code, once the server ended."""
        return await self._child.wait() if self._child else 0

    async def stop(self) -> None:
        """Ends the server in order; what it keeps stays."""
        if self._child:
            await self._child.stop()
            self._child = None

    def _address(self) -> str:
        try:
            kept = urlsplit(self.url)
        except ChildFailed:
            return self._new_address(secrets.token_urlsafe(32))
        if not is_free(_HOST, kept.port or 0):
            if self._settled:
                raise ChildFailed("nats-server", f"its port {kept.port} was taken meanwhile")
            return self._new_address(kept.password or "")
        return kept.geturl()

    def _new_address(self, password: str) -> str:
        url = f"nats://{_USER}:{password}@{_HOST}:{free_port(_HOST)}"
        replace(self._folder / URL_FILE, url.encode())
        return url

    def _configuration(self, port: int, password: str) -> str:
        return _CONFIGURATION.format(
            listen=json.dumps(f"{_HOST}:{port}"),
            store=json.dumps(str(self._folder)),
            user=json.dumps(_USER),
            password=json.dumps(password),
            question="$SYS.REQ.SERVER.PING.JSZ",
            asked_as=json.dumps(STORAGE_QUESTION),
        )

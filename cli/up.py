"""Everything of Trellis on this machine, started and stopped: `trellis up`, the demo and the tests.

PortTaken       another program has the front door's port
"""

import asyncio
import os
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.bus_revival import revive
from cli.client.api import Api
from cli.composition import Composition
from cli.data_folder import DataFolder
from cli.exits import CliError
from cli.first_token import first_token
from cli.front_door import Address
from cli.housekeeping import keep_house, rotate_all, show_logs
from cli.local_aws import LocalAws
from cli.own_authority import transport_to
from cli.parts import LocalAwsPart, ServicePart
from cli.ports import next_free, quiet_port, who_has
from cli.service_settings import KINDS, check, settings_of, unknown
from cli.supervisor import Patience, Say, Supervisor
from cli.whereabouts import point_no_more, point_to, pointer_file
from dashboard import export
from services.chassis.children import is_free
from services.ingest.settings import IngestSettings

DEFAULT_PORT = 8600
_LOOPBACK = "127.0.0.1"
_AGAIN_SECONDS = 2.0


class PortTaken(CliError):
    """Another program listens where the front door should."""

    def __init__(self, port: int, by: str | None) -> None:
        super().__init__(f"Port {port} is taken by {by or 'another program'}.")
        self.remedy = "End that, or choose another port: trellis up --port PORT."
        self.port, self.by = port, by


@dataclass(frozen=True, kw_only=True)
class LocalAwsWanted:
    """A local AWS is to run beside the rest; its installation is kept and shared."""

    installation: Path = field(default_factory=lambda: Path.home() / ".cache/trellis/local-aws")
    step_seconds: float = 0


@dataclass(frozen=True, kw_only=True)
class UpSettings:
    """What `trellis up` is told. `port` 0 is any free one.

    Of `environ`, the variables `TRELLIS_…` reach the services that use them. `pointer` is the file
    by which the command line finds this one; None: it is not to.
    """

    data: Path
    host: str = _LOOPBACK
    port: int = DEFAULT_PORT
    domain: str | None = None
    """Served with TLS on that port of every interface; with 443, port 80 leads there."""
    local_aws: LocalAwsWanted | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    pointer: Path | None = field(default_factory=pointer_file)
    show_logs: bool = False
    together: bool = False
    """The light services share one process."""
    patience: Patience = field(default_factory=Patience)


class Up:
    """One Trellis on this machine. Use it in the main thread: its parts are tied to that."""

    def __init__(self, settings: UpSettings, *, say: Say = lambda _line: None) -> None:
        """Takes the settings and who is told, line by line, how it goes; starts nothing."""
        self._settings, self._say = settings, say
        self.folder = DataFolder(settings.data)
        self._port = settings.port or quiet_port(len(KINDS), settings.host)
        self._environ = {**settings.environ, "TRELLIS_DATA": str(self.folder.path)}
        self.local_aws = self._wanted_aws()
        self.services: tuple[ServicePart, ...] = ()
        self._supervisor: Supervisor | None = None
        self._chores: list[asyncio.Task[None]] = []
        self._found = False
        self.token = ""
        self.started_in = 0.0

    @property
    def url(self) -> str:
        """The one origin of everything."""
        return self._address().origin

    @property
    def token_file(self) -> Path:
        """Where the administrator's token lies, for its owner alone."""
        return self.folder.token_file

    def pid_of(self, part: str) -> int | None:
        """Give the process of a part: bus, ingest, …, door, local AWS."""
        holder = next((one.name for one in self.services if part in one.ports), part)
        return self._supervisor.pid_of(holder) if self._supervisor else None

    async def start(self) -> None:
        """Return when everything is ready; or nothing is left running and it raises.

        Raises:
            SettingsRejected: a variable holds what it must not.
            FolderOwned, FolderUnusable, FolderOnNetwork, PortTaken, KeysUnusable, PartFailed,
            LocalAwsError: each says what to do.
        """
        check(self._environ)
        for sentence in unknown(self._settings.environ):
            self._say(sentence)
        self.folder.claim(self.url)
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def wait(self) -> None:
        """Return after `stop`. Raises GaveUp when a part cannot be kept running."""
        if self._supervisor:
            await self._supervisor.wait()

    async def stop(self) -> None:
        """End every part in order, within ten seconds, and let go of the folder; idempotent."""
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        if self._supervisor:
            await self._supervisor.stop()
        if self._settings.pointer and self._found:
            point_no_more(self._settings.pointer, self.folder)
        self._found = False
        self.folder.release()

    async def _start(self) -> None:
        if not is_free(self._settings.host, self._port):
            raise PortTaken(self._port, who_has(self._port))
        if self.local_aws:
            await asyncio.to_thread(self.local_aws.install, self._say)
        began = asyncio.get_running_loop().time()
        settings = settings_of("ingest", self._environ)
        assert isinstance(settings, IngestSettings)  # noqa: S101 - for the type checker
        self.token = await first_token(self.folder, settings, say=self._say)
        await self._start_parts(embedded_bus=settings.nats is None)
        self.started_in = asyncio.get_running_loop().time() - began
        self._be_found()

    async def _start_parts(self, *, embedded_bus: bool) -> None:
        composition = Composition(
            self.folder, self._environ, local_aws=self.local_aws, on_ill=self._say
        )
        names = self._services()
        ports = dict(zip(names, next_free(self._port + 1, len(names)), strict=True))
        self.services = composition.services(ports, together=self._settings.together)
        stages = (
            composition.first(embedded_bus=embedded_bus),
            self.services,
            (composition.door(ports, self._address()),),
        )
        await self._keep_logs({part.name: part.log for part in self.services})
        self._supervisor = Supervisor(
            stages,
            say=self._say,
            patience=self._settings.patience,
            on_restarted=self._on_restarted,
        )
        await self._supervisor.start()
        if embedded_bus:
            self._chore(self._keep_the_bus_writing(self._supervisor))
        await self._record_cloud()

    def _services(self) -> list[str]:
        """All of them; without its pages there is no dashboard, and everything else goes on."""
        if export.is_there():
            return list(KINDS)
        self._say(str(export.ExportMissing()))
        return [name for name in KINDS if name != "dashboard"]

    async def _keep_logs(self, logs: Mapping[str, Path]) -> None:
        await asyncio.to_thread(rotate_all, list(logs.values()))
        self._chore(keep_house(self.folder.path, list(logs.values()), say=self._say))
        if self._settings.show_logs:
            self._chore(show_logs(logs, say=self._say))

    async def _keep_the_bus_writing(self, supervisor: Supervisor) -> None:
        await revive(self.folder.bus_log, lambda: supervisor.restart("bus"), say=self._say)

    def _address(self) -> Address:
        return Address(self._settings.host, self._port, self._settings.domain)

    def _wanted_aws(self) -> LocalAws | None:
        wanted = self._settings.local_aws
        if wanted is None:
            return None
        return LocalAws(
            self.folder.path / "local-aws",
            installation=wanted.installation,
            step_seconds=wanted.step_seconds,
        )

    def _be_found(self) -> None:
        self.folder.write_url(self.url)
        if self._settings.pointer:
            point_to(self._settings.pointer, self.folder)
        self._found = True

    async def _on_restarted(self, part: str) -> None:
        """A local AWS that started again is another one: the builder and the history hear of it."""
        if part == LocalAwsPart.name and self._supervisor:
            await self._supervisor.restart("builder")
            self._chore(self._record_cloud_until_heard())

    async def _record_cloud_until_heard(self) -> None:
        while True:
            try:
                return await self._record_cloud()
            except CliError as not_now:
                self._say(f"{not_now} Trying again to say that the local AWS is a new one.")
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _record_cloud(self) -> None:
        if self.local_aws:
            way = transport_to(self.url, self.folder.path)
            source = str(self.token_file)
            async with Api(self.url, self.token, token_from=source, transport=way) as api:
                await api.record_cloud_reset(self.local_aws.instance)

    def _chore(self, chore: Coroutine[None, None, None]) -> None:
        self._chores.append(asyncio.create_task(chore))

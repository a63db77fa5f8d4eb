"""What one Trellis on this machine is made of: which parts there are, and what each is told."""

import sys
from collections.abc import Mapping, Sequence
from typing import Final

from cli import together as one_process
from cli.data_folder import DataFolder
from cli.front_door import Address, Door, FrontDoor
from cli.local_aws import LocalAws
from cli.parts import LocalAwsPart, ProgramPart, ServicePart
from cli.service_settings import environment_of, module_of
from cli.supervisor import Part, Say
from services.chassis.bus_server import BusServer
from trellis_contracts.routes import ROUTES

_LOOPBACK: Final = "127.0.0.1"
"""Where services listen, whatever the front door does."""

_ASKED_BY_THE_DASHBOARD: Final = ("ingest", "projections", "logs")


class Composition:
    """Makes the parts; starts none of them."""

    def __init__(
        self,
        folder: DataFolder,
        environ: Mapping[str, str],
        *,
        local_aws: LocalAws | None,
        on_ill: Say,
    ) -> None:
        """Takes where everything lies and the variables of which each service gets its own.

        `on_ill` hears of a service that is up but ill.
        """
        self._folder, self._environ = folder, environ
        self._local_aws, self._on_ill = local_aws, on_ill
        self._ports: Mapping[str, int] = {}

    def first(self, *, embedded_bus: bool) -> Sequence[Part]:
        """Give what services find when they start."""
        first: list[Part] = []
        if embedded_bus:
            bus = BusServer(self._folder.path)
            first.append(ProgramPart("bus", bus, self._folder.bus_log))
        if self._local_aws:
            first.append(LocalAwsPart(self._local_aws))
        return first

    def services(self, ports: Mapping[str, int], *, together: bool) -> tuple[ServicePart, ...]:
        """Give the services on their ports; `together`: the light ones as one part."""
        self._ports = ports
        shared = {name: ports[name] for name in one_process.LIGHT} if together else {}
        parts = []
        if shared:
            parts.append(self._service(one_process.NAME, one_process.argv(shared), shared))
        for name, port in ports.items():
            if name not in shared:
                argv = [sys.executable, "-P", "-m", module_of(name)]
                parts.append(self._service(name, argv, {name: port}))
        return tuple(parts)

    def door(self, ports: Mapping[str, int], address: Address) -> Part:
        """Give the front door of these services."""
        upstreams = {name: f"{_LOOPBACK}:{upstream}" for name, upstream in ports.items()}
        identity = upstreams["ingest"]
        door = Door(routes=ROUTES, upstreams=upstreams, identity=identity, address=address)
        log = self._folder.path / "door" / "caddy.log"
        return ProgramPart("door", FrontDoor(self._folder.path, door), log)

    def _service(self, name: str, argv: Sequence[str], ports: Mapping[str, int]) -> ServicePart:
        return ServicePart(
            name,
            argv,
            self._folder.log(name),
            ports,
            environment=lambda: self._told(ports),
            on_ill=self._on_ill,
        )

    def _told(self, ports: Mapping[str, int]) -> dict[str, str]:
        told: dict[str, str] = {}
        for service, port in ports.items():
            told |= environment_of(service, self._environ) | {"TRELLIS_PORT": str(port)}
        if "builder" in ports and self._local_aws:
            told["TRELLIS_AWS_ENDPOINT"] = self._local_aws.endpoint
            told["TRELLIS_AWS_INSTANCE"] = self._local_aws.instance
        if "dashboard" in ports:
            for asked in _ASKED_BY_THE_DASHBOARD:
                told[f"TRELLIS_{asked.upper()}_URL"] = f"http://{_LOOPBACK}:{self._ports[asked]}"
        return told

"""The one door before all services: Caddy, configured from the one table of routes.

One port and one origin; nobody reaches a guarded route without an identity that ingest made; TLS
by itself when a domain is given. docs/decisions/0008 has why, and the traps that this file minds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.own_authority import until_vouched, vouches_for
from services.chassis.children import Child, ChildFailed, is_free, program, start_child
from services.chassis.serving import PortTaken
from trellis_contracts.routes import Route

IDENTITY_HEADER = "X-Trellis-Identity"
LARGEST_BODY = "25MiB"  # GitHub sends no larger webhook

_LIMITS = """servers {
  max_header_size 64KB
  timeouts {
    read_header 10s
    read_body 12s
  }
}"""
"""Who sends more slowly only holds a connection; GitHub waits ten seconds for an answer."""


HTTPS_PORT = 443


@dataclass(frozen=True)
class Address:
    """Where the door is: on `host` and `port` in the clear, or with TLS under a `domain`.

    A domain is served on every interface, and gets a certificate by itself: from a public
    authority, or for a name that ends in `localhost` from one of Caddy's own. With port 443, port
    80 leads there.
    """

    host: str = "127.0.0.1"
    port: int = 8600
    domain: str | None = None

    @property
    def origin(self) -> str:
        """What a browser and the command line are told to go to."""
        if self.domain is None:
            return f"http://{self.host}:{self.port}"
        return f"https://{self.domain}{'' if self.port == HTTPS_PORT else f':{self.port}'}"


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where the door is and what lies behind it.

    `upstreams` has `host:port` by service; a route whose service is not there leads nowhere.
    """

    routes: Iterable[Route]
    upstreams: Mapping[str, str]
    identity: str
    """`host:port` of the service that answers `/identity`."""
    address: Address = Address()


class FrontDoor:
    """A supervised Caddy of one data folder; it writes nothing outside of it."""

    def __init__(self, data: Path, door: Door) -> None:
        """Takes the data folder; the door's own lies in `door/` of it."""
        self._data, self._folder = data, data / "door"
        self._door = door
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """Caddy's process id, while the door is open."""
        return self._child.pid if self._child else None

    async def start(self) -> str:
        """Opens the door and returns its origin once it answers.

        Raises:
            PortTaken: another program has the port.
            ChildFailed: Caddy did not start, with its last words.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        address = self._door.address
        if not is_free(address.host, address.port):
            raise PortTaken(address.host, address.port)
        configuration = self._folder / "Caddyfile"
        configuration.write_text(caddyfile(self._door))
        log = self._folder / "caddy.log"
        log.unlink(missing_ok=True)
        home = str(self._folder)
        self._child = await start_child(
            [program("caddy"), "run", "--config", str(configuration), "--adapter", "caddyfile"],
            log=log,
            environment={"HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home},
        )
        await self._child.until_listening(address.host, address.port)
        if address.domain and vouches_for(address.domain):
            await self._until_vouched(address.domain)
        return address.origin

    async def _until_vouched(self, domain: str) -> None:
        """A public authority may take minutes, and is not waited for."""
        try:
            await until_vouched(self._data, domain, port=self._door.address.port)
        except TimeoutError:
            await self.stop()
            raise ChildFailed("caddy", f"it shows no certificate for {domain}") from None

    async def wait(self) -> int:
        """The exit code, once Caddy ended."""
        return await self._child.wait() if self._child else 0

    async def stop(self) -> None:
        """Closes the door in order."""
        if self._child:
            await self._child.stop()
            self._child = None


def caddyfile(door: Door) -> str:
    """Caddy's configuration for the door; the same table always gives the same text.

    The longest prefix wins; a route whose service is not there leads nowhere. Everything lies in
    one `route`, in which order is as written: outside of it Caddy would drop the identity after it
    was made.
    """
    question = _question(door.identity)
    led = [route for route in door.routes if route.service in door.upstreams]
    longest_first = sorted(led, key=lambda route: (-len(route.prefix), route.prefix))
    handled = [
        _handle(
            f"handle {route.prefix}*",
            door.upstreams[route.service],
            question if route.guarded else None,
        )
        for route in longest_first
    ]
    handled.append("handle {\n  respond 404\n}")
    body = "\n".join(
        [
            f"request_body {{\n  max_size {LARGEST_BODY}\n}}",
            "route {",
            _indented(f"request_header -{IDENTITY_HEADER}"),
            *(_indented(block) for block in handled),
            "}",
        ]
    )
    address = door.address
    return f"{_options(address)}\n{_site(address)} {{\n{_indented(_bind(address) + body)}\n}}\n"


def _options(address: Address) -> str:
    lines = ["admin off", "persist_config off", "log {", "  level ERROR", "}"]
    if address.domain is None:
        lines.insert(1, "auto_https off")
    else:
        lines.insert(1, "skip_install_trust")
        if address.port != HTTPS_PORT:
            lines.insert(1, "auto_https disable_redirects")
    return "{\n" + _indented("\n".join([*lines, _LIMITS])) + "\n}"


def _site(address: Address) -> str:
    """Name no host without a domain: Caddy answers any other one with an empty 200."""
    return address.origin if address.domain else f"http://:{address.port}"


def _bind(address: Address) -> str:
    return "" if address.domain else f"bind {address.host}\n"


def _handle(matching: str, upstream: str, question: str | None) -> str:
    inside = "\n".join([*([question] if question else []), f"reverse_proxy {upstream}"])
    return f"{matching} {{\n{_indented(inside)}\n}}"


def _question(identity: str) -> str:
    """Asks who it is. Without the two removals it would arrive as a websocket, and be refused."""
    removals = "header_up -Connection\nheader_up -Upgrade"
    asked = f"uri /identity\n{removals}\ncopy_headers {IDENTITY_HEADER}"
    return f"forward_auth {identity} {{\n{_indented(asked)}\n}}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else line for line in text.splitlines())

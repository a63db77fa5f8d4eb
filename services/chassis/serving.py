"""How a service runs: its HTTP surface and its bus on one event loop, until it is told to end.

PortTaken             another program listens where this one was told to
ServiceDidNotStart    its lifespan raised
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn
from sse_starlette.sse import AppStatus
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from services.chassis.logging import get_logger
from services.chassis.settings import ChassisSettings

_DRAIN_SECONDS = 10
_COMPLETE, _FAILED = "lifespan.startup.complete", "lifespan.startup.failed"


class PortTaken(Exception):
    """Another program listens where this one was told to."""

    def __init__(self, host: str, port: int) -> None:
        """Takes where."""
        self.host, self.port = host, port
        super().__init__(f"{host}:{port} is taken. End what listens there, or choose another port.")


class ServiceDidNotStart(Exception):
    """The app's lifespan raised before the service had started; what, is this one's cause."""


async def serve(app: ASGIApp, settings: ChassisSettings) -> None:
    """Serves the app on `host` and `port` of the settings until SIGTERM or SIGINT.

    The app's lifespan starts and stops its bus; a lifespan that fails fails this. Requests under
    way get ten seconds to end. Several may run at once in one process: the signal ends them all.

    Raises:
        PortTaken: before the lifespan has started anything.
        ServiceDidNotStart: from what the lifespan raised, which is not logged here.
    """
    with _listening(settings.host, settings.port) as listener:
        started = _Started(app)
        server = _Server(
            uvicorn.Config(
                started,
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                lifespan="on",
                timeout_graceful_shutdown=_DRAIN_SECONDS,
            )
        )
        with _ended_by_signals(server):
            get_logger().info("serving", host=settings.host, port=listener.getsockname()[1])
            await _serve_until_told(server, listener, started)


async def _serve_until_told(server: "_Server", listener: socket.socket, app: "_Started") -> None:
    try:
        await server.serve(sockets=[listener])
    except SystemExit as refused:  # uvicorn's answer to a lifespan that raised
        cause = app.refusal or refused
        raise ServiceDidNotStart(f"The service did not start: {cause}") from cause


class _Started:
    """The app, whose lifespan's refusal to start is kept: uvicorn would only log it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._has_started = False
        self.refusal: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def pass_on(message: Message) -> None:
            self._has_started |= message["type"] == _COMPLETE
            if message["type"] != _FAILED:
                await send(message)

        try:
            await self._app(scope, receive, pass_on)
        except Exception as error:
            if self._has_started:
                raise
            self.refusal = error
            await send({"type": _FAILED, "message": ""})


class _Server(uvicorn.Server):
    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # `_ended_by_signals` does, for all servers of the process at once


_running: set[_Server] = set()


@contextlib.contextmanager
def _ended_by_signals(server: _Server) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _end_all)
    _running.add(server)
    AppStatus.should_exit = False
    try:
        yield
    finally:
        _running.discard(server)
        if not _running:
            loop.remove_signal_handler(signal.SIGTERM)
            loop.remove_signal_handler(signal.SIGINT)
            AppStatus.should_exit = False


def _end_all() -> None:
    AppStatus.should_exit = True  # open event streams end, else each would be waited for
    for server in _running:
        server.should_exit = True


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, or asyncio leaves Nagle's algorithm on: each answer would wait 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as refused:
        listener.close()
        raise PortTaken(host, port) from refused
    return listener

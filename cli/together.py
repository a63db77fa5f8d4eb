"""Several services in one process, for a small machine: `python -m cli.together NAME=PORT …`.

They are the apps that run alone elsewhere, on one event loop, each on a port of its own. When one
of them ends, the process does: whoever keeps it starts all of them again.
"""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

from starlette.types import ASGIApp

from cli.service_settings import settings_of
from services.chassis.logging import bound, configure_logging
from services.chassis.running import ended_with_a_sentence
from services.chassis.serving import serve

NAME: Final = "services"
LIGHT: Final = ("orchestrator", "ingest", "projections", "logs")
"""The services that mostly wait; the builder stays alone, for what its steps do to a process."""


def argv(ports: Mapping[str, int]) -> list[str]:
    """Give the command that runs these services, each on its port of loopback."""
    named = [f"{name}={port}" for name, port in ports.items()]
    return [sys.executable, "-P", "-m", "cli.together", *named]


async def serve_all(ports: Mapping[str, int], environ: Mapping[str, str]) -> None:
    """Serve until the process is told to end, or until one of them cannot go on.

    Raises:
        SettingsRejected, PortTaken, ServiceDidNotStart: of the first that cannot serve.
    """
    try:
        async with asyncio.TaskGroup() as services:
            for name, port in ports.items():
                services.create_task(_serve(name, port, environ))
    except ExceptionGroup as several:
        raise several.exceptions[0] from None


async def _serve(name: str, port: int, environ: Mapping[str, str]) -> None:
    """Every line that it logs bears its own name, in whatever it starts from here."""
    settings = settings_of(name, environ).model_copy(update={"port": port})
    with bound(service=name):
        app: ASGIApp = import_module(f"services.{name}.app").create_app(settings)
        await serve(app, settings)


def main(arguments: Sequence[str]) -> None:
    """Serve what the arguments name; end with 1 and a sentence if one of it cannot be served."""
    ports = {name: int(port) for name, _, port in (one.partition("=") for one in arguments)}
    with ended_with_a_sentence():
        level = settings_of(next(iter(ports)), os.environ).log_level
        configure_logging(NAME, level)
        asyncio.run(serve_all(ports, os.environ))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Runs the builder as a process of its own: `python -m services.builder`."""

import asyncio

from services.builder.app import NAME, create_app
from services.builder.settings import BuilderSettings
from services.chassis.logging import configure_logging
from services.chassis.serving import serve
from services.chassis.settings import read_settings


def main() -> None:
    """Serve until the process is told to end."""
    settings = read_settings(BuilderSettings)
    configure_logging(NAME, settings.log_level)
    asyncio.run(serve(create_app(settings), settings))


if __name__ == "__main__":
    main()

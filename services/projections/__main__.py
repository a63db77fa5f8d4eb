"""Runs projections: `python -m services.projections`."""

import asyncio

from services.chassis.logging import configure_logging
from services.chassis.serving import serve
from services.chassis.settings import read_settings
from services.projections.app import NAME, create_app
from services.projections.settings import ProjectionsSettings


def main() -> None:
    """Serve until SIGTERM."""
    settings = read_settings(ProjectionsSettings)
    configure_logging(NAME, settings.log_level)
    asyncio.run(serve(create_app(settings), settings))


if __name__ == "__main__":
    main()

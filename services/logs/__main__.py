"""Runs logs: `python -m services.logs`."""

import asyncio

from services.chassis.logging import configure_logging
from services.chassis.serving import serve
from services.chassis.settings import read_settings
from services.logs.app import NAME, create_app
from services.logs.settings import LogsSettings


def main() -> None:
    """Serve until SIGTERM."""
    settings = read_settings(LogsSettings)
    configure_logging(NAME, settings.log_level)
    asyncio.run(serve(create_app(settings), settings))


if __name__ == "__main__":
    main()

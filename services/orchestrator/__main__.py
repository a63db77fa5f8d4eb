"""Runs the orchestrator as a process of its own: `python -m services.orchestrator`."""

import asyncio

from services.chassis.logging import configure_logging
from services.chassis.serving import serve
from services.chassis.settings import read_settings
from services.orchestrator.app import create_app
from services.orchestrator.settings import OrchestratorSettings


def main() -> None:
    """Serve until the process is told to end."""
    settings = read_settings(OrchestratorSettings)
    configure_logging("orchestrator", settings.log_level)
    asyncio.run(serve(create_app(settings), settings))


if __name__ == "__main__":
    main()

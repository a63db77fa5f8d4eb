"""Runs the orchestrator: `python -m services.orchestrator`."""

from services.chassis.running import run_service
from services.orchestrator.app import NAME, create_app
from services.orchestrator.settings import OrchestratorSettings

if __name__ == "__main__":
    run_service(NAME, OrchestratorSettings, create_app)

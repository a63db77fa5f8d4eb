"""Runs logs: `python -m services.logs`."""

from services.chassis.running import run_service
from services.logs.adapters.store import UnsupportedArchive
from services.logs.app import NAME, create_app
from services.logs.settings import LogsSettings

if __name__ == "__main__":
    run_service(NAME, LogsSettings, create_app, say_all=(UnsupportedArchive,))

"""`python -m dashboard` serves the pages."""

from dashboard.app import NAME, create_app
from dashboard.export import ExportMissing
from dashboard.settings import DashboardSettings
from services.chassis.running import run_service

if __name__ == "__main__":
    run_service(NAME, DashboardSettings, create_app, say_all=(ExportMissing,))

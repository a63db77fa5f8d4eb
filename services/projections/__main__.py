"""Runs projections: `python -m services.projections`."""

from services.chassis.running import run_service
from services.projections.adapters.views_file import UnsupportedViews
from services.projections.app import NAME, create_app
from services.projections.settings import ProjectionsSettings

if __name__ == "__main__":
    run_service(NAME, ProjectionsSettings, create_app, say_all=(UnsupportedViews,))

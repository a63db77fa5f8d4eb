"""Runs the builder: `python -m services.builder`."""

from services.builder.adapters.artifacts import ArtifactsRefused
from services.builder.app import NAME, create_app
from services.builder.settings import BuilderSettings
from services.chassis.running import run_service

if __name__ == "__main__":
    run_service(NAME, BuilderSettings, create_app, say_all=(ArtifactsRefused,))

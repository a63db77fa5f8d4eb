"""Finds the application in what was checked out."""

from services.builder.adapters.attempt import Attempt
from services.builder.adapters.frameworks.known import find_application
from services.builder.adapters.frameworks.port import Found
from services.builder.adapters.steps import cloud


async def find(attempt: Attempt) -> Found:
    """Find out where the application lies and how it is deployed, and say so.

    Raises:
        StepFailed: with FrameworkNotFound or SeveralApplicationsFound.
    """
    source, folder = attempt.folder.source, attempt.work.target.folder
    found = await cloud.settled(attempt, lambda: find_application(source, folder))
    where = f" in {found.folder}" if found.folder else ""
    await attempt.log.say(f"Found {found.name} ({found.file}){where}")
    return found

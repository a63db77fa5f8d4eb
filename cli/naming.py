"""Finds applications and environments by the names that people type, or says which there are."""

import difflib
from collections.abc import Iterable
from typing import ClassVar, Final
from uuid import UUID

from cli.client.answers import Place
from cli.client.errors import NotFound
from cli.client.reading import Reader
from cli.exits import CliError, Status
from trellis_contracts.views import ApplicationView, EnvironmentView

_WHOLE: Final = 40
_SHORTEST: Final = 7
"""Digits of a commit: all, and as many as Trellis prints."""


class UnknownName(CliError):
    """There is nothing of this name; the remedy lists what there is."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = list(known)
        meant = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {meant[0]}?" if meant else ""
        super().__init__(f"There is no {kind} {name}.{hint}")
        if names:
            self.remedy = f"Known: {', '.join(names)}."
        else:
            self.remedy = "There is none yet: trellis apps create NAME --repository URL."


class CommitUnclear(CliError):
    """Trellis knows no commit, or several, that begin so."""

    status: ClassVar[Status] = Status.USAGE

    def __init__(self, commit: str) -> None:
        super().__init__(f"{commit} is the beginning of no one commit that Trellis knows.")
        self.remedy = f"Name it by all its 40 digits: git rev-parse {commit}"


async def find_application(api: Reader, name: str) -> ApplicationView:
    """Give the application of this name or id. Raises UnknownName."""
    applications = await api.applications()
    for application in applications:
        if name in (application.name, str(application.application_id)):
            return application
    raise UnknownName("application", name, (known.name for known in applications))


async def find_environment(
    api: Reader, application: str, environment: str
) -> tuple[ApplicationView, EnvironmentView]:
    """Give an environment with its application. Raises UnknownName."""
    found = await find_application(api, application)
    return found, environment_of(found, environment)


async def find_past_application(api: Reader, name: str) -> ApplicationView:
    """Give the application of this name or id, even one that was deleted. Raises UnknownName."""
    try:
        return await find_application(api, name)
    except UnknownName as unknown:
        try:
            return await api.application(name)
        except NotFound:
            raise unknown from None


async def find_past_environment(
    api: Reader, application: str, environment: str
) -> tuple[ApplicationView, EnvironmentView]:
    """Give an environment, even one that was removed or whose application was deleted.

    What is there goes before what is gone. Raises UnknownName.
    """
    found = await find_past_application(api, application)
    known = (*found.environments, *reversed(found.removed))
    return found, environment_of(found.model_copy(update={"environments": known}), environment)


def environment_of(application: ApplicationView, name: str) -> EnvironmentView:
    """Give an application's environment by its name or id. Raises UnknownName."""
    for environment in application.environments:
        if name in (environment.name, str(environment.environment_id)):
            return environment
    known = (environment.name for environment in application.environments)
    raise UnknownName(f"environment of {application.name} called", name, known)


def environment_name(application: ApplicationView, environment_id: UUID) -> str:
    """Give the name of one of an application's environments."""
    names = {known.environment_id: known.name for known in application.environments}
    return names.get(environment_id, str(environment_id))


def place_of(application: ApplicationView, environment: EnvironmentView) -> Place:
    """Give an environment's address in the API."""
    return Place(application.application_id, environment.environment_id)


def whole_commit(application: ApplicationView, commit: str) -> str:
    """Give the commit that begins so: where a branch stands, or what some environment runs.

    Raises CommitUnclear.
    """
    if len(commit) == _WHOLE:
        return commit
    known = {*application.heads.values(), *(one.commit for one in application.pull_requests)}
    known |= {one.release.commit for one in application.environments if one.release}
    found = [one for one in known if one.startswith(commit)] if len(commit) >= _SHORTEST else []
    if len(found) != 1:
        raise CommitUnclear(commit)
    return found[0]

"""How an application is set, as it is shown."""

from dataclasses import dataclass, replace

from dashboard.shown.board import lasting
from dashboard.shown.pulls import how_followed
from dashboard.shown.question import Choice
from dashboard.shown.words import settings_of
from trellis_contracts.views import ApplicationView


@dataclass(frozen=True)
class Step:
    """An environment in the order of promotion; the first cannot go up, the last not down."""

    name: str = ""
    id: str = ""
    said: str = ""
    href: str = ""
    first: bool = False
    last: bool = False


@dataclass(frozen=True)
class Source:
    """Where the application comes from."""

    repository: str = ""
    folder: str = ""
    watches: str = ""
    key: str = ""
    """Another one when something of it is: the form is drawn anew."""


@dataclass(frozen=True)
class Following:
    """How pull requests get environments; `said` is empty when they get none."""

    said: str = ""
    template: str = ""
    days: str = ""
    at_once: str = ""
    key: str = ""


@dataclass(frozen=True)
class ApplicationShown:
    """The settings of one application; `there` is False until they are read."""

    there: bool = False
    name: str = ""
    source: Source = Source()
    line: tuple[Step, ...] = ()
    places: tuple[Choice, ...] = ()
    """Behind which environment a new one may come."""
    templates: tuple[Choice, ...] = ()
    following: Following = Following()
    leaving: bool = False


def application_settings(application: ApplicationView) -> ApplicationShown:
    """Give an application's settings as they are shown."""
    line = lasting(application)
    return ApplicationShown(
        there=True,
        name=application.name,
        source=_source(application),
        line=_line(application),
        places=tuple(Choice(str(one.environment_id), one.name) for one in line),
        templates=tuple(
            Choice(str(one.environment_id), one.name) for one in line if not one.production
        ),
        following=_following(application),
        leaving=application.deletion is not None,
    )


def _line(application: ApplicationView) -> tuple[Step, ...]:
    line = lasting(application)
    return tuple(
        Step(
            name=one.name,
            id=str(one.environment_id),
            said="production" if one.production else "",
            href=settings_of(application.name, one.name),
            first=one is line[0],
            last=one is line[-1],
        )
        for one in line
    )


def _source(application: ApplicationView) -> Source:
    shown = Source(application.repository, application.folder, "\n".join(application.watches))
    return replace(shown, key=str(shown))


def _following(application: ApplicationView) -> Following:
    rule = application.following
    if rule is None:
        return Following(template=_first_template(application), days="14", at_once="10")
    shown = Following(
        how_followed(application), str(rule.template), str(rule.days), str(rule.at_once)
    )
    return replace(shown, key=str(shown))


def _first_template(application: ApplicationView) -> str:
    found = (one for one in lasting(application) if not one.production)
    return next((str(one.environment_id) for one in found), "")

"""What a card of the board holds: text, and what can be pressed."""

from dataclasses import dataclass

from dashboard.shown.words import BUSY, QUIET


@dataclass(frozen=True)
class Running:
    """What happens to an environment at this moment; `there` is False when nothing does."""

    there: bool = False
    title: str = ""
    what: str = ""
    why: str = ""
    step: str = ""
    percent: int = 0
    known: bool = False
    """Whether `percent` means something: how far a stack is."""
    state: str = ""
    colour: str = BUSY
    href: str = ""
    number: int = 0
    cancelling: bool = False


@dataclass(frozen=True)
class Live:
    """What an environment runs; `there` is False when it runs nothing."""

    there: bool = False
    commit: str = ""
    commit_url: str = ""
    message: str = ""
    by: str = ""
    since: str = ""
    branch: str = ""
    number: int = 0
    href: str = ""
    address: str = ""
    gone: bool = False


@dataclass(frozen=True)
class Past:
    """A deployment in an environment's short history."""

    number: int = 0
    kind: str = ""
    what: str = ""
    state: str = ""
    colour: str = QUIET
    when: str = ""
    href: str = ""


@dataclass(frozen=True)
class Card:
    """One environment on the board."""

    name: str = ""
    production: bool = False
    source: str = ""
    live: Live = Live()
    running: Running = Running()
    waiting: tuple[str, ...] = ()
    trouble: str = ""
    trouble_href: str = ""
    promote_to: str = ""
    can_promote: bool = False
    can_roll_back: bool = False
    history: tuple[Past, ...] = ()
    settings_href: str = ""
    needs_credentials: bool = False


@dataclass(frozen=True)
class Head:
    """The application itself."""

    name: str = ""
    repository: str = ""
    repository_url: str = ""
    webhook_missing: bool = False
    unobservable: str = ""

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
    not_passed: str = ""
    """That its command after the deploy has not passed, and what follows; empty: it has."""


@dataclass(frozen=True)
class Waiting:
    """A deployment that waits, and for what."""

    title: str = ""
    what: str = ""
    href: str = ""
    number: int = 0
    gates: tuple[str, ...] = ()
    needs_approval: bool = False
    approved_by: str = ""
    frozen: bool = False


@dataclass(frozen=True)
class Skipped:
    """A push that was not deployed."""

    commit: str = ""
    branch: str = ""
    reason: str = ""
    when: str = ""


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
    waiting: tuple[Waiting, ...] = ()
    hold: str = ""
    """Since which rollback no push deploys, and what is barred; empty: pushes deploy."""
    skipped: tuple[Skipped, ...] = ()
    why: tuple[str, ...] = ()
    """Why it runs what it runs, and what keeps other commits away, in sentences."""
    pull_request: int = 0
    """Of the pull request that it is for; 0: of none."""
    being_removed: bool = False
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
    settings_href: str = ""
    webhook_missing: bool = False
    unobservable: str = ""
    leaving: str = ""
    """That it is being deleted, since when and for whom; empty: it is not."""
    left: tuple[str, ...] = ()
    """What could not be torn down for its deletion, and why."""


@dataclass(frozen=True)
class Without:
    """An open pull request that has no environment."""

    number: int = 0
    branch: str = ""
    commit: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Pulls:
    """Pull requests: those that have an environment are cards, of the others it is said why."""

    there: bool = False
    rule: str = ""
    cards: tuple[Card, ...] = ()
    without: tuple[Without, ...] = ()

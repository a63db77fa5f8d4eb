"""How an environment is set, as it is shown."""

from dataclasses import dataclass, replace

from trellis_contracts.views import EnvironmentView
from trellis_contracts.windows import window


@dataclass(frozen=True)
class Named:
    """A variable with its value, or a secret with its version."""

    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class Deploying:
    """What deploys it, and where to."""

    branch: str = ""
    automatic: bool = False
    region: str = ""
    stack_name: str = ""
    key: str = ""
    """Another one when something of it is: the form is drawn anew."""


@dataclass(frozen=True)
class Builds:
    """What a run does besides the deploy, and what it may take."""

    tests: bool = False
    test_command: str = ""
    before_deploy: str = ""
    after_deploy: str = ""
    size: str = ""
    run_minutes: str = ""
    silence_minutes: str = ""
    key: str = ""


@dataclass(frozen=True)
class Rules:
    """What its deployments wait for."""

    approvals: str = ""
    approvers: str = ""
    own: bool = False
    approval_hours: str = ""
    windows: str = ""
    checks: str = ""
    check_minutes: str = ""
    queue: str = ""
    key: str = ""


@dataclass(frozen=True)
class Settings:
    """The settings of the environment `name`; it has none until they are read."""

    name: str = ""
    deploying: Deploying = Deploying()
    builds: Builds = Builds()
    rules: Rules = Rules()
    production: bool = False
    stage: str = ""
    pull_request: int = 0
    credentials: str = ""
    variables: tuple[Named, ...] = ()
    secrets: tuple[Named, ...] = ()


def settings(environment: EnvironmentView) -> Settings:
    """Give an environment's settings as they are shown."""
    version = environment.credentials_version
    return Settings(
        name=environment.name,
        deploying=_deploying(environment),
        builds=_builds(environment),
        rules=_rules(environment),
        production=environment.production,
        stage=environment.stage,
        pull_request=environment.pull_request or 0,
        credentials=f"set (version {version})" if version else "",
        variables=tuple(
            Named(name, value) for name, value in sorted(environment.variables.items())
        ),
        secrets=tuple(
            Named(name, f"version {number}") for name, number in sorted(environment.secrets.items())
        ),
    )


def _deploying(environment: EnvironmentView) -> Deploying:
    now = environment.settings
    shown = Deploying(now.branch or "", now.automatic, now.region, now.stack_name or "")
    return replace(shown, key=str(shown))


def _builds(environment: EnvironmentView) -> Builds:
    now = environment.settings
    shown = Builds(
        tests=now.tests,
        test_command=now.test_command or "",
        before_deploy=now.before_deploy or "",
        after_deploy=now.after_deploy or "",
        size=now.size.value,
        run_minutes=_number(now.run_minutes),
        silence_minutes=_number(now.silence_minutes),
    )
    return replace(shown, key=str(shown))


def _rules(environment: EnvironmentView) -> Rules:
    now = environment.settings
    approvals, checks = now.approvals, now.checks
    shown = Rules(
        approvals=_number(approvals.needed if approvals else None),
        approvers=", ".join(approvals.people) if approvals else "",
        own=bool(approvals and approvals.own),
        approval_hours=_number(approvals.hours if approvals else None),
        windows="\n".join(map(window, now.windows)),
        checks="\n".join(checks.names) if checks else "",
        check_minutes=_number(checks.minutes if checks else None),
        queue=now.queue.value,
    )
    return replace(shown, key=str(shown))


def _number(value: int | None) -> str:
    return "" if value is None else str(value)

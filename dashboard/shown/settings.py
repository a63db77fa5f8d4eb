"""How an environment is set, as it is shown."""

from dataclasses import dataclass

from trellis_contracts.views import EnvironmentView


@dataclass(frozen=True)
class Named:
    """A variable with its value, or a secret with its version."""

    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class Settings:
    """The settings of one environment; `there` is False until they are read."""

    there: bool = False
    branch: str = ""
    automatic: bool = False
    tests: bool = False
    test_command: str = ""
    region: str = ""
    stack_name: str = ""
    production: bool = False
    stage: str = ""
    credentials: str = ""
    variables: tuple[Named, ...] = ()
    secrets: tuple[Named, ...] = ()


def settings(environment: EnvironmentView) -> Settings:
    """Give an environment's settings as they are shown."""
    now, version = environment.settings, environment.credentials_version
    return Settings(
        there=True,
        branch=now.branch or "",
        automatic=now.automatic,
        tests=now.tests,
        test_command=now.test_command or "",
        region=now.region,
        stack_name=now.stack_name or "",
        production=environment.production,
        stage=environment.stage,
        credentials=f"set (version {version})" if version else "",
        variables=tuple(
            Named(name, value) for name, value in sorted(environment.variables.items())
        ),
        secrets=tuple(
            Named(name, f"version {number}") for name, number in sorted(environment.secrets.items())
        ),
    )

"""The command line of Trellis: every command by its name, and how errors are told."""

import asyncio
import sys
from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from cli.commands import (
    applications,
    continuing,
    deployments,
    environments,
    gates,
    lifecycles,
    promotions,
    pull_requests,
    reading,
    rules,
    running,
    tokens,
    values,
)
from cli.exits import CliError, Status
from cli.local_aws_installation import LocalAwsError
from cli.output import Output
from services.chassis.secrets.port import SecretsError
from services.chassis.settings import SettingsRejected

_SAID = (LocalAwsError, SecretsError, SettingsRejected)
"""Errors from elsewhere whose sentence says all."""

app = typer.Typer(
    name="trellis",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="A push becomes a running application: development, staging, production.",
    epilog="Begin with: trellis demo, or trellis up and trellis apps create.",
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        sys.stdout.write(f"trellis {installed_version('trellis')}\n")
        raise typer.Exit


@app.callback()
def _trellis(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say which it is."),
    ] = False,
) -> None:
    """A push becomes a running application: development, staging, production."""


_COMMANDS = {
    "Start": (running.up, running.demo, running.run),
    "See": (
        reading.status,
        reading.history,
        reading.show,
        reading.why,
        rules.simulate,
        reading.logs,
        reading.health,
        reading.builders,
    ),
    "Change what runs": (
        deployments.deploy,
        deployments.redeploy,
        promotions.promote,
        promotions.rollback,
        deployments.teardown,
        deployments.cancel,
        gates.approve,
        gates.override,
        gates.resume,
    ),
}
app.command("open", rich_help_panel="Start")(running.open_page)
app.command("continue", rich_help_panel="Change what runs")(continuing.continue_rollback)
applications.app.command(
    epilog="Example: trellis apps rules shop production --approvals 2 --not-own"
)(rules.rules)
applications.app.command(epilog="Example: trellis apps watch shop services/shop packages")(
    rules.watch
)
applications.app.command(epilog="Example: trellis apps pulls shop --template development")(
    pull_requests.pulls
)
applications.app.command("try", epilog="Example: trellis apps try shop 42 --commit 4c1d9f2 --wait")(
    pull_requests.try_it
)
for _panel, _commands in _COMMANDS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)
for _change, _example in lifecycles.EXAMPLES.items():
    applications.app.command(epilog=f"Example: {_example}")(_change)
for _name, _group in {
    "apps": applications.app,
    "environments": environments.app,
    "variables": values.variables,
    "secrets": values.secrets,
    "credentials": values.credentials,
    "token": tokens.app,
}.items():
    app.add_typer(_group, name=_name, rich_help_panel="Set up")


def run(arguments: list[str] | None = None) -> None:
    """Do what the arguments say, and end with the status of `cli.exits`."""
    try:
        app(args=arguments)
    except asyncio.CancelledError:
        sys.exit(Status.INTERRUPTED)
    except CliError as error:
        Output().complain(error)
        sys.exit(error.status)
    except _SAID as error:
        Output().complain(error)
        sys.exit(Status.FAILED)


if __name__ == "__main__":
    run()

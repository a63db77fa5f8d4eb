"""`python -m services.ingest` serves; `python -m services.ingest token NAME` makes a token.

The second is for whoever has lost the last administrator's token: ingest must be down.
"""

import argparse
import asyncio
import sys

from services.chassis.bus.errors import BusError, BusUnavailable
from services.chassis.logging import configure_logging
from services.chassis.secrets.port import SecretsError
from services.chassis.serving import PortTaken, serve
from services.chassis.settings import SettingsRejected, read_settings
from services.ingest.adapters.directory import DirectoryInUse, DirectoryUnusable
from services.ingest.adapters.signing import SigningKeyMalformed
from services.ingest.adapters.tokens import NameTaken
from services.ingest.app import NAME, create_app, make_token
from services.ingest.settings import IngestSettings
from trellis_contracts.rights import Role

_SAID = (
    BusError, BusUnavailable, DirectoryInUse, DirectoryUnusable, NameTaken, PortTaken,
    SecretsError, SettingsRejected, SigningKeyMalformed,
)  # fmt: skip
"""Errors whose sentence says all: no traceback goes with them."""


def main() -> None:
    """Do what the arguments say; end with 1 and a sentence if it cannot be done."""
    arguments = _arguments()
    try:
        settings = read_settings(IngestSettings)
        configure_logging(NAME, settings.log_level)
        asyncio.run(_make_token(settings, arguments) if arguments.name else _serve(settings))
    except _SAID as error:
        sys.exit(str(error))


async def _serve(settings: IngestSettings) -> None:
    await serve(create_app(settings), settings)


async def _make_token(settings: IngestSettings, arguments: argparse.Namespace) -> None:
    actor = f"person:{arguments.name}"
    token = await make_token(settings, arguments.name, actor=actor, role=arguments.role)
    sys.stdout.write(token.get_secret_value() + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.ingest", description=__doc__)
    commands = parser.add_subparsers()
    parser.set_defaults(name=None)
    token = commands.add_parser("token", help="make a token and print it, while ingest is down")
    token.add_argument("name", metavar="NAME")
    token.add_argument("--role", type=Role, choices=tuple(Role), default=Role.ADMIN)
    return parser.parse_args()


if __name__ == "__main__":
    main()

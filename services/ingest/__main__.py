"""`python -m services.ingest` serves; `python -m services.ingest token NAME` makes a token.

The second is for whoever has lost the last administrator's token: ingest must be down.
"""

import argparse
import asyncio
import sys

from services.chassis.logging import configure_logging
from services.chassis.running import ended_with_a_sentence, run_service
from services.chassis.settings import read_settings
from services.ingest.adapters.directory import DirectoryInUse, DirectoryUnusable
from services.ingest.adapters.signing import SigningKeyMalformed
from services.ingest.adapters.tokens import NameTaken
from services.ingest.app import NAME, create_app, make_token
from services.ingest.settings import IngestSettings
from trellis_contracts.rights import Role

_SAY_ALL = (DirectoryInUse, DirectoryUnusable, NameTaken, SigningKeyMalformed)


def main() -> None:
    """Do what the arguments say; end with 1 and a sentence if it cannot be done."""
    arguments = _arguments()
    if arguments.name is None:
        run_service(NAME, IngestSettings, create_app, say_all=_SAY_ALL)
    else:
        with ended_with_a_sentence(*_SAY_ALL):
            settings = read_settings(IngestSettings)
            configure_logging(NAME, settings.log_level)
            asyncio.run(_make_token(settings, arguments))


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

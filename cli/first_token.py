"""Makes the keys and the first administrator's token, before ingest runs for the first time."""

import getpass
import re
import secrets

from cli.data_folder import DataFolder
from cli.exits import CliError
from cli.supervisor import Say
from services.chassis.secrets.port import SecretsError
from services.ingest.adapters.directory import DirectoryInUse, DirectoryUnusable
from services.ingest.adapters.signing import SigningKeyMalformed
from services.ingest.app import bootstrap, make_token
from services.ingest.settings import IngestSettings
from trellis_contracts.rights import Role


class KeysUnusable(CliError):
    """What opens the directory and the secrets is not what it must be."""


async def first_token(folder: DataFolder, settings: IngestSettings, *, say: Say) -> str:
    """Give the administrator's token of the data folder; keys are made at the first start.

    Whoever owns the folder may sign in: where the token's file is lost, another token is made.

    Raises:
        KeysUnusable: a key or the directory is damaged or missing; the sentence says which.
    """
    actor = f"person:{_me()}"
    try:
        made = await bootstrap(settings, actor=actor)
        if made is None and folder.token() is None:
            name = f"up-{secrets.token_hex(3)}"
            made = await make_token(settings, name, actor=actor, role=Role.ADMIN)
            say(f"{folder.token_file} was gone: made another administrator's token, {name}")
    except (SecretsError, SigningKeyMalformed, DirectoryInUse, DirectoryUnusable) as error:
        raise KeysUnusable(str(error)) from error
    if made is not None:
        folder.write_token(made.get_secret_value())
    return folder.token() or ""


def _me() -> str:
    try:
        return re.sub(r"[^A-Za-z0-9._@-]", "-", getpass.getuser())[:64] or "operator"
    except (KeyError, OSError):  # a user without a name
        return "operator"

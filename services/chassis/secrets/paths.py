"""Where each secret lies in the store: paths made of ids, which no name can lead out of."""

from typing import NewType
from uuid import UUID

from pydantic import TypeAdapter

from trellis_contracts.names import VariableName

SecretPath = NewType("SecretPath", str)

_NAME = TypeAdapter[str](VariableName)


def application_prefix(application_id: UUID) -> str:
    """Say where everything of an application begins, with the slash that ends its name."""
    return f"trellis/{application_id}/"


def environment_prefix(application_id: UUID, environment_id: UUID) -> str:
    """Say where everything of an environment begins: `prod/` is no prefix of `prod-x/…`."""
    return f"{application_prefix(application_id)}{environment_id}/"


def secret_path(application_id: UUID, environment_id: UUID, name: str) -> SecretPath:
    """Say where a secret of an environment lies.

    Raises:
        ValidationError: `name` is not a variable's name, so it could lead elsewhere.
    """
    prefix = environment_prefix(application_id, environment_id)
    return SecretPath(f"{prefix}secrets/{_NAME.validate_python(name)}")


def credentials_path(application_id: UUID, environment_id: UUID) -> SecretPath:
    """Say where an environment's AWS credentials lie."""
    return SecretPath(f"{environment_prefix(application_id, environment_id)}credentials")


def clone_token_path(application_id: UUID) -> SecretPath:
    """Say where the token lies that clones an application's repository."""
    return SecretPath(f"{application_prefix(application_id)}clone-token")

"""Makes the golden file of a message that has none yet: `python -m tests.support.golden`.

A golden file is what a message of one version looks like on the wire. It is written once, from
the values below, and never again: an old one shows that old messages can still be read.
"""

import json
import sys
import types
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from trellis_contracts import codec
from trellis_contracts.names import derived_id

FOLDER = Path(__file__).parents[1] / "contract" / "wire" / "golden"

_TEXTS = {
    "actor": "person:ana",
    "approver": "person:ben",
    "asked_by": "person:ana",
    "content": "cd" * 32,
    "opens": "0 18 * * fri",
    "paths": "services/api",
    "pattern": "release/*",
    "people": "person:ben",
    "timezone": "Europe/Rome",
    "account": "000000000001",
    "artifact": "ab" * 32,
    "after": "b" * 40,
    "adopts": "shop-legacy",
    "application": "shop",
    "before": "a" * 40,
    "body": "{}",
    "branch": "feature/basket",
    "commit": "c" * 40,
    "default_branch": "main",
    "environment": "development",
    "folder": "services/api",
    "hook": "hook_0123456789abcdef",
    "name": "development",
    "region": "eu-west-1",
    "renamed_to": "acme/store",
    "repository": "https://github.com/acme/shop",
    "repository_name": "acme/shop",
    "sha": "c" * 40,
    "since": "a" * 40,
    "until": "c" * 40,
    "skip": "Topic",
    "stack": "shop-development",
    "stack_name": "shop-development",
    "stage": "development",
    "type": "RunStarted",
}
_PUSHES = {
    "PushReceived", "BranchDeleted", "CheckCompleted", "PullRequestChanged", "RepositoryRenamed",
}  # fmt: skip
_SHOPS = {
    "ApplicationCreated", "ApplicationDeleted", "ApplicationRenamed", "CreateApplication",
    "RenameApplication",
}  # fmt: skip


def path_of(name: str, version: int) -> Path:
    """Say where the golden file of a message's version lies."""
    return FOLDER / f"{name}.v{version}.json"


def sample(cls: type[BaseModel]) -> dict[str, Any]:
    """Fill every field of a message with a value that reads like a real one."""
    return {name: _value(cls, name, field.annotation) for name, field in cls.model_fields.items()}


def _value(cls: type[BaseModel], name: str, wanted: Any) -> Any:  # noqa: ANN401, PLR0911 - one case a shape
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        return _value(cls, name, arguments[0])
    if origin is Literal:
        return arguments[0]
    if origin in (Union, types.UnionType):
        return _value(cls, name, arguments[0])
    if origin is tuple:
        return [_value(cls, name, arguments[0])]
    if origin is dict:
        return (
            {"release/1": "c" * 40}
            if name == "heads"
            else {"GREETING": _value(cls, name, arguments[1])}
        )
    if isinstance(wanted, type) and issubclass(wanted, BaseModel):
        return sample(wanted)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return next(iter(wanted)).value
    return _plain(cls, name, wanted)


def _plain(cls: type[BaseModel], name: str, wanted: Any) -> Any:  # noqa: ANN401 - a JSON value
    if wanted is UUID:
        return str(derived_id("golden", name))
    if wanted is datetime:
        return datetime(2026, 11, 25, 12, tzinfo=UTC).isoformat().replace("+00:00", "Z")
    if wanted in (int, float, bool):
        return wanted(1)
    if cls.__name__ in _PUSHES and name == "repository":
        return "acme/shop"
    if cls.__name__ in _SHOPS and name == "name":
        return "shop"
    return _TEXTS.get(name, f"the {name.replace('_', ' ')}")


def write_missing() -> list[Path]:
    """Write the golden file of every message's newest version that has none; give their paths."""
    written = []
    for name, cls in codec.registry().items():
        path = path_of(name, cls.schema_version)
        if not path.exists():
            message = cls.model_validate(sample(cls))
            body = json.loads(codec.encode(message))
            path.write_text(json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
            written.append(path)
    return written


if __name__ == "__main__":
    for made in write_missing():
        sys.stdout.write(f"{made.name}\n")

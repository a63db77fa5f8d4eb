"""AWS CDK in TypeScript or JavaScript: its CLI only synthesises here."""

import json
from pathlib import Path

from services.builder.adapters.frameworks.files import beginning

_FILE = "cdk.json"


class Cdk:
    """An application whose `cdk.json` says which program describes it."""

    name = "AWS CDK"
    way = "cdk"
    looked_for = (f"{_FILE} with an `app`",)
    names_stacks = True
    toolchain = "cdk"

    def detect(self, folder: Path) -> str | None:
        """Give `cdk.json` where it names an `app`."""
        try:
            content = json.loads(beginning(folder / _FILE))
        except ValueError:
            return None
        return _FILE if isinstance(content, dict) and content.get("app") else None

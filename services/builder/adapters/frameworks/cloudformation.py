"""CloudFormation and SAM templates: the framework that needs no tool of its own."""

import re
from pathlib import Path

from services.builder.adapters.frameworks.files import beginning

FILES = tuple(
    f"{name}.{ending}"
    for name in ("template", "cloudformation")
    for ending in ("yaml", "yml", "json")
)

_RESOURCES = re.compile(rb'(^|[\s{,])["\']?Resources["\']?\s*:')
_OF_AWS = re.compile(rb"\bAWS::[A-Z]")


class CloudFormation:
    """Templates as they lie in the repository; SAM's transform is expanded by AWS."""

    name = "CloudFormation or SAM"
    way = "template"
    looked_for = ("template.yaml, .yml or .json", "cloudformation.yaml, .yml or .json")
    names_stacks = False
    toolchain = None

    def detect(self, folder: Path) -> str | None:
        """Give the first of `FILES` that reads like a template of AWS resources."""
        return next((name for name in FILES if _is_template(beginning(folder / name))), None)


def _is_template(text: bytes) -> bool:
    return bool(_RESOURCES.search(text) and _OF_AWS.search(text))

"""Every framework that the builder knows, in the order in which it looks for them."""

from pathlib import Path

from services.builder.adapters.frameworks.cloudformation import CloudFormation
from services.builder.adapters.frameworks.port import Found, Framework, FrameworkUnknown

FRAMEWORKS: tuple[Framework, ...] = (CloudFormation(),)


def find_framework(source: Path, folder: str = "") -> Found:
    """Find out how the application in a folder of a hostile checkout is deployed.

    Raises:
        FrameworkUnknown: nothing says so, or the folder is not one of the checkout.
    """
    inside = source / folder
    if inside.is_dir() and inside.resolve().is_relative_to(source.resolve()):
        for framework in FRAMEWORKS:
            if file := framework.detect(inside):
                return Found(framework, file)
    looked_for = tuple(name for framework in FRAMEWORKS for name in framework.looked_for)
    raise FrameworkUnknown(looked_for, folder)

"""Every framework that the builder knows, and how the application in a checkout is found."""

import os
from collections.abc import Iterator
from pathlib import Path

from services.builder.adapters.frameworks.cdk import Cdk
from services.builder.adapters.frameworks.cloudformation import CloudFormation
from services.builder.adapters.frameworks.port import (
    Found,
    Framework,
    FrameworkUnknown,
    SeveralApplications,
)
from services.builder.adapters.frameworks.sst import Sst

FRAMEWORKS: tuple[Framework, ...] = (Sst(), Cdk(), CloudFormation())
"""In the order in which they are looked for: what makes templates comes before templates."""

DEEPEST = 4
MOST_FOLDERS = 5_000
_NEVER = {"node_modules", "dist", "build", "cdk.out", "test", "tests", "__tests__", "vendor"}


def find_application(source: Path, folder: str = "") -> Found:
    """Find the application in a hostile checkout, and how it is deployed.

    A folder that was named is looked into, and nowhere else. Without one it is the root, or else
    the one folder below it, up to four deep, that holds an application.

    Raises:
        FrameworkUnknown: nothing says how, or the folder is not one of the checkout.
        SeveralApplications: there are more than one, and none in the root.
    """
    if found := _in_folder(source, folder):
        return found
    below = [] if folder else list(_below(source))
    if len(below) > 1:
        raise SeveralApplications(tuple(one.folder for one in below))
    if below:
        return below[0]
    looked_for = tuple(name for framework in FRAMEWORKS for name in framework.looked_for)
    raise FrameworkUnknown(looked_for, folder)


def _in_folder(source: Path, folder: str) -> Found | None:
    inside = source / folder
    if not inside.is_dir() or not inside.resolve().is_relative_to(source.resolve()):
        return None
    for framework in FRAMEWORKS:
        if file := framework.detect(inside):
            return Found(framework, file, folder)
    return None


def _below(source: Path) -> Iterator[Found]:
    """Every application below the root; none is looked for inside of another."""
    waiting, looked = [""], 0
    while waiting and looked < MOST_FOLDERS:
        folder = waiting.pop(0)
        for name in _folders(source / folder):
            looked += 1
            inner = f"{folder}/{name}".lstrip("/")
            if found := _in_folder(source, inner):
                yield found
            elif inner.count("/") + 1 < DEEPEST:
                waiting.append(inner)


def _folders(folder: Path) -> list[str]:
    """The folders in a folder, by name; links, hidden ones and what is never a source are not."""
    with os.scandir(folder) as children:
        return sorted(
            child.name
            for child in children
            if child.is_dir(follow_symlinks=False)
            and not child.name.startswith(".")
            and child.name not in _NEVER
        )

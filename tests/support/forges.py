"""A git server and a sandbox with a `Git` that may read from it."""

from dataclasses import dataclass

from cli.git_server import GitServer
from services.builder.adapters.git.repositories import Git
from tests.support.sandboxes import Boxed

TOKEN = "ghs_a-clone-token-of-nobody"


@dataclass(frozen=True)
class Forge:
    """What most tests of git need together."""

    server: GitServer
    box: Boxed
    reader: Git

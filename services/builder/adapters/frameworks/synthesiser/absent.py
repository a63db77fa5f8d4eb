"""Answers in Docker's place while an application is synthesised: there is none, and what to do.

A client without its engine, as a machine may have one, says what is of no use to the author.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SAID = (
    "Error: this needs Docker, which no build has here: use NodejsFunction (esbuild bundles it), "
    "or let a script make the code before, for `lambda.Code.fromAsset`."
)


@contextmanager
def without_docker() -> Iterator[str]:
    """Give a folder, for the beginning of the PATH, whose `docker` says so and fails."""
    with tempfile.TemporaryDirectory(prefix="trellis-absent-") as folder:
        program = Path(folder) / "docker"
        program.write_text(f"#!/bin/sh\ncat >&2 <<'SAID'\n{SAID}\nSAID\nexit 1\n", encoding="utf-8")
        program.chmod(0o755)
        yield folder

"""The HTTP API under everything that its own description allows, and forbids (schemathesis)."""

import asyncio
import re
import sys
from pathlib import Path

from tests.rigs.door.house import House, house
from tests.rigs.saying import say

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
_TOLD = re.compile(r"(\d+) generated")


async def run(folder: Path, *, examples: int, seed: int) -> int:
    """Ask each operation `examples` times; 1 when an answer is none that is described."""
    async with house(folder) as running:
        await running.connect("acme/orders")
        return await _ask(running, folder / "schemathesis", examples=examples, seed=seed)


async def _ask(running: House, folder: Path, *, examples: int, seed: int) -> int:
    folder.mkdir()
    asking = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{running.up.url}/api/openapi.json",
        *("--header", f"Authorization: Bearer {running.up.token}"),
        *("--checks", ",".join(_CHECKS), "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", str(examples), "--seed", str(seed), "--continue-on-failure"),
        *("--no-color", "--suppress-health-check", "all"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await asking.communicate())[0].decode(errors="replace")
    if asking.returncode:
        say(said)
    found = _TOLD.search(said)
    say(f"api: {found[1] if found else 'no'} cases (seed {seed}), exit status {asking.returncode}")
    return 1 if asking.returncode or not found else 0

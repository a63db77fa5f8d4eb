"""`trellis up --domain`: the same options as people use, a real certificate, the real commands."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from cli.own_authority import transport_to, trusting, until_vouched, vouches_for
from cli.up import Up, UpSettings
from services.chassis.children import free_port

TRELLIS = Path(sys.executable).with_name("trellis")


async def test_the_commands_reach_a_door_that_only_this_machine_vouches_for(
    tmp_path: Path,
) -> None:
    environ = {"PATH": os.environ["PATH"], "TRELLIS_KEYS": str(tmp_path / "keys")}
    data = tmp_path / "data"
    up = Up(
        UpSettings(
            data=data, port=0, domain="localhost", together=True, environ=environ, pointer=None
        )
    )
    await up.start()
    try:
        asked = await asyncio.create_subprocess_exec(
            TRELLIS,
            "open",
            "--json",
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TRELLIS_DATA": str(data)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complained = await asked.communicate()
    finally:
        await up.stop()

    assert asked.returncode == 0, complained.decode()
    assert json.loads(said)["address"].startswith(f"{up.url}/sign-in?code=")
    assert up.url.startswith("https://localhost:")


@pytest.mark.parametrize(
    ("domain", "vouched"),
    [
        (None, False),
        ("localhost", True),
        ("trellis.localhost", True),
        ("notlocalhost", False),
        ("localhost.example.com", False),
    ],
)
def test_this_machine_vouches_for_its_own_names_alone(*, domain: str | None, vouched: bool) -> None:
    assert vouches_for(domain) is vouched


def test_no_other_server_is_believed_because_of_this_machines_authority(tmp_path: Path) -> None:
    for url in ("https://trellis.example.com", "http://localhost:8600", "https://localhost"):
        assert transport_to(url, tmp_path) is None
    assert transport_to("https://localhost", None) is None
    with pytest.raises(OSError, match="No such file"):
        trusting(tmp_path)


async def test_a_door_without_a_certificate_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        await until_vouched(tmp_path, "localhost", port=free_port(), timeout_seconds=0.2)

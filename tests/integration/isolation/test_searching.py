"""The search for deploy credentials finds them wherever a build could meet them."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from tests.support import canaries

PLANTED = "AKIACANARY0123456789"
PLACES = ["environment", "file", "metadata", "process"]


class Credentials(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PLANTED.encode())

    @override
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    """A metadata endpoint that gives the key away."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Credentials) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        serving.join()


@pytest.mark.parametrize("place", [*PLACES, "nowhere"])
def test_a_planted_key_is_found_where_it_is(tmp_path: Path, endpoint: str, place: str) -> None:
    (tmp_path / "search.cjs").write_text(canaries.SEARCH)
    (tmp_path / "below").mkdir()
    if place == "file":
        (tmp_path / "below" / "credentials").write_text(f"key = {PLANTED}\n")
    waiting = (sys.executable, "-c", "input()", PLANTED if place == "process" else "-")
    environment = {"KEY": PLANTED} if place == "environment" else {}
    request = canaries.request(
        {"key": PLANTED},
        folders=[str(tmp_path)],
        metadata=[endpoint] if place == "metadata" else [],
    )

    with subprocess.Popen(waiting, stdin=subprocess.PIPE) as holding:
        searched = subprocess.run(
            ("node", str(tmp_path / "search.cjs"), request),
            env={"PATH": os.environ["PATH"]} | environment,
            capture_output=True,
            check=True,
        )
        holding.communicate(b"\n")

    assert json.loads(searched.stdout)["key"] == [one for one in PLACES if one == place]

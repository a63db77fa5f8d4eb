import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from pydantic import SecretStr
from typing_extensions import override

from services.chassis.logging import bound, configure_logging, get_logger


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logging("ingest", "info", stream=stream)
    yield stream
    structlog.contextvars.clear_contextvars()
    configure_logging("tests")


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_with_its_fields(written: io.StringIO) -> None:
    get_logger().info("step finished", step="install", seconds=2)
    (event,) = lines(written)
    assert event.pop("time", "").endswith("Z")
    assert event == {
        "service": "ingest",
        "event": "step finished",
        "level": "info",
        "step": "install",
        "seconds": 2,
    }


def test_what_is_below_the_level_is_not_written(written: io.StringIO) -> None:
    get_logger().debug("detail")
    assert written.getvalue() == ""


def test_ids_are_bound_for_whatever_is_called_inside(written: io.StringIO) -> None:
    with bound(deployment="d1"):
        get_logger().info("inside")
        logging.getLogger("some.library").warning("from %s", "below")
    get_logger().info("outside")
    assert [event.get("deployment") for event in lines(written)] == ["d1", "d1", None]
    assert lines(written)[1]["event"] == "from below"


def test_a_forged_line_stays_inside_its_own(written: io.StringIO) -> None:
    get_logger().info("push", branch='main\r\n{"event": "admin signed in"}\u2028')
    assert len(lines(written)) == 1


def test_secrets_are_never_written(written: io.StringIO) -> None:
    get_logger().info(
        "connected",
        password="hunter2",
        hook={"secret": "hunter2", "API-Key": "hunter2", "name": "kept"},
        held=[SecretStr("hunter2"), {"authorization": "hunter2"}],
        url="nats://trellis:hunter2@127.0.0.1:4222/x",
        token_count=None,
    )
    assert "hunter2" not in written.getvalue()
    assert lines(written)[0]["url"] == "nats://[redacted]@127.0.0.1:4222/x"
    assert lines(written)[0]["hook"]["name"] == "kept"


def test_an_exception_says_its_cause_and_no_password(written: io.StringIO) -> None:
    cause = ConnectionError("cannot reach postgres://trellis:hunter2@db/x")
    get_logger().error("store lost", exc_info=cause)
    (event,) = lines(written)
    assert "cannot reach postgres://[redacted]@db/x" in str(event["exception"])


def test_a_terminal_gets_text_that_cannot_move_its_cursor() -> None:
    terminal = Terminal()
    configure_logging("ingest", stream=terminal)
    get_logger().info("push", branch="main\x1b[2J\r\nforged")
    configure_logging("tests")
    assert "\x1b[2J" not in terminal.getvalue()
    assert terminal.getvalue().count("\n") == 1
    assert "push" in terminal.getvalue()

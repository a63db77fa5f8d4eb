"""`trellis up --domain` takes a host name, and nothing that is nearly one."""

import pytest
import typer
from typer.testing import CliRunner

from cli.commands.running import host_name
from cli.main import app


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        (None, None),
        ("", None),
        ("localhost", "localhost"),
        ("Trellis.Example.org", "trellis.example.org"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("4u.example.x1", "4u.example.x1"),
    ],
)
def test_a_host_name_is_taken_as_certificates_have_it(typed: str | None, taken: str | None) -> None:
    assert host_name(typed) == taken


@pytest.mark.parametrize(
    "typed",
    [
        "https://trellis.example.org",
        "trellis.example.org:8443",
        "trellis.example.org/",
        "trellis example.org",
        "*.example.org",
        "192.0.2.7",
        "-a.example.org",
        "a..example.org",
        "a.example {\n  respond 200\n}",
        "a" * 64,
    ],
)
def test_what_is_no_host_name_is_refused_with_what_to_write(typed: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"like trellis\.example\.org"):
        host_name(typed)


def test_nothing_is_started_under_what_is_no_host_name() -> None:
    for environ in ({}, {"TRELLIS_DOMAIN": "https://trellis.example.org"}):
        given = [] if environ else ["--domain", "https://trellis.example.org"]
        ended = CliRunner().invoke(app, ["up", *given], env=environ)
        assert (ended.exit_code, "no host name" in ended.output) == (2, True)

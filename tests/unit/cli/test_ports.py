"""Ports for servers are chosen where the kernel gives none away by itself."""

import pytest

from cli import ports


def test_a_quiet_port_has_free_ones_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[int]()

    def is_free(_host: str, port: int) -> bool:
        asked.append(port)
        return len(asked) > 3

    monkeypatch.setattr(ports, "is_free", is_free)

    found = ports.quiet_port(6)

    assert 10_000 <= found < 32_000
    assert asked[-7:] == list(range(found, found + 7))


def test_where_none_is_quiet_any_free_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _host, _port: False)
    monkeypatch.setattr(ports, "free_port", lambda _host: 54321)

    assert ports.quiet_port(6) == 54321

"""The built pages belong to these sources, and to whichever origin serves them."""

import pytest

from dashboard import export
from dashboard.config import same_origin
from dashboard.site import app


def test_endpoints_are_of_the_pages_own_origin() -> None:
    chunk = 'var a={PING:"http://localhost:8000/ping",EVENT:`ws://localhost:8000/_event`}'

    made = same_origin(chunk)

    assert "localhost:8000" not in made
    assert 'window.location.origin.replace(/^http/,"ws")+`/_event`' in made


def test_a_source_that_changes_makes_the_pages_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "is_there", lambda: True)
    monkeypatch.setattr(export, "sources_digest", lambda: "another")

    assert not export.is_fresh()


@pytest.mark.skipif(not export.is_fresh(), reason="the pages are not built: make dashboard")
def test_the_pages_were_built_for_these_states() -> None:
    assert app._state
    schema = app._state._to_frontend_schema()
    chunks = (export.WEB / "build" / "client" / "assets").glob("*.js")

    assert any(schema in chunk.read_text() for chunk in chunks)

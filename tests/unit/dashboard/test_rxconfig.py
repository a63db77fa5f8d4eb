"""Reflex's own defaults let every origin in; ours do not."""

import importlib
import sys

import pytest

pytest.importorskip("reflex", reason="the extra `dashboard` is not installed")


def test_only_the_front_doors_origin_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_URL", "https://trellis.example.com")
    sys.modules.pop("dashboard.rxconfig", None)
    rxconfig = importlib.import_module("dashboard.rxconfig")

    assert list(rxconfig.config.cors_allowed_origins) == ["https://trellis.example.com"]

"""How Reflex is mounted: behind the front door, and talked to from its origin alone."""

import os

import reflex as rx

ORIGIN = os.environ.get("TRELLIS_URL", "http://127.0.0.1:8600")
"""Reflex lets every origin in by default, with credentials; here only our own is."""

config = rx.Config(
    app_name="dashboard",
    app_module_import="dashboard.app",
    cors_allowed_origins=[ORIGIN],
    telemetry_enabled=False,
)

"""Reflex's own configuration, for the build and for serving alike.

Reflex lets every origin in by default, with credentials. Here its own check lets none in: `gate`
compares the origin with the host that was asked, and takes it away from what passes.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import reflex as rx
from reflex.plugins.sitemap import SitemapPlugin
from reflex.utils import prerequisites
from reflex_base.plugins import Plugin
from typing_extensions import override

from dashboard.export import WEB

NO_ORIGIN: Final = "https://nobody.invalid"
_PINNED_HASH = 0
_ENDPOINT = "ws://localhost:8000/_event"

SERVING: Mapping[str, str] = {
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_BACKEND_ONLY": "true",  # else it links assets into the working directory
    "REFLEX_WEB_WORKDIR": str(WEB),
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "REFLEX_APP_NAME": "dashboard",
    "REFLEX_APP_MODULE_IMPORT": "dashboard.site",
    "REFLEX_STATE_MANAGER_MODE": "memory",
    "REFLEX_CORS_ALLOWED_ORIGINS": NO_ORIGIN,
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
}
"""What Reflex reads from the environment of a process that serves pages that are built."""


def prepare_serving() -> None:
    """Tell Reflex, before its app is made, that everything is built and where it lies."""
    os.environ.update(SERVING)


class SameOrigin(Plugin):
    """Makes the export the same wherever it is built, and good for whichever origin serves it."""

    @override
    def update_env_json(self, **context: Any) -> dict[str, Any]:
        """Pin what is random or of this hour in what gets bundled: the last hook before it is."""
        prerequisites.set_last_reflex_run_time = _forget_the_hour
        about = prerequisites.get_web_dir() / "reflex.json"
        known = json.loads(about.read_text())
        about.write_text(json.dumps({"version": known["version"], "project_hash": _PINNED_HASH}))
        return {}

    @override
    def post_build(self, **context: Any) -> None:
        """Let the pages talk to the origin that they came from."""
        static: Path = context["static_dir"]
        for chunk in (static / "assets").glob("*.js"):
            text = chunk.read_text()
            if _ENDPOINT in text:
                chunk.write_text(same_origin(text))


def _forget_the_hour() -> None:
    """Reflex writes into what it bundles when it last ran; our pages do not differ by it."""


def same_origin(chunk: str) -> str:
    """Give the chunk with the endpoints of the page's own origin."""
    for scheme in ("ws", "http"):
        for quote in ('"', "`", "'"):
            baked = f"{quote}{scheme}://localhost:8000"
            ours = f'window.location.origin.replace(/^http/,"{scheme}")+{quote}'
            chunk = chunk.replace(baked, ours)
    return chunk


def building_config() -> rx.Config:
    """Give the configuration of the build."""
    return rx.Config(
        app_name="dashboard",
        app_module_import="dashboard.site",
        cors_allowed_origins=[NO_ORIGIN],
        telemetry_enabled=False,
        show_built_with_reflex=False,
        disable_plugins=[SitemapPlugin],
        plugins=[
            rx.plugins.RadixThemesPlugin(theme=theme()),
            SameOrigin(),
        ],
    )


def theme() -> rx.Component:
    """Give the look of all pages."""
    return rx.theme(
        accent_color="indigo", gray_color="slate", radius="large", scaling="95%",
        panel_background="solid", has_background=True,
    )  # fmt: skip

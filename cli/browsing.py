"""Opens a browser on the dashboard, where there is somebody to see it."""

import os
import sys
import webbrowser


def open_browser(address: str) -> bool:
    """Open the address in a browser of this desktop; say whether there was one."""
    on_a_desktop = sys.platform == "darwin" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return on_a_desktop and webbrowser.open(address)

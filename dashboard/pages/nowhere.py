"""An address at which there is nothing."""

import reflex as rx

from dashboard.components.shell import shell, title, way_to


def page() -> rx.Component:
    """Give the page."""
    return shell(title("There is no such page"), way_to("All applications", "/"), crumbs=[])

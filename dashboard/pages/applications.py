"""All applications and how their environments are."""

import reflex as rx

from dashboard.components.shell import lamp, shell, title, way_to
from dashboard.shown.applications import Lamp, Row
from dashboard.state.applications import Applications
from dashboard.state.here import Here


def page() -> rx.Component:
    """Give the page."""
    return shell(
        title(
            "Applications",
            rx.cond(
                Here.may_create & (Applications.rows.length() > 0),
                way_to("New application", "/new-application"),
            ),
        ),
        rx.cond(
            Applications.read,
            rx.cond(Applications.rows.length() > 0, _list(), _nothing_yet()),
            _reading(),
        ),
        crumbs=[],
    )


def _list() -> rx.Component:
    return rx.flex(rx.foreach(Applications.rows, _row), direction="column", spacing="3")


def _row(row: rx.Var[Row]) -> rx.Component:
    return rx.link(
        rx.card(
            rx.flex(
                rx.box(
                    rx.text(row.name, weight="medium", size="3", class_name="clip"),
                    rx.text(row.repository, size="2", color="var(--gray-11)", class_name="clip"),
                    rx.cond(row.hint != "", rx.text(row.hint, size="1", color="var(--orange-11)")),
                    rx.cond(row.pulls != "", rx.text(row.pulls, size="1", color="var(--gray-11)")),
                    flex=["1 1 100%", "1 1 100%", "1 1 220px"], min_width="0",
                ),
                rx.flex(
                    rx.foreach(row.environments, _lamp),
                    spacing="5", wrap="wrap", flex="3 1 320px", justify="between",
                ),
                spacing="4", wrap="wrap", align="center",
            ),
            size="2",
        ),
        href=row.href, class_name="row-link", underline="none",
    )  # fmt: skip


def _lamp(environment: rx.Var[Lamp]) -> rx.Component:
    return rx.flex(
        lamp(environment.colour, busy=environment.busy),
        rx.box(
            rx.text(environment.name, size="1", color="var(--gray-11)"),
            rx.text(environment.said, size="2", class_name="clip"),
            min_width="0",
        ),
        spacing="2", align="center", width=["100%", "180px"], min_width="0",
    )  # fmt: skip


def _nothing_yet() -> rx.Component:
    return rx.card(
        rx.flex(
            rx.heading("Connect your first repository", as_="h2", size="4"),
            rx.text(
                "A repository gets three environments: development, staging and production. "
                "A push deploys to development; from there a person promotes. Nothing has to be "
                "written into the repository.",
                color="var(--gray-11)",
            ),
            rx.cond(
                Here.may_create,
                way_to("New application", "/new-application"),
                rx.text("Ask a developer or an administrator: you may look, not create.", size="2"),
            ),
            direction="column", spacing="4", align="start",
        ),
        size="4", max_width="560px",
    )  # fmt: skip


def _reading() -> rx.Component:
    return rx.flex(
        *(rx.skeleton(height="72px", width="100%") for _ in range(3)),
        direction="column",
        spacing="3",
    )

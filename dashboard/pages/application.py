"""The pipeline board: what runs where, what happens now, and what one can have happen."""

import reflex as rx

from dashboard.components.card import column
from dashboard.components.dialog import question
from dashboard.components.shell import read_or_missing, shell, title
from dashboard.shown.cards import Without
from dashboard.state.asking import Asking
from dashboard.state.board import Board
from dashboard.state.here import Here


def page() -> rx.Component:
    """Give the page."""
    repository = rx.link(
        rx.icon("git_branch", size=15, flex="none"),
        rx.el.span(Board.head.repository, class_name="clip"), href=Board.head.repository_url,
        is_external=True, class_name="quiet-link", size="2", color="var(--gray-11)",
        display="flex", align_items="center", gap="6px", min_width="0", title=Board.head.repository,
    )  # fmt: skip
    settings = rx.link(
        rx.icon("settings_2", size=15), "Settings", href=Board.head.settings_href,
        class_name="quiet-link", size="2", color="var(--gray-11)", display="flex",
        align_items="center", gap="6px",
    )  # fmt: skip
    return shell(
        read_or_missing(
            Board.head.name != "",
            rx.box(
                title(
                    Board.head.name,
                    rx.flex(repository, settings, spacing="4", align="center", max_width="100%"),
                ),
                _hints(),
                rx.box(rx.foreach(Board.cards, column), class_name="board"),
                rx.cond(Board.pulls.there, _pulls()),
            ),
            until=_reading(),
        ),
        question(),
        crumbs=[(rx.State.application, f"/applications/{rx.State.application}")],
    )


def _hints() -> rx.Component:
    waiting = rx.callout(
        "No push has arrived yet. Enter the webhook in the repository's settings, or deploy by "
        "hand.",
        icon="webhook", size="1", color_scheme="gray", margin_bottom="16px",
    )  # fmt: skip
    unread = rx.callout(
        Board.head.unobservable, icon="triangle_alert", size="1", color_scheme="orange",
        margin_bottom="16px", class_name="break",
    )  # fmt: skip
    return rx.fragment(
        rx.cond(Board.head.leaving != "", _leaving()),
        rx.cond(Board.head.webhook_missing, waiting),
        rx.cond(Board.head.unobservable != "", unread),
    )


def _leaving() -> rx.Component:
    """Say that the application is on its way out, and what is in the way."""
    again = rx.button(
        "Try again", size="1", variant="soft", color_scheme="red",
        on_click=Asking.ask_of_application("delete"),
    )  # fmt: skip
    said = rx.cond(
        Board.head.left.length() > 0,
        rx.fragment(
            rx.text("These could not be torn down:", size="2"),
            rx.el.ul(rx.foreach(Board.head.left, rx.el.li), class_name="sentences break"),
            rx.cond(Here.may_create, rx.box(again, margin_top="8px")),
        ),
        rx.text("Everything that it runs is being torn down.", size="2"),
    )
    return rx.box(
        rx.text(f"It is being deleted: {Board.head.leaving}.", size="2"), said, class_name="held",
        margin_bottom="16px", role="status",
    )  # fmt: skip


def _pulls() -> rx.Component:
    without = rx.card(
        rx.heading("Without an environment", as_="h3", size="2", margin_bottom="6px"),
        rx.box(
            rx.foreach(Board.pulls.without, _without), role="list",
            aria_label="Pull requests without an environment",
        ),
        margin_top="20px",
    )  # fmt: skip
    return rx.el.section(
        rx.heading("Pull requests", as_="h2", size="5"),
        rx.text(Board.pulls.rule, size="2", color="var(--gray-11)", margin_bottom="14px"),
        rx.cond(
            Board.pulls.cards.length() > 0,
            rx.box(rx.foreach(Board.pulls.cards, column), class_name="board apart"),
            rx.box("None has an environment now.", class_name="nothing"),
        ),
        rx.cond(Board.pulls.without.length() > 0, without),
        aria_label="Pull requests", class_name="pulls",
    )  # fmt: skip


def _without(one: rx.Var[Without]) -> rx.Component:
    return rx.box(
        rx.text(f"#{one.number}", size="2", weight="medium"),
        rx.text(
            one.branch, " ", rx.el.span(one.commit, class_name="mono"), size="2",
            class_name="clip", title=one.branch,
        ),
        rx.text(one.reason, size="2", color="var(--gray-11)", class_name="break"),
        class_name="without", role="listitem",
    )  # fmt: skip


def _reading() -> rx.Component:
    return rx.box(*(rx.skeleton(height="240px") for _ in range(3)), class_name="board")

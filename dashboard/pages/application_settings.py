"""How one application is set: its name, its repository, its environments, its pull requests."""

import reflex as rx

from dashboard.components.dialog import question
from dashboard.components.forms import (
    card,
    chosen_of,
    field,
    form,
    number,
    refused,
    several,
    switch,
    text,
)
from dashboard.components.shell import read_or_missing, shell, title
from dashboard.shown.application_settings import Step
from dashboard.state.application_settings import ApplicationSettings
from dashboard.state.asking import Asking
from dashboard.state.here import Here
from dashboard.typed import LAST

_SHOWN = ApplicationSettings.shown


def page() -> rx.Component:
    """Give the page."""
    here = f"/applications/{rx.State.application}"
    return shell(
        read_or_missing(_SHOWN.there, _all(), until=rx.skeleton(height="400px")),
        question(),
        crumbs=[(rx.State.application, here), ("settings", f"{here}/settings")],
    )


def _all() -> rx.Component:
    return rx.box(
        title(f"Settings of {_SHOWN.name}"),
        rx.box(
            rx.flex(_environments(), _pulls(), direction="column", spacing="4"),
            rx.flex(
                _source(), _watches(), rx.cond(Here.may_configure, _name()),
                direction="column", spacing="4",
            ),
            class_name="pair",
        ),
    )  # fmt: skip


def _environments() -> rx.Component:
    return card(
        "Environments", "In the order of promotion. Each one's own settings say the rest.",
        rx.box(
            rx.foreach(_SHOWN.line, _step), role="list", aria_label="Environments",
            margin_bottom="16px",
        ),
        rx.cond(Here.may_configure, _new_environment(), refused("environments")),
    )  # fmt: skip


def _step(step: rx.Var[Step]) -> rx.Component:
    def to(by: int, icon: str, where: str, *, off: rx.Var[bool]) -> rx.Component:
        return rx.icon_button(
            rx.icon(icon, size=15), variant="ghost", color_scheme="gray", size="1", disabled=off,
            aria_label=f"Move {step.name} {where}", on_click=ApplicationSettings.move(step.id, by),
        )  # fmt: skip

    moves = rx.flex(
        to(-1, "arrow_up", "up", off=step.first), to(1, "arrow_down", "down", off=step.last),
        spacing="3", align="center",
    )  # fmt: skip
    return rx.flex(
        rx.link(step.name, href=step.href, class_name="quiet-link clip", size="2", weight="medium"),
        rx.cond(step.said != "", rx.badge(step.said, color_scheme="gray")),
        rx.box(flex="1"),
        rx.cond(Here.may_configure, moves),
        role="listitem", spacing="3", align="center", class_name="listed",
    )  # fmt: skip


def _new_environment() -> rx.Component:
    return form(
        "environments", "Add environment",
        rx.box(
            field("Name", "Its stage is made of it.", text("name", "qa", required=True)),
            field("Branch", "Empty: none of its own.", text("branch", "next")),
            class_name="halves",
        ),
        field(
            "Behind", "Where it comes in the order.",
            chosen_of("after", "Behind", _SHOWN.places, now=LAST, first="the last one"),
        ),
        switch("automatic", "Deploy each push to the branch"),
        switch("production", "Production: never deployed by a push"),
        on_submit=ApplicationSettings.add_environment,
        key=ApplicationSettings.version.to_string() + "environments",
    )  # fmt: skip


def _pulls() -> rx.Component:
    now = _SHOWN.following
    off = rx.button(
        "Switch off", variant="soft", color_scheme="red", type="button",
        on_click=Asking.ask_of_application("unfollow"),
    )  # fmt: skip
    return card(
        "Pull requests",
        rx.cond(now.said != "", now.said, "They get no environments."),
        form(
            "pulls", "Save pull requests",
            field(
                "Template", "Whose settings, variables, secrets and credentials they use.",
                chosen_of("template", "Template", _SHOWN.templates, now=now.template),
            ),
            rx.box(
                field("Days", "Removed when nothing moved for so long.",
                      number("days", default_value=now.days, max="90")),
                field("At once", "How many there may be.",
                      number("at_once", default_value=now.at_once, max="50")),
                class_name="halves",
            ),
            on_submit=ApplicationSettings.follow_pulls, key=now.key,
        ),
        rx.cond((now.said != "") & Here.may_configure, rx.box(off, margin_top="12px")),
    )  # fmt: skip


def _source() -> rx.Component:
    now = _SHOWN.source
    return card(
        "Repository", "From the next run on. What runs stays.",
        form(
            "source", "Save repository",
            field(
                "Repository", "Enter the hook in another one too.",
                text("repository", default_value=now.repository, required=True),
            ),
            field(
                "Folder", "Where in it the application lies. Empty: it is looked for.",
                text("folder", default_value=now.folder),
            ),
            on_submit=ApplicationSettings.save_source, key=now.key + "source",
        ),
    )  # fmt: skip


def _watches() -> rx.Component:
    now = _SHOWN.source
    return card(
        "Paths", "A push that changes nothing of these is skipped. Empty: everything counts.",
        form(
            "watches", "Save paths",
            several(
                "paths", "apps/shop", default_value=now.watches, rows="3", aria_label="Paths"
            ),
            on_submit=ApplicationSettings.save_watches, key=now.key + "watches",
        ),
    )  # fmt: skip


def _name() -> rx.Component:
    delete = rx.button(
        rx.cond(_SHOWN.leaving, "Try to delete again", "Delete application"), variant="soft",
        color_scheme="red", on_click=Asking.ask_of_application("delete"),
    )  # fmt: skip
    return card(
        "Application", "Renamed, it keeps what runs: its stacks keep their names.",
        form(
            "name", "Rename", field("Name", "", text("name", default_value=_SHOWN.name)),
            on_submit=ApplicationSettings.rename, key=_SHOWN.name,
        ),
        rx.separator(margin_y="16px"),
        rx.cond(Here.may_create, delete),
    )  # fmt: skip

"""What keeps deployments away and what a person can do about it, for the board and their page."""

import reflex as rx

from dashboard.components.shell import Text, lamp
from dashboard.shown.cards import Skipped, Waiting
from dashboard.state.asking import Asking
from dashboard.state.here import Here


def waiting(one: Waiting, environment: Text, *, cancels: bool = True) -> rx.Component:
    """Give a deployment that waits, what for, and whose word it needs."""
    approve = rx.button(
        "Approve", size="1", on_click=Asking.ask_about("approve", environment, one.number)
    )
    override = rx.button(
        "Override freeze", size="1", variant="soft", color_scheme="red",
        on_click=Asking.ask_about("override", environment, one.number),
    )  # fmt: skip
    cancel = rx.button(
        "Cancel", size="1", variant="soft", color_scheme="gray",
        on_click=Asking.ask_about("cancel", environment, one.number),
    )  # fmt: skip
    return rx.box(
        rx.flex(
            lamp("gray", busy=True),
            rx.link(one.title, href=one.href, weight="medium", size="2", class_name="quiet-link"),
            spacing="2", align="center",
        ),
        rx.text(one.what, size="2", class_name="mono clip", margin_top="6px"),
        rx.el.ul(rx.foreach(one.gates, rx.el.li), class_name="sentences break"),
        rx.cond(
            one.approved_by != "",
            rx.text(f"Approved by {one.approved_by}.", size="1", color="var(--gray-11)"),
        ),
        rx.flex(
            rx.cond(one.needs_approval & Here.may_approve, approve),
            rx.cond(one.frozen & Here.may_override, override),
            rx.cond(Here.may_deploy, cancel) if cancels else rx.fragment(),
            spacing="2", wrap="wrap", margin_top="8px",
        ),
        class_name="waits", role="group", aria_label=one.title,
    )  # fmt: skip


def held(sentence: Text, environment: Text) -> rx.Component:
    """Say that a rollback holds pushes back, and let somebody end it."""
    resume = rx.button(
        "Resume", size="1", variant="soft", color_scheme="orange",
        on_click=Asking.ask("resume", environment),
    )  # fmt: skip
    return rx.box(
        rx.text(sentence, size="2", class_name="break"),
        rx.cond(Here.may_approve, rx.box(resume, margin_top="8px")),
        class_name="held", role="group", aria_label=f"Pushes to {environment} are held",
    )  # fmt: skip


def skipped(pushes: tuple[Skipped, ...]) -> rx.Component:
    """Give the newest pushes that were not deployed, with the reason of each."""
    return rx.box(
        rx.text("Skipped pushes", size="1", weight="medium", color="var(--gray-11)"),
        rx.foreach(pushes, _push), role="list", aria_label="Skipped pushes",
    )  # fmt: skip


def _push(push: rx.Var[Skipped]) -> rx.Component:
    return rx.box(
        rx.flex(
            rx.el.span(push.commit, class_name="mono"),
            rx.el.span(push.branch, class_name="clip"),
            rx.box(flex="1"),
            rx.el.span(push.when, style={"color": "var(--gray-11)", "flex": "none"}),
            spacing="2",
        ),
        rx.text(push.reason, size="1", color="var(--gray-11)", class_name="break"),
        class_name="push", role="listitem",
    )  # fmt: skip


def why(sentences: tuple[str, ...], label: str = "Why") -> rx.Component:
    """Give a small panel that opens: why things are as they are."""
    return rx.el.details(
        rx.el.summary(label),
        rx.el.ul(rx.foreach(sentences, rx.el.li), class_name="sentences break"),
        class_name="why",
    )

"""What is around every page: where one is, who one is, and whether what one sees is live."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from dashboard.state.here import Here

Text = str | rx.Var[str]
Truth = bool | rx.Var[bool]

Crumb = tuple[Text, Text]
"""What a step of the way is called, and its path."""


def shell(*content: rx.Component, crumbs: list[Crumb]) -> rx.Component:
    """Give a whole page."""
    return rx.box(
        _top(crumbs),
        rx.el.main(_warnings(), *content, class_name="content"),
        min_height="100vh",
    )


def title(text: Text, *beside: rx.Component) -> rx.Component:
    """Give the heading of a page, with what stands beside it."""
    return rx.flex(
        rx.heading(text, as_="h1", size="6", class_name="break"),
        *beside,
        align="center", justify="between", spacing="3", wrap="wrap", margin_bottom="20px",
    )  # fmt: skip


def way_to(label: Text, href: Text) -> rx.Component:
    """Give a link that looks like the button that it stands for."""
    return rx.link(label, href=href, class_name="button-link", underline="none")


def missing() -> rx.Component:
    """Say that what the address names is not there; nothing while it is."""
    said = rx.callout(Here.missing, icon="search_x", color_scheme="gray", role="status")
    way_out = rx.box(way_to("All applications", "/"), margin_top="16px")
    return rx.cond(Here.missing != "", rx.box(said, way_out))


def read_or_missing(there: Truth, content: rx.Component, *, until: rx.Component) -> rx.Component:
    """Give a page's content once it is read, or say that what the address names is not there."""
    return rx.fragment(missing(), rx.cond(Here.missing == "", rx.cond(there, content, until)))


def refusal(sentence: Text) -> rx.Component:
    """Say why something was not done; nothing while nothing was refused."""
    said = rx.callout(
        sentence, icon="triangle_alert", color_scheme="red", role="alert", size="1", width="100%",
        class_name="break",
    )  # fmt: skip
    return rx.cond(sentence != "", said)


def lamp(colour: Text, *, busy: Truth = False) -> rx.Component:
    """Give a small light of a state's colour; what it means always stands beside it."""
    shining = rx.cond(busy, "lamp lamp-busy lamp-", "lamp lamp-")
    return rx.el.span(class_name=f"{shining}{colour}", aria_hidden="true")


def _top(crumbs: list[Crumb]) -> rx.Component:
    return rx.el.header(
        rx.box(
            rx.link(
                rx.image(src="/favicon.svg", width="26px", height="26px", alt=""),
                rx.text("Trellis", weight="bold", display=["none", "block"]),
                href="/", class_name="quiet-link", aria_label="All applications",
                display="flex", align_items="center", gap="9px", color="var(--gray-12)",
            ),
            rx.el.nav(*_way(crumbs), class_name="crumbs", aria_label="Where you are"),
            rx.text(Here.name, class_name="who clip", title=Here.role),
            rx.color_mode.button(size="2", aria_label="Light or dark"),
            _sign_out(),
            class_name="top-inside",
        ),
        class_name="top",
    )  # fmt: skip


def _way(crumbs: list[Crumb]) -> list[rx.Component]:
    steps: list[rx.Component] = []
    for name, href in crumbs:
        steps.append(rx.text("/", color="var(--gray-a8)", aria_hidden="true"))
        steps.append(rx.link(name, href=href, class_name="quiet-link clip"))
    return steps


def _sign_out() -> rx.Component:
    """A form of the page itself, which works when nothing else does; ingest asks: everywhere?"""
    leaving = rx.icon_button(
        rx.icon("log_out", size=16), type="submit", variant="ghost", color_scheme="gray",
        aria_label="Sign out", title="Sign out",
    )  # fmt: skip
    return rx.el.form(leaving, action="/sign-out", method="get", display="flex")


def _warnings() -> rx.Component:
    lost = rx.callout(
        rx.fragment(
            "The dashboard does not answer. What you see may be old; it goes on by itself. "
            "If it does not, ",
            rx.el.a("sign in again", href="/sign-in", style={"text_decoration": "underline"}),
            ".",
        ),
        icon="wifi_off", color_scheme="orange", role="status", size="1", margin_bottom="16px",
    )  # fmt: skip
    stale = rx.callout(
        Here.stale, icon="clock_alert", color_scheme="orange", role="status", size="1",
        margin_bottom="16px", class_name="break",
    )  # fmt: skip
    return rx.fragment(rx.cond(has_connection_errors, lost), rx.cond(Here.stale != "", stale))

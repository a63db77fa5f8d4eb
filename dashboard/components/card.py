"""A card of the board: what one environment runs, what happens there, and what can be pressed."""

import reflex as rx

from dashboard.components.shell import lamp
from dashboard.components.waiting import held, skipped, waiting, why
from dashboard.shown.cards import Card, Past
from dashboard.state.asking import Asking
from dashboard.state.here import Here


def column(card: rx.Var[Card]) -> rx.Component:
    """Give one environment as a column of the board."""
    return rx.el.section(
        rx.card(
            rx.flex(
                _name(card),
                rx.cond(card.needs_credentials, _credentials(card)),
                rx.cond(card.running.there, _running(card)),
                rx.foreach(card.waiting, lambda one: waiting(one, card.name)),
                rx.cond(card.hold != "", held(card.hold, card.name)),
                rx.cond(card.live.there, _live(card), rx.cond(~card.running.there, _nothing())),
                rx.cond(card.trouble != "", _trouble(card)),
                rx.cond(Here.may_deploy, _actions(card)),
                rx.cond(card.skipped.length() > 0, skipped(card.skipped)),
                rx.cond(card.history.length() > 0, _history(card)),
                why(card.why),
                direction="column", spacing="4",
            ),
            size="2",
        ),
        class_name="column", aria_label=card.name,
    )  # fmt: skip


def _name(card: rx.Var[Card]) -> rx.Component:
    settings = rx.link(
        rx.icon_button(
            rx.icon("settings_2", size=16), variant="ghost", color_scheme="gray",
            aria_label=f"Settings of {card.name}", title="Settings",
        ),
        href=card.settings_href,
    )  # fmt: skip
    return rx.flex(
        rx.box(
            rx.heading(card.name, as_="h2", size="4", class_name="clip"),
            rx.text(card.source, size="1", color="var(--gray-11)", class_name="clip"),
            min_width="0",
        ),
        rx.box(flex="1"),
        rx.cond(card.being_removed, rx.badge("being removed", color_scheme="orange")),
        rx.cond(card.pull_request == 0, settings),
        spacing="2", align="start",
    )  # fmt: skip


def _credentials(card: rx.Var[Card]) -> rx.Component:
    return rx.callout(
        rx.fragment(
            "It has no AWS credentials yet. ", rx.link("Set them", href=card.settings_href), "."
        ),
        icon="key_round", size="1", color_scheme="orange",
    )  # fmt: skip


def _running(card: rx.Var[Card]) -> rx.Component:
    now = card.running
    return rx.box(
        rx.flex(
            lamp(now.colour, busy=True),
            rx.link(now.title, href=now.href, weight="medium", size="2", class_name="quiet-link"),
            rx.box(flex="1"),
            rx.badge(now.state, color_scheme=now.colour, variant="soft"),
            spacing="2", align="center",
        ),
        rx.text(now.what, size="2", class_name="mono clip", margin_top="6px"),
        rx.text(now.why, size="1", color="var(--gray-11)", class_name="clip"),
        rx.flex(
            rx.text(now.step, size="2"),
            rx.cond(
                Here.may_deploy & ~now.cancelling,
                rx.button(
                    "Cancel", size="1", variant="soft", color_scheme="gray",
                    on_click=Asking.ask_about("cancel", card.name, now.number),
                ),
            ),
            justify="between", align="center", margin_top="8px",
        ),
        rx.cond(now.known, rx.progress(value=now.percent, size="1", margin_top="6px")),
        class_name="moving", role="status",
    )  # fmt: skip


def _live(card: rx.Var[Card]) -> rx.Component:
    live = card.live
    commit = rx.cond(
        live.commit_url != "",
        rx.link(live.commit, href=live.commit_url, is_external=True, class_name="mono", size="3"),
        rx.text(live.commit, class_name="mono", size="3", data_testid="commit"),
    )
    return rx.box(
        rx.flex(
            lamp(rx.cond(live.not_passed != "", "red", rx.cond(live.gone, "orange", "green"))),
            commit,
            rx.link(f"#{live.number}", href=live.href, size="2", class_name="quiet-link"),
            rx.box(flex="1"),
            rx.text(live.since, size="1", color="var(--gray-11)"),
            spacing="2", align="center",
        ),
        rx.cond(
            live.message != "",
            rx.text(live.message, size="2", class_name="clip", margin_top="4px"),
        ),
        rx.text(
            live.by, rx.cond(live.branch != "", f" · {live.branch}", ""), size="1",
            color="var(--gray-11)", class_name="clip",
        ),
        rx.cond(
            live.not_passed != "",
            rx.text(live.not_passed, size="2", color="var(--red-11)", margin_top="4px"),
        ),
        rx.cond(
            live.gone,
            rx.text("It is gone: the local AWS that held it has stopped.", size="2",
                    color="var(--orange-11)"),
            rx.cond(
                live.address != "",
                rx.link(live.address, href=live.address, is_external=True, size="1",
                        class_name="clip", display="block", margin_top="4px"),
            ),
        ),
    )  # fmt: skip


def _nothing() -> rx.Component:
    return rx.box("Nothing runs here.", class_name="nothing")


def _trouble(card: rx.Var[Card]) -> rx.Component:
    return rx.callout(
        rx.fragment(card.trouble, " ", rx.link("See why", href=card.trouble_href)),
        icon="circle_x", size="1", color_scheme="red", class_name="break",
    )  # fmt: skip


def _actions(card: rx.Var[Card]) -> rx.Component:
    return rx.flex(
        rx.cond(
            card.promote_to != "",
            rx.button(
                rx.el.span(f"Promote to {card.promote_to}", class_name="clip"),
                rx.icon("arrow_right", size=15, flex="none"), size="2",
                disabled=~card.can_promote, on_click=Asking.ask("promote", card.promote_to),
                width="100%",
            ),
        ),
        rx.cond(
            ~card.production,
            rx.button("Deploy", size="2", variant="soft", on_click=Asking.ask("deploy", card.name)),
        ),
        rx.button(
            "Roll back", size="2", variant="soft", disabled=~card.can_roll_back,
            on_click=Asking.ask("rollback", card.name),
        ),
        _more(card),
        spacing="2", wrap="wrap", align="center",
    )  # fmt: skip


def _more(card: rx.Var[Card]) -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.icon_button(
                rx.icon("ellipsis", size=16), size="2", variant="soft", color_scheme="gray",
                aria_label=f"More for {card.name}",
            )
        ),
        rx.dropdown_menu.content(
            rx.dropdown_menu.item(
                "Redeploy", disabled=~card.live.there, on_click=Asking.ask("redeploy", card.name)
            ),
            rx.dropdown_menu.separator(),
            rx.dropdown_menu.item(
                "Tear down", color="red", disabled=~card.live.there,
                on_click=Asking.ask("teardown", card.name),
            ),
        ),
    )  # fmt: skip


def _history(card: rx.Var[Card]) -> rx.Component:
    return rx.box(
        rx.foreach(card.history, _past), role="list", aria_label=f"Deployments of {card.name}"
    )


def _past(past: rx.Var[Past]) -> rx.Component:
    return rx.box(
        rx.link(
            lamp(past.colour),
            rx.el.span(f"#{past.number}"),
            rx.el.span(f"{past.kind} {past.state}", class_name="clip", title=past.what),
            rx.el.span(past.when, style={"color": "var(--gray-11)"}),
            href=past.href, class_name="past", underline="none",
        ),
        role="listitem",
    )  # fmt: skip

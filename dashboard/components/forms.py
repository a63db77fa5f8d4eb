"""The parts of forms, on every page that has one."""

import reflex as rx

from dashboard.components.shell import Text, Truth, refusal
from dashboard.shown.question import Choice
from dashboard.state.changing import Changing
from dashboard.state.here import Here


def field(label: str, hint: str, control: rx.Component) -> rx.Component:
    """Give a labelled field of a form."""
    named = rx.el.label(
        rx.text(label, as_="div", size="2", weight="medium", margin_bottom="4px"),
        control,
        display="block",
    )
    said = [rx.text(hint, size="1", color="var(--gray-11)", margin_top="4px")] if hint else []
    return rx.box(named, *said)


def text(name: str, placeholder: str = "", **given: object) -> rx.Component:
    """Give a line to type into, which nobody's browser corrects."""
    return rx.input(
        name=name, placeholder=placeholder, auto_complete="off", spell_check=False, width="100%",
        **given,
    )  # fmt: skip


def number(name: str, **given: object) -> rx.Component:
    """Give a field for a whole number."""
    return text(name, "", type="number", min="0", **given)


def several(
    name: str, placeholder: str = "", *, rows: str = "2", class_name: str = "mono", **given: object
) -> rx.Component:
    """Give a field for several lines."""
    return rx.text_area(
        name=name, placeholder=placeholder, spell_check=False, width="100%",
        rows=rows, class_name=class_name, **given,
    )  # fmt: skip


def switch(name: str, label: str, on: Truth = False) -> rx.Component:  # noqa: FBT002  # of its state
    """Give a switch with its label."""
    return rx.text(
        rx.flex(
            rx.switch(name=name, default_checked=on), rx.el.span(label), spacing="2",
            align="center",
        ),
        as_="label", size="2",
    )  # fmt: skip


def chosen(name: str, label: str, options: list[tuple[str, str]], *, now: Text) -> rx.Component:
    """Give one of a few, which are always the same."""
    items = [rx.select.item(said, value=value) for value, said in options]
    return _select(name, label, *items, now=now)


def chosen_of(
    name: str, label: str, options: tuple[Choice, ...], *, now: Text, first: str = ""
) -> rx.Component:
    """Give one of those that there are; `first` is what `now` is called, where it is none."""
    found = rx.foreach(options, lambda one: rx.select.item(one.label, value=one.value))
    none = [rx.select.item(first, value=now)] if first else []
    return _select(name, label, *none, found, now=now)


def _select(name: str, label: str, *items: rx.Component, now: Text) -> rx.Component:
    return rx.select.root(
        rx.select.trigger(width="100%", aria_label=label),
        rx.select.content(rx.select.group(*items)),
        name=name, default_value=now,
    )  # fmt: skip


def card(heading: str, hint: Text, *content: rx.Component) -> rx.Component:
    """Give a card of a page of settings."""
    return rx.card(
        rx.heading(heading, as_="h2", size="3"),
        rx.text(hint, size="2", color="var(--gray-11)", margin_bottom="14px"),
        *content,
        size="2",
    )


def form(
    name: str, submit: str, *fields: rx.Component, on_submit: object, key: Text
) -> rx.Component:
    """Give a form that says itself what was refused of it; viewers see it without its button."""
    return rx.form(
        rx.flex(
            *fields,
            refused(name),
            rx.cond(Here.may_configure, rx.button(submit, type="submit", align_self="start")),
            direction="column", spacing="4",
        ),
        on_submit=on_submit, key=key,
    )  # fmt: skip


def refused(name: str) -> rx.Component:
    """Say beside a form what was refused of it."""
    return rx.cond(Changing.refused == name, refusal(Changing.refusal))

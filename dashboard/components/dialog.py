"""The dialog in which a person confirms what is to happen to an environment."""

import reflex as rx
from reflex.vars import FunctionVar

from dashboard.components.foreseen import look_ahead
from dashboard.components.shell import refusal
from dashboard.shown.question import Choice, Fact
from dashboard.state.asking import Asking
from dashboard.state.foreseeing import Foreseeing

_REMEMBER = """() => {
  const at = document.activeElement, menu = at?.closest("[role=menu]");
  window.askedFrom = menu ? document.getElementById(menu.getAttribute("aria-labelledby")) : at;
}"""
_RETURN = "() => window.askedFrom?.focus()"
"""Radix gives the focus back to a dialog's own trigger; this one has none, since a state opens it.

No field may have `auto_focus`: the dialog would not know that it has the focus, and let a menu that
closes take it. It gives it to its first field by itself.
"""


def question() -> rx.Component:
    """Give the dialog of a page; it is there when `Asking` is open."""
    asked = Asking.question
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(asked.title),
            rx.dialog.description(asked.sentence, size="2", color="var(--gray-11)"),
            rx.cond(asked.facts.length() > 0, _facts()),
            rx.cond(asked.warning != "", _warning()),
            rx.form(
                rx.flex(
                    rx.cond(asked.choices.length() > 0, _choices()),
                    rx.cond(Asking.foresees, look_ahead()),
                    rx.cond(asked.wants_commit, _commit()),
                    rx.cond(asked.wants_reason, _reason()),
                    rx.cond(asked.needs_name != "", _name()),
                    refusal(Asking.refusal),
                    _buttons(),
                    direction="column", spacing="4", margin_top="16px",
                ),
                on_submit=Asking.confirm,
            ),
            max_width="480px",
            on_open_auto_focus=rx.Var(_REMEMBER).to(FunctionVar),
            on_close_auto_focus=rx.Var(_RETURN).to(FunctionVar),
        ),
        open=Asking.open,
        on_open_change=Asking.change_open,
    )  # fmt: skip


def _facts() -> rx.Component:
    return rx.box(rx.foreach(Asking.question.facts, _fact), class_name="facts", margin_top="14px")


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.fragment(rx.el.span(fact.name), rx.el.span(fact.value, class_name="break"))


def _warning() -> rx.Component:
    return rx.callout(
        Asking.question.warning, icon="triangle_alert", size="1", color_scheme="orange",
        margin_top="14px",
    )  # fmt: skip


def _reason() -> rx.Component:
    return rx.input(
        name="reason", placeholder="Why it cannot wait", aria_label="Reason",
        required=True, auto_complete="off",
    )  # fmt: skip


def _choices() -> rx.Component:
    asked = Asking.question
    return rx.radio_group.root(
        rx.flex(rx.foreach(asked.choices, _choice), direction="column", spacing="2"),
        name="choice", default_value=asked.choices[0].value, aria_label="Which deployment",
        on_change=Foreseeing.choose,
    )  # fmt: skip


def _choice(choice: rx.Var[Choice]) -> rx.Component:
    return rx.text(
        rx.flex(
            rx.radio_group.item(value=choice.value),
            rx.el.span(choice.label, class_name="break"),
            spacing="2", align="start",
        ),
        as_="label", size="2",
    )  # fmt: skip


def _commit() -> rx.Component:
    return rx.input(
        name="commit", placeholder=Asking.question.placeholder, aria_label="Branch or commit",
        auto_complete="off", spell_check=False,
    )  # fmt: skip


def _name() -> rx.Component:
    return rx.text(
        "Type ", rx.code(Asking.question.needs_name), " to go on.",
        rx.input(
            name="name", aria_label=Asking.question.name_label, auto_complete="off",
            spell_check=False, margin_top="6px",
        ),
        as_="label", size="2",
    )  # fmt: skip


def _buttons() -> rx.Component:
    asked = Asking.question
    return rx.flex(
        rx.dialog.close(rx.button("Not now", type="button", variant="soft", color_scheme="gray")),
        rx.button(asked.button, type="submit", color_scheme=rx.cond(asked.danger, "red", "indigo")),
        spacing="3", justify="end",
    )  # fmt: skip

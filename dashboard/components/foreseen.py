"""What would change, in sentences, and the button that has it worked out."""

from collections.abc import Sequence

import reflex as rx

from dashboard.shown.foreseen import Line
from dashboard.state.asking import Asking
from dashboard.state.foreseeing import Foreseeing


def look_ahead() -> rx.Component:
    """Give the part of the dialog that says what would change, once somebody wants to know."""
    begun = Foreseeing.about == Asking.opening
    wants = rx.button(
        rx.icon("telescope", size=15), "What would change?", type="button", variant="soft",
        color_scheme="gray", on_click=Foreseeing.look,
    )  # fmt: skip
    works = rx.flex(
        rx.spinner(size="2"),
        rx.text(
            "Working out what would change. It is built as it would be deployed, and nothing is "
            "touched; that can take a while, and you need not wait for it.",
            size="2",
        ),
        spacing="3", role="status",
    )  # fmt: skip
    found = rx.box(foreseen(Foreseeing.found), class_name="ahead", role="status", tab_index=0)
    return rx.box(rx.cond(begun, rx.cond(Foreseeing.looking, works, found), wants))


def foreseen(lines: Sequence[Line]) -> rx.Component:
    """Give what would change, as it was laid out; what warns of a loss stands out."""
    return rx.box(rx.foreach(lines, _line), data_testid="foreseen")


def _line(line: rx.Var[Line]) -> rx.Component:
    return rx.text(
        line.said, size="2", class_name="break", white_space="pre-wrap",
        weight=rx.cond(line.grave, "bold", "regular"),
        color=rx.cond(line.grave, "var(--red-11)", "inherit"),
    )  # fmt: skip

"""One deployment: its steps, its stacks, its log, who asked for it, and why it failed."""

import reflex as rx

from dashboard.components.dialog import question
from dashboard.components.foreseen import foreseen
from dashboard.components.log_viewer import log_viewer
from dashboard.components.shell import lamp, read_or_missing, shell, title
from dashboard.components.waiting import waiting, why
from dashboard.shown.deployment import Output, ResourceShown, StackShown, StepShown
from dashboard.state.asking import Asking
from dashboard.state.deployment import OneDeployment
from dashboard.state.here import Here

_SHOWN = OneDeployment.shown


def page() -> rx.Component:
    """Give the page."""
    application, environment = rx.State.application, rx.State.environment
    return shell(
        read_or_missing(_SHOWN.there, _deployment(), until=_reading()),
        question(),
        crumbs=[
            (application, f"/applications/{application}"),
            (environment, f"/applications/{application}/{environment}/settings"),
        ],
    )


def _deployment() -> rx.Component:
    cancel = rx.button(
        "Cancel deployment", variant="soft", color_scheme="red",
        on_click=Asking.ask_about("cancel", rx.State.environment, _SHOWN.number),
    )  # fmt: skip
    return rx.box(
        title(
            _SHOWN.title,
            rx.flex(
                rx.cond(Here.may_deploy & ~_SHOWN.ended & ~_SHOWN.cancelling, cancel),
                rx.badge(
                    lamp(_SHOWN.colour, busy=_SHOWN.state == "running"),
                    _SHOWN.state, color_scheme=_SHOWN.colour, size="3", data_testid="state",
                ),
                spacing="3", align="center",
            ),
        ),
        rx.cond(_SHOWN.failed.there, _failure()),
        rx.cond(
            _SHOWN.waits,
            rx.box(
                waiting(_SHOWN.waiting, rx.State.environment, cancels=False),
                margin_bottom="20px", max_width="560px",
            ),
        ),
        rx.box(
            rx.flex(
                _facts(), _foreseen(), _why(), _steps(), _stacks(), _outputs(),
                direction="column", spacing="4",
            ),
            rx.cond(
                _SHOWN.run != "",
                log_viewer(run=_SHOWN.run, ended=_SHOWN.ended, key=_SHOWN.run),
                rx.box("It has not begun: there is no log yet.", class_name="nothing"),
            ),
            class_name="two",
        ),
    )  # fmt: skip


def _failure() -> rx.Component:
    failed = _SHOWN.failed
    return rx.card(
        rx.flex(
            rx.flex(
                lamp(failed.colour),
                rx.text(failed.sentence, weight="medium", class_name="break"),
                spacing="2", align="baseline",
            ),
            rx.text(failed.remedy, size="2", color="var(--gray-11)"),
            rx.cond(failed.tail != "", rx.el.pre(failed.tail, class_name="tail mono")),
            direction="column", spacing="2",
        ),
        margin_bottom="20px", role="alert",
    )  # fmt: skip


def _facts() -> rx.Component:
    commit = rx.cond(
        _SHOWN.commit_url != "",
        rx.link(_SHOWN.commit, href=_SHOWN.commit_url, is_external=True, class_name="mono"),
        rx.el.span(_SHOWN.commit, class_name="mono"),
    )
    facts: list[tuple[str, rx.Component, rx.Var[bool] | bool]] = [
        ("What", rx.el.span(_SHOWN.subtitle, class_name="break"), True),
        ("Why", rx.el.span(_SHOWN.why, class_name="break"), True),
        ("Commit", commit, _SHOWN.commit != ""),
        ("Message", rx.el.span(_SHOWN.message, class_name="break"), _SHOWN.message != ""),
        ("Asked at", rx.el.span(_SHOWN.asked_at), True),
        ("Took", rx.el.span(_SHOWN.took), _SHOWN.took != ""),
        ("Approved", rx.el.span(_SHOWN.approved_by, class_name="break"), _SHOWN.approved_by != ""),
        ("Freeze", rx.el.span(_SHOWN.freeze, class_name="break"), _SHOWN.freeze != ""),
        ("Builder", rx.el.span(_SHOWN.builder, class_name="break"), _SHOWN.builder != ""),
        ("Run", rx.el.span(_SHOWN.attempt), _SHOWN.attempt != ""),
    ]
    cells = [
        rx.cond(there, rx.fragment(rx.el.span(name), value)) if there is not True
        else rx.fragment(rx.el.span(name), value)
        for name, value, there in facts
    ]  # fmt: skip
    return rx.card(rx.box(*cells, class_name="facts"))


def _foreseen() -> rx.Component:
    lines = rx.card(
        rx.heading("What would change", as_="h2", size="3", margin_bottom="6px"),
        foreseen(_SHOWN.foreseen),
    )
    return rx.cond(_SHOWN.foreseen.length() > 0, lines)


def _why() -> rx.Component:
    return rx.card(why(_SHOWN.reasons, "Why, in full"))


def _steps() -> rx.Component:
    steps = rx.card(
        rx.heading("Steps", as_="h2", size="3", margin_bottom="6px"),
        rx.box(rx.foreach(_SHOWN.steps, _step), role="list", aria_label="Steps"),
    )
    return rx.cond(_SHOWN.steps.length() > 0, steps)


def _step(step: rx.Var[StepShown]) -> rx.Component:
    return rx.box(
        lamp(step.colour, busy=step.going_on),
        rx.el.span(step.name, " ", rx.el.span(step.said, style={"color": "var(--gray-11)"})),
        rx.el.span(step.took, style={"color": "var(--gray-11)"}),
        class_name="step", role="listitem",
    )  # fmt: skip


def _stacks() -> rx.Component:
    return rx.fragment(rx.foreach(_SHOWN.stacks, _stack))


def _stack(stack: rx.Var[StackShown]) -> rx.Component:
    return rx.card(
        rx.flex(
            rx.heading(stack.name, as_="h2", size="3", class_name="break"),
            rx.text(stack.counted, size="2", color="var(--gray-11)", flex="none"),
            justify="between", spacing="3", align="baseline",
        ),
        rx.text(stack.status, size="2", color="var(--gray-11)", margin_bottom="8px"),
        rx.progress(value=stack.percent, size="1", color_scheme=stack.colour, margin_bottom="8px"),
        rx.foreach(stack.resources, _resource),
    )  # fmt: skip


def _resource(resource: rx.Var[ResourceShown]) -> rx.Component:
    return rx.box(
        lamp(resource.colour),
        rx.box(
            rx.text(resource.name, size="2", class_name="break"),
            rx.text(resource.kind, size="1", color="var(--gray-11)", class_name="break"),
            rx.cond(
                resource.reason != "",
                rx.text(resource.reason, size="1", color="var(--red-11)", class_name="break"),
            ),
            min_width="0",
        ),
        rx.text(resource.status, size="1", color="var(--gray-11)", text_align="right"),
        class_name="resource",
    )  # fmt: skip


def _outputs() -> rx.Component:
    outputs = rx.card(
        rx.heading("Outputs", as_="h2", size="3", margin_bottom="8px"),
        rx.foreach(_SHOWN.outputs, _output),
    )
    return rx.cond(_SHOWN.outputs.length() > 0, outputs)


def _output(output: rx.Var[Output]) -> rx.Component:
    return rx.box(
        rx.text(output.name, size="1", color="var(--gray-11)"),
        rx.cond(
            output.is_address,
            rx.link(
                output.value, href=output.value, is_external=True, size="2", class_name="break"
            ),
            rx.text(output.value, size="2", class_name="break"),
        ),
        margin_bottom="6px",
    )


def _reading() -> rx.Component:
    return rx.box(rx.skeleton(height="260px"), rx.skeleton(height="420px"), class_name="two")

"""What deployments to one environment wait for, and what its runs do: a part of its settings."""

import reflex as rx

from dashboard.components.forms import (
    card,
    chosen,
    field,
    form,
    number,
    several,
    switch,
    text,
)
from dashboard.shown.settings import Rules
from dashboard.state.settings import EnvironmentSettings
from trellis_contracts.sizes import BuildSize

_SIZES = [
    (size.value, f"{size.value}: {size.memory_mib // 1024} GiB, {size.cpus} processors")
    for size in BuildSize
]
_QUEUES = [("latest", "The newest push alone"), ("all", "Every push, in turn")]


def rules() -> rx.Component:
    """Give the card of the rules."""
    shown = EnvironmentSettings.shown.rules
    return card(
        "Rules", "What a deployment waits for before it starts. A rollback waits for nothing.",
        form(
            "rules", "Save rules",
            *_approvals(shown), *_others(shown),
            on_submit=EnvironmentSettings.save_rules, key=shown.key,
        ),
    )  # fmt: skip


def _approvals(shown: Rules) -> list[rx.Component]:
    return [
        _side_by_side(
            field(
                "Approvals", "How many people must agree. Empty: none.",
                number("approvals", default_value=shown.approvals, max="10"),
            ),
            field(
                "Hours to approve", "Then it ends. Empty: 168.",
                number("approval_hours", default_value=shown.approval_hours),
            ),
        ),
        field(
            "Approvers", "As ana, ben. Empty: everybody who may approve.",
            text("approvers", default_value=shown.approvers),
        ),
        switch("own", "Whoever asked may approve too", shown.own),
    ]  # fmt: skip


def _others(shown: Rules) -> list[rx.Component]:
    return [
        field(
            "Windows",
            "One a line: deny or allow, when it opens (cron), for how long, time zone. While "
            "a denying one is open, nothing but a rollback starts.",
            several(
                "windows", "deny 0 18 * * fri 62h Europe/Rome", default_value=shown.windows
            ),
        ),
        field(
            "Checks", "One a line, as GitHub names them: a push waits for all of them.",
            several("checks", "build", default_value=shown.checks),
        ),
        _side_by_side(
            field(
                "Minutes for checks", "Empty: 60.",
                number("check_minutes", default_value=shown.check_minutes),
            ),
            field(
                "While it is busy", "What is deployed of pushes that wait.",
                chosen("queue", "While it is busy", _QUEUES, now=shown.queue),
            ),
        ),
    ]  # fmt: skip


def builds() -> rx.Component:
    """Give the card of what a run does and may take."""
    shown = EnvironmentSettings.shown.builds
    return card(
        "Runs", "What is run besides the deploy, and what it may take.",
        form(
            "builds", "Save runs",
            switch("tests", "Run the tests before it deploys", shown.tests),
            field(
                "Test command", "Empty: npm run test.",
                text("test_command", "npm run test", default_value=shown.test_command),
            ),
            field(
                "Before the deploy", "A command; when it fails, nothing is touched.",
                text("before_deploy", "npm run check", default_value=shown.before_deploy),
            ),
            field(
                "After the deploy",
                "A command that gets the stacks' outputs; when it fails, the release stays and "
                "has not passed.",
                text("after_deploy", "npm run smoke", default_value=shown.after_deploy),
            ),
            field(
                "Size", "For each program of a run.",
                chosen("size", "Size", _SIZES, now=shown.size),
            ),
            _side_by_side(
                field(
                    "Minutes for a run", "Empty: as the builder is set.",
                    number("run_minutes", default_value=shown.run_minutes),
                ),
                field(
                    "Minutes of silence", "After which a program is ended.",
                    number("silence_minutes", default_value=shown.silence_minutes),
                ),
            ),
            on_submit=EnvironmentSettings.save_builds, key=shown.key,
        ),
    )  # fmt: skip


def _side_by_side(*fields: rx.Component) -> rx.Component:
    return rx.box(*fields, class_name="halves")

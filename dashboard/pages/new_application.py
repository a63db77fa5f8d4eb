"""Connect a repository, and see what to enter in GitHub."""

import reflex as rx

from dashboard.components.forms import field, text
from dashboard.components.shell import refusal, shell, title, way_to
from dashboard.state.creating import Creating
from dashboard.state.here import Here


def page() -> rx.Component:
    """Give the page."""
    return shell(
        title("New application"),
        rx.cond(
            Creating.made != "",
            _made(),
            rx.cond(Here.may_create, _form(), rx.text("You may look, not create.")),
        ),
        crumbs=[("New application", "/new-application")],
    )


def _form() -> rx.Component:
    return rx.card(
        rx.form(
            rx.flex(
                field(
                    "Repository", "Where it is cloned from.",
                    text("repository", "https://github.com/acme/shop", required=True),
                ),
                field(
                    "Name", "Small letters, digits and hyphens. Stacks are named after it.",
                    text("name", "shop", required=True),
                ),
                field(
                    "Branch", "Pushes to it deploy development. Empty: main.",
                    text("default_branch", "main"),
                ),
                field(
                    "Folder", "Where in the repository it lies. Empty: it is looked for.",
                    text("folder", ""),
                ),
                field(
                    "Clone token", "For a private repository. It is stored sealed and never shown.",
                    text("clone_token", "", type="password"),
                ),
                refusal(Creating.refusal),
                rx.button("Create application", type="submit", align_self="start"),
                direction="column", spacing="4",
            ),
            on_submit=Creating.create,
        ),
        size="3", max_width="560px",
    )  # fmt: skip


def _made() -> rx.Component:
    return rx.card(
        rx.flex(
            rx.heading(f"{Creating.made} is connected", as_="h2", size="4"),
            rx.text(
                "Let GitHub tell Trellis of pushes: in the repository, Settings → Webhooks → Add "
                "webhook, enter these. The secret is shown this once.",
                color="var(--gray-11)", size="2",
            ),
            _copied("Payload URL", Creating.hook_url),
            _copied("Content type", "application/json"),
            _copied("Secret", Creating.hook_secret),
            rx.text(
                "Events: pushes, pull requests, check runs, statuses, repositories.", size="2",
                color="var(--gray-11)",
            ),
            rx.box(way_to("To the application", Creating.href)),
            direction="column", spacing="4", align="stretch",
        ),
        size="3", max_width="640px",
    )  # fmt: skip


def _copied(label: str, value: rx.Var[str] | str) -> rx.Component:
    return rx.box(
        rx.text(label, size="2", weight="medium"),
        rx.flex(
            rx.code(value, class_name="break", variant="soft", size="2", aria_label=label),
            rx.icon_button(
                rx.icon("copy", size=15), size="1", variant="ghost", type="button",
                aria_label=f"Copy {label}", on_click=rx.set_clipboard(value),
            ),
            spacing="3", align="center",
        ),
    )  # fmt: skip

"""How one environment is set: what deploys it, what its builds get, and whose cloud it is."""

import reflex as rx
from reflex.event import EventSpec

from dashboard.components.shell import Truth, missing, refusal, shell, title
from dashboard.pages.new_application import field, text
from dashboard.shown.settings import Named
from dashboard.state.here import Here
from dashboard.state.settings import EnvironmentSettings

_SHOWN = EnvironmentSettings.shown


def page() -> rx.Component:
    """Give the page."""
    application, environment = rx.State.application, rx.State.environment
    return shell(
        missing(),
        rx.cond(_SHOWN.there, _all(), rx.cond(Here.missing == "", rx.skeleton(height="400px"))),
        crumbs=[
            (application, f"/applications/{application}"),
            (environment, f"/applications/{application}/{environment}/settings"),
        ],
    )


def _all() -> rx.Component:
    return rx.box(
        title(f"Settings of {rx.State.environment}"),
        rx.box(refusal(EnvironmentSettings.refusal), margin_bottom="16px"),
        rx.box(
            _deploying(),
            rx.flex(_variables(), _secrets(), _credentials(), direction="column", spacing="4"),
            class_name="pair",
        ),
    )


def _card(heading: str, hint: str, *content: rx.Component) -> rx.Component:
    return rx.card(
        rx.heading(heading, as_="h2", size="3"),
        rx.text(hint, size="2", color="var(--gray-11)", margin_bottom="14px"),
        *content,
        size="2",
    )


def _deploying() -> rx.Component:
    key = f"{_SHOWN.branch}{_SHOWN.automatic}{_SHOWN.tests}{_SHOWN.test_command}{_SHOWN.region}"
    return _card(
        "Deploying", "From the next deployment on.",
        rx.form(
            rx.flex(
                field(
                    "Branch", "Empty: none of its own.",
                    text("branch", default_value=_SHOWN.branch),
                ),
                rx.cond(
                    _SHOWN.production,
                    rx.text("Production is never deployed by a push.", size="2"),
                    _switch("automatic", "Deploy each push to the branch", _SHOWN.automatic),
                ),
                _switch("tests", "Run the tests before it deploys", _SHOWN.tests),
                field(
                    "Test command", "Empty: npm run test.",
                    text("test_command", "npm run test", default_value=_SHOWN.test_command),
                ),
                field(
                    "AWS region", "Where its stacks lie.",
                    text("region", default_value=_SHOWN.region),
                ),
                field(
                    "Stack name", "Empty: the application's name and the stage.",
                    text("stack_name", default_value=_SHOWN.stack_name),
                ),
                _submit("Save"),
                direction="column", spacing="4",
            ),
            on_submit=EnvironmentSettings.save, key=key,
        ),
    )  # fmt: skip


def _variables() -> rx.Component:
    return _card(
        "Variables", "Builds get them. Everybody who may read sees them.",
        rx.foreach(
            _SHOWN.variables, lambda one: _named(one, EnvironmentSettings.remove_variable(one.name))
        ),
        _entry(EnvironmentSettings.set_variable, "Value", hidden=False),
    )  # fmt: skip


def _secrets() -> rx.Component:
    return _card(
        "Secrets",
        "They fill NoEcho parameters of templates; no log and no page ever shows them again.",
        rx.foreach(
            _SHOWN.secrets, lambda one: _named(one, EnvironmentSettings.remove_secret(one.name))
        ),
        _entry(EnvironmentSettings.set_secret, "New value", hidden=True),
    )  # fmt: skip


def _credentials() -> rx.Component:
    state = rx.cond(
        _SHOWN.credentials != "",
        rx.badge(_SHOWN.credentials, color_scheme="green"),
        rx.badge("not set", color_scheme="orange"),
    )
    return _card(
        "AWS credentials", "What its deployments use. They are stored sealed and never shown.",
        rx.box(state, margin_bottom="12px"),
        rx.cond(
            Here.may_configure,
            rx.form(
                rx.flex(
                    field("Access key id", "", text("access_key_id", required=True)),
                    field(
                        "Secret access key", "",
                        text("secret_access_key", type="password", required=True),
                    ),
                    field(
                        "Session token", "Of temporary credentials alone.",
                        text("session_token", type="password"),
                    ),
                    _submit("Set credentials"),
                    direction="column", spacing="3",
                ),
                on_submit=EnvironmentSettings.set_credentials, reset_on_submit=True,
                key=EnvironmentSettings.version.to_string() + "credentials",
            ),
        ),
    )  # fmt: skip


def _named(one: rx.Var[Named], removal: EventSpec) -> rx.Component:
    return rx.box(
        rx.text(one.name, size="2", class_name="mono break"),
        rx.text(one.value, size="2", color="var(--gray-11)", class_name="break"),
        rx.cond(
            Here.may_configure,
            rx.icon_button(
                rx.icon("trash_2", size=15), variant="ghost", color_scheme="gray", size="1",
                aria_label=f"Remove {one.name}", on_click=removal,
            ),
        ),
        class_name="entry", margin_bottom="8px",
    )  # fmt: skip


def _entry(setting: object, label: str, *, hidden: bool) -> rx.Component:
    kind = {"type": "password"} if hidden else {}
    return rx.cond(
        Here.may_configure,
        rx.form(
            rx.box(
                text("name", "NAME", required=True, aria_label="Name"),
                text("value", label, required=hidden, aria_label=label, **kind),
                rx.button("Set", type="submit", variant="soft"),
                class_name="entry", margin_top="10px",
            ),
            on_submit=setting, reset_on_submit=True,
        ),
    )  # fmt: skip


def _switch(name: str, label: str, on: Truth) -> rx.Component:
    return rx.text(
        rx.flex(rx.switch(name=name, default_checked=on), label, spacing="2", align="center"),
        as_="label", size="2",
    )  # fmt: skip


def _submit(label: str) -> rx.Component:
    return rx.cond(Here.may_configure, rx.button(label, type="submit", align_self="start"))

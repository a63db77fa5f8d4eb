"""How one environment is set: what deploys it, what its builds get, and whose cloud it is."""

import reflex as rx
from reflex.event import EventSpec

from dashboard.components.dialog import question
from dashboard.components.forms import card, field, form, refused, several, switch, text
from dashboard.components.shell import read_or_missing, shell, title
from dashboard.pages.rules import builds, rules
from dashboard.shown.settings import Named
from dashboard.state.asking import Asking
from dashboard.state.here import Here
from dashboard.state.settings import EnvironmentSettings

_SHOWN = EnvironmentSettings.shown


def page() -> rx.Component:
    """Give the page."""
    application, environment = rx.State.application, rx.State.environment
    return shell(
        read_or_missing(_SHOWN.name == environment, _all(), until=rx.skeleton(height="400px")),
        question(),
        crumbs=[
            (application, f"/applications/{application}"),
            (environment, f"/applications/{application}/{environment}/settings"),
        ],
    )


def _all() -> rx.Component:
    own = _SHOWN.pull_request == 0
    sealed = rx.fragment(_secrets(), _credentials(), rx.cond(Here.may_configure, _identity()))
    return rx.box(
        title(f"Settings of {rx.State.environment}"),
        rx.box(
            _stacked(_deploying(), builds(), rx.cond(own, _variables())),
            _stacked(rules(), rx.cond(own, sealed, _of_template())),
            class_name="pair",
        ),
    )


def _stacked(*cards: rx.Component) -> rx.Component:
    return rx.flex(*cards, direction="column", spacing="4")


def _of_template() -> rx.Component:
    return card(
        "Values", "Its variables, secrets and credentials are those of the template, as they are "
        "at each deployment. It goes with its pull request.",
    )  # fmt: skip


def _deploying() -> rx.Component:
    shown = _SHOWN.deploying
    return card(
        "Deploying", "From the next deployment on.",
        form(
            "deploying", "Save",
            field(
                "Branch", "Or a pattern: release/*. Empty: none of its own.",
                text("branch", default_value=shown.branch),
            ),
            rx.cond(
                _SHOWN.production,
                rx.text("Production is never deployed by a push.", size="2"),
                switch("automatic", "Deploy each push to the branch", shown.automatic),
            ),
            field(
                "AWS region", "Where its stacks lie.", text("region", default_value=shown.region)
            ),
            field(
                "Stack name", "Empty: the application's name and the stage.",
                text("stack_name", default_value=shown.stack_name),
            ),
            on_submit=EnvironmentSettings.save, key=shown.key,
        ),
    )  # fmt: skip


def _variables() -> rx.Component:
    return card(
        "Variables", "Builds get them. Everybody who may read sees them.",
        rx.foreach(
            _SHOWN.variables, lambda one: _named(one, EnvironmentSettings.remove_variable(one.name))
        ),
        _entry(EnvironmentSettings.set_variable, "Value", hidden=False),
        refused("variables"),
    )  # fmt: skip


def _secrets() -> rx.Component:
    return card(
        "Secrets",
        "They fill NoEcho parameters of templates; no log and no page ever shows them again.",
        rx.foreach(
            _SHOWN.secrets, lambda one: _named(one, EnvironmentSettings.remove_secret(one.name))
        ),
        _entry(EnvironmentSettings.set_secret, "New value", hidden=True),
        refused("secrets"),
    )  # fmt: skip


def _credentials() -> rx.Component:
    state = rx.cond(
        _SHOWN.credentials != "",
        rx.badge(_SHOWN.credentials, color_scheme="green"),
        rx.badge("not set", color_scheme="orange"),
    )
    entered = form(
        "credentials", "Set credentials",
        field("Access key id", "", text("access_key_id", required=True)),
        field(
            "Secret access key", "", text("secret_access_key", type="password", required=True)
        ),
        field(
            "Session token", "Of temporary credentials alone.",
            text("session_token", type="password"),
        ),
        on_submit=EnvironmentSettings.set_credentials,
        key=EnvironmentSettings.version.to_string() + "credentials",
    )  # fmt: skip
    return card(
        "AWS credentials", "What its deployments use. They are stored sealed and never shown.",
        rx.box(state, margin_bottom="12px"), rx.cond(Here.may_configure, entered),
    )  # fmt: skip


def _identity() -> rx.Component:
    """What the environment is called, whether it is production, and its end."""
    kind = rx.cond(
        _SHOWN.production,
        "It is a production environment: no push deploys to it.",
        "It is no production environment.",
    )
    classify = rx.button(
        rx.cond(_SHOWN.production, "Make it no production environment", "Make it production"),
        variant="soft", color_scheme="gray", on_click=Asking.ask("classify", _SHOWN.name),
    )  # fmt: skip
    removal = rx.button(
        "Remove environment", variant="soft", color_scheme="red",
        on_click=Asking.ask("remove", _SHOWN.name),
    )  # fmt: skip
    return card(
        "Environment", f"Its stage is {_SHOWN.stage} and stays: it is in the names of its stacks.",
        form(
            "name", "Rename", field("Name", "", text("name", default_value=_SHOWN.name)),
            on_submit=EnvironmentSettings.rename, key=_SHOWN.name,
        ),
        rx.separator(margin_y="16px"),
        rx.text(kind, size="2", margin_bottom="10px"),
        rx.flex(
            rx.cond(Here.may_administer, classify), removal, spacing="3", wrap="wrap"
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
    """Give the fields of one value; it may have lines, as a private key has."""
    seen = "mono veiled" if hidden else "mono"
    return rx.cond(
        Here.may_configure,
        rx.form(
            rx.box(
                text("name", "NAME", required=True, aria_label="Name"),
                several(
                    "value", label, rows="1", required=hidden, aria_label=label, class_name=seen
                ),
                rx.button("Set", type="submit", variant="soft"),
                class_name="entry", margin_y="10px",
            ),
            on_submit=setting, key=EnvironmentSettings.version.to_string() + label,
        ),
    )  # fmt: skip

"""An environment's settings, variables, secrets and credentials."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import quote

import reflex as rx
from reflex.event import EventSpec

from dashboard.errors import NotThere, SignedOut, Trouble
from dashboard.rooms import rooms
from dashboard.shown.settings import Settings, settings
from dashboard.state.here import Here, argument, follow, put, to_sign_in, visitor_of
from dashboard.visitors import Visitor
from trellis_contracts.views import ApplicationView, EnvironmentView

Found = tuple[ApplicationView, EnvironmentView]


class EnvironmentSettings(Here):
    """The page of one environment's settings. What is typed into a secret is never kept here."""

    shown: Settings = Settings()
    refusal: str = ""
    version: int = 0
    """Grows when something was accepted: the forms are emptied."""

    @rx.event(background=True)
    async def watch(self) -> AsyncGenerator[EventSpec]:
        """Keep the page as things are."""
        async with self:
            self.shown, self.refusal = Settings(), ""
            at = _at(self)

        async def read(who: Visitor) -> Found:
            return await _found(who, at)

        def show(found: Found) -> None:
            put(self, "shown", settings(found[1]))

        async for leaving in follow(self, read, show):
            yield leaving

    @rx.event
    async def save(self, typed: dict[str, Any]) -> EventSpec | None:
        """Change the settings."""
        return await self._have("PATCH", "settings", wanted_settings(typed), said="Settings saved")

    @rx.event
    async def set_variable(self, typed: dict[str, Any]) -> EventSpec | None:
        """Give a variable a value."""
        name, value = str(typed.get("name", "")).strip(), str(typed.get("value", ""))
        path = f"variables/{quote(name, safe='')}"
        return await self._have("PUT", path, {"value": value}, said=f"{name} is set")

    @rx.event
    async def remove_variable(self, name: str) -> EventSpec | None:
        """Remove a variable."""
        path = f"variables/{quote(name, safe='')}"
        return await self._have("DELETE", path, None, said=f"{name} is removed")

    @rx.event
    async def set_secret(self, typed: dict[str, Any]) -> EventSpec | None:
        """Give a secret a new version."""
        name, value = str(typed.get("name", "")).strip(), str(typed.get("value", ""))
        path = f"secrets/{quote(name, safe='')}"
        return await self._have("PUT", path, {"value": value}, said=f"{name} has a new version")

    @rx.event
    async def remove_secret(self, name: str) -> EventSpec | None:
        """Remove a secret."""
        path = f"secrets/{quote(name, safe='')}"
        return await self._have("DELETE", path, None, said=f"{name} is removed")

    @rx.event
    async def set_credentials(self, typed: dict[str, Any]) -> EventSpec | None:
        """Give the environment the AWS credentials that its deployments use."""
        fields = ("access_key_id", "secret_access_key", "session_token")
        body = {field: str(typed.get(field, "")).strip() or None for field in fields}
        return await self._have("PUT", "credentials", body, said="Credentials are set")

    async def _have(
        self, method: str, path: str, body: Mapping[str, object] | None, *, said: str
    ) -> EventSpec | None:
        who = visitor_of(self)
        try:
            application, environment = await _found(who, _at(self))
            address = f"/applications/{application.application_id}/environments"
            whole = f"{address}/{environment.environment_id}/{path}"
            await rooms().client.decide(who, method, whole, body=body)
        except SignedOut:
            return to_sign_in()
        except Trouble as trouble:
            self.refusal = str(trouble)
            return None
        self.refusal, self.version = "", self.version + 1
        return rx.toast.success(said)


def _at(page: rx.State) -> tuple[str, str]:
    return argument(page, "application"), argument(page, "environment")


async def _found(who: Visitor, at: tuple[str, str]) -> Found:
    application = await rooms().client.application(who, at[0])
    for environment in application.environments:
        if environment.name == at[1]:
            return application, environment
    raise NotThere(f"{at[0]} has no environment {at[1]}.")


def wanted_settings(typed: Mapping[str, Any]) -> dict[str, object]:
    """Give what the form says as the API takes it: an empty field is none."""

    def text(field: str) -> str | None:
        return str(typed.get(field, "")).strip() or None

    region = {"region": text("region")} if text("region") else {}
    return {
        "branch": text("branch"),
        "automatic": _is_on(typed.get("automatic")),
        "tests": _is_on(typed.get("tests")),
        "test_command": text("test_command"),
        "stack_name": text("stack_name"),
        **region,
    }


def _is_on(given: object) -> bool:
    return given in (True, "on", "true")

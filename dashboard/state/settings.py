"""An environment's settings, rules, variables, secrets and credentials, and its name."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import quote

import reflex as rx
from reflex.event import EventSpec

from dashboard.rooms import rooms
from dashboard.shown.settings import Settings, settings
from dashboard.shown.words import settings_of
from dashboard.state.changing import Changing, Found, changed, decide_here, forget, found, place
from dashboard.state.here import follow, put
from dashboard.typed import Typed, text, wanted_builds, wanted_rules, wanted_settings
from dashboard.visitors import Visitor


class EnvironmentSettings(Changing):
    """The page of one environment's settings. What is typed into a secret is never kept here."""

    shown: Settings = Settings()

    @rx.event(background=True)
    async def watch(self) -> AsyncGenerator[EventSpec]:
        """Keep the page as things are."""
        async with self:
            self.shown = Settings()
            forget(self)
            at = place(self)

        async def read(who: Visitor) -> Found:
            return await found(who, at)

        def show(read_: Found) -> None:
            put(self, "shown", settings(read_[1]))

        async for leaving in follow(self, read, show):
            yield leaving

    @rx.event
    async def save(self, typed: dict[str, Any]) -> EventSpec | None:
        """Change what deploys it, and where to."""

        async def change(who: Visitor) -> str:
            return await _configured(self, who, wanted_settings(typed))

        return await changed(self, "deploying", change)

    @rx.event
    async def save_builds(self, typed: dict[str, Any]) -> EventSpec | None:
        """Change what its runs do and may take."""

        async def change(who: Visitor) -> str:
            return await _configured(self, who, wanted_builds(typed))

        return await changed(self, "builds", change)

    @rx.event
    async def save_rules(self, typed: dict[str, Any]) -> EventSpec | None:
        """Change what its deployments wait for."""

        async def change(who: Visitor) -> str:
            return await _configured(self, who, wanted_rules(typed))

        return await changed(self, "rules", change)

    @rx.event
    async def rename(self, typed: dict[str, Any]) -> EventSpec | None:
        """Give the environment another name, and go where it is then."""

        async def change(who: Visitor) -> EventSpec:
            name = text(typed, "name") or ""
            decision = await decide_here(self, who, "PUT", path="name", body={"name": name})
            application = place(self)[0]
            await rooms().client.application(who, application, after=decision.position)
            return rx.redirect(settings_of(application, name))

        return await changed(self, "name", change)

    @rx.event
    async def set_variable(self, typed: dict[str, Any]) -> EventSpec | None:
        """Give a variable a value."""
        return await _given(self, "variables", typed, said="is set")

    @rx.event
    async def remove_variable(self, name: str) -> EventSpec | None:
        """Remove a variable."""
        return await _taken(self, "variables", name)

    @rx.event
    async def set_secret(self, typed: dict[str, Any]) -> EventSpec | None:
        """Give a secret a new version."""
        return await _given(self, "secrets", typed, said="has a new version")

    @rx.event
    async def remove_secret(self, name: str) -> EventSpec | None:
        """Remove a secret."""
        return await _taken(self, "secrets", name)

    @rx.event
    async def set_credentials(self, typed: dict[str, Any]) -> EventSpec | None:
        """Give the environment the AWS credentials that its deployments use."""

        async def change(who: Visitor) -> str:
            fields = ("access_key_id", "secret_access_key", "session_token")
            body = {field: text(typed, field) for field in fields}
            await decide_here(self, who, "PUT", path="credentials", body=body)
            return "Credentials are set"

        return await changed(self, "credentials", change)


async def _configured(page: Changing, who: Visitor, body: Mapping[str, object]) -> str:
    await decide_here(page, who, "PATCH", path="settings", body=body)
    return "Settings saved"


async def _given(page: Changing, kind: str, typed: Typed, *, said: str) -> EventSpec | None:
    async def change(who: Visitor) -> str:
        name = text(typed, "name") or ""
        body = {"value": str(typed.get("value", ""))}
        await decide_here(page, who, "PUT", path=f"{kind}/{quote(name, safe='')}", body=body)
        return f"{name} {said}"

    return await changed(page, kind, change)


async def _taken(page: Changing, kind: str, name: str) -> EventSpec | None:
    async def change(who: Visitor) -> str:
        path = f"{kind}/{quote(name, safe='')}"
        await decide_here(page, who, "DELETE", path=path, body=None)
        return f"{name} is removed"

    return await changed(page, kind, change)

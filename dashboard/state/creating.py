"""Connecting a repository; the hook's secret is shown this once."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from dashboard.errors import SignedOut, Trouble
from dashboard.rooms import rooms
from dashboard.shown.words import pages_of
from dashboard.state.here import Here, to_sign_in, visitor_of
from dashboard.typed import wanted_application


class Creating(Here):
    """The page that makes an application."""

    refusal: str = ""
    made: str = ""
    href: str = ""
    hook_url: str = ""
    hook_secret: str = ""

    @rx.event
    def begin(self) -> None:
        """Forget what was made before: a secret is not shown twice."""
        self.refusal = self.made = self.href = self.hook_url = self.hook_secret = ""

    @rx.event
    async def create(self, typed: dict[str, Any]) -> EventSpec | None:
        """Connect the repository, or say why not."""
        wanted = wanted_application(typed)
        try:
            made = await rooms().client.create(visitor_of(self), wanted)
        except SignedOut:
            return to_sign_in()
        except Trouble as trouble:
            self.refusal = str(trouble)
            return None
        self.refusal = ""
        self.made, self.href = str(wanted["name"]), pages_of(str(wanted["name"]))
        self.hook_url, self.hook_secret = made.webhook.url, made.webhook.secret
        return None

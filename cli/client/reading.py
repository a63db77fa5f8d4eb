"""Every question of the HTTP API, typed: views, logs, the feed of changes, health."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from cli.client.answers import Page
from cli.client.errors import ServerFailed
from cli.client.http import PATIENCE_SECONDS, Http
from cli.client.streams import events
from trellis_contracts.explaining import Explanation
from trellis_contracts.health import BuilderView, HealthView
from trellis_contracts.logs import LogLine
from trellis_contracts.names import ApplicationId, DeploymentId, EnvironmentId, PreviewId, RunId
from trellis_contracts.previewing import PreviewView
from trellis_contracts.views import ApplicationView, DeploymentView, ViewChanged

V1 = "/api/v1"

Answer = TypeVar("Answer")


class Reader:
    """Reads from one server; an async context manager. Every method raises as `Http.send` does.

    `after` is a position that was answered to a command: what is read then has it.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        token_from: str = "the caller",  # noqa: S107 - where it is from, not what it is
        transport: httpx.AsyncBaseTransport | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """Takes the server's origin and a token; a transport of tests takes the network's place."""
        self.http = Http(
            url,
            token,
            token_from=token_from,
            transport=transport,
            patience_seconds=patience_seconds,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.http.client.aclose()

    async def applications(self, *, after: int | None = None) -> tuple[ApplicationView, ...]:
        """Every application, by name."""
        answer = await self.http.send("GET", f"{V1}/views/applications", params=_after(after))
        return read(tuple[ApplicationView, ...], answer)

    async def application(
        self, name: str | ApplicationId, *, after: int | None = None
    ) -> ApplicationView:
        """One application by its name or id. Raises NotFound too."""
        path = f"{V1}/views/applications/{name}"
        return read(ApplicationView, await self.http.send("GET", path, params=_after(after)))

    async def deployments(
        self, environment: EnvironmentId, *, limit: int = 50, before: int | None = None
    ) -> tuple[DeploymentView, ...]:
        """An environment's deployments, newest first; `before` is a number to go on from."""
        path = f"{V1}/views/environments/{environment}/deployments"
        params = {"limit": limit} | ({"before": before} if before is not None else {})
        return read(tuple[DeploymentView, ...], await self.http.send("GET", path, params=params))

    async def numbered(self, environment: EnvironmentId, number: int) -> DeploymentView | None:
        """The deployment with this number; None: there is none."""
        path = f"{V1}/views/environments/{environment}/deployments"
        answer = await self.http.send("GET", path, params={"number": number})
        return next(iter(read(tuple[DeploymentView, ...], answer)), None)

    async def deployment(
        self, deployment: DeploymentId, *, after: int | None = None
    ) -> DeploymentView:
        """One deployment. Raises NotFound too."""
        path = f"{V1}/views/deployments/{deployment}"
        return read(DeploymentView, await self.http.send("GET", path, params=_after(after)))

    async def preview(self, preview: PreviewId, *, after: int | None = None) -> PreviewView:
        """One preview. Raises NotFound too."""
        path = f"{V1}/views/previews/{preview}"
        return read(PreviewView, await self.http.send("GET", path, params=_after(after)))

    async def why(
        self,
        application: str,
        environment: str,
        *,
        number: int | None = None,
        commit: str | None = None,
    ) -> Explanation:
        """Why an environment, one of its deployments or a commit is as it is."""
        wanted = {"environment": environment, "number": number, "commit": commit}
        params = {name: value for name, value in wanted.items() if value is not None}
        path = f"{V1}/views/applications/{application}/why"
        return read(Explanation, await self.http.send("GET", path, params=params))

    async def feed(
        self, application: ApplicationId | None = None
    ) -> AsyncGenerator[ViewChanged | None]:
        """Yield what changes, for ever; None, which comes first: read the views anew."""
        params = {"application": str(application)} if application else {}
        async with aclosing(events(self.http, f"{V1}/feed", params=params)) as stream:
            async for event in stream:
                if event.event == "reset":
                    yield None
                else:
                    yield ViewChanged.model_validate_json(event.data, extra="ignore")

    async def lines(self, run: RunId, *, after: int = -1, limit: int = 1000) -> Page:
        """A page of a run's lines behind one of them."""
        params = {"after": after, "limit": limit}
        return read(Page, await self.http.send("GET", f"{V1}/logs/{run}", params=params))

    async def live_lines(self, run: RunId, *, after: int = -1) -> AsyncGenerator[LogLine]:
        """Yield a run's lines behind one of them as they come; ends after the run's last one."""
        path, params = f"{V1}/logs/{run}/live", {"after": after}
        async with aclosing(events(self.http, path, params=params)) as stream:
            async for event in stream:
                if event.event == "end":
                    return
                yield LogLine.model_validate_json(event.data, extra="ignore")

    async def builders(self) -> tuple[BuilderView, ...]:
        """What every builder has."""
        answer = await self.http.send("GET", f"{V1}/builders")
        return tuple(BuilderView.model_validate(one) for one in answer.json())

    async def health(self) -> HealthView:
        """How every service is, and what waits for one that is ill."""
        return read(HealthView, await self.http.send("GET", f"{V1}/health"))


def _after(position: int | None) -> dict[str, int]:
    return {} if position is None else {"after": position}


def read(kind: type[Answer], answer: httpx.Response) -> Answer:
    """Read an answer's body. Raises ServerFailed when it is none of these."""
    try:
        return TypeAdapter(kind).validate_json(answer.content, extra="ignore")
    except ValidationError as error:
        where = str(answer.request.url.copy_with(query=None))
        said = f"this version of `trellis` cannot read its answer ({error.error_count()} faults)"
        raise ServerFailed(where, said) from error

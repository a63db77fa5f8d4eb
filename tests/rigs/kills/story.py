"""The life of one application, in acts that can each be cut by a kill: what a team does to it."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
from pydantic import SecretStr

from cli.client.answers import AwsKeys, Created, Decision, Place
from cli.client.errors import NotFound
from cli.demo.github import HookRefused, deliver_push
from cli.git_repository import DEFAULT_BRANCH
from cli.git_server import GitServer
from tests.rigs.kills.machine import STEADY_SECONDS, SteadyApi
from tests.support.git import folder_of_files
from trellis_contracts.names import DeploymentId
from trellis_contracts.sentences import has_ended
from trellis_contracts.views import DeploymentState, DeploymentView

ACTS = ("deploy", "update", "promote", "roll back", "tear down")
_NOTHING_BEFORE = "0" * 40
_LOOK_SECONDS = 0.05


class Unexpected(AssertionError):
    """An act did not end as it does when nothing is killed."""


@dataclass
class Story:
    """One application of its own, from its first push to its teardown."""

    api: SteadyApi
    git: GitServer
    number: int
    accounts: Mapping[str, str] = field(
        default_factory=lambda: {name: _account() for name in ("development", "staging")}
    )
    deliveries: list[str] = field(default_factory=list)
    """Ids that were acknowledged."""
    commits: list[str] = field(default_factory=list)
    created: Created | None = None

    @property
    def name(self) -> str:
        return f"story-{self.number}"

    @property
    def repository(self) -> str:
        return f"acme/{self.name}"

    async def begin(self, folder: Path) -> None:
        """Connect the repository and give the environments their credentials."""
        source = folder_of_files(folder / self.name, {"template.json": _template(1)})
        self.commits.append(self.git.create_repository(self.repository, source))
        self.created = await self.api.create_application(self.name, self.git.url(self.repository))
        for environment, account in self.accounts.items():
            keys = AwsKeys(
                access_key_id=account, secret_access_key=SecretStr("a local AWS takes any")
            )
            await self.api.set_credentials(self.at(environment), keys)

    async def act(self, name: str) -> None:
        """Do one of the acts, and return when it has come to its end.

        Raises:
            Unexpected: it ended otherwise than it should.
        """
        acts: dict[str, Callable[[], Awaitable[None]]] = {
            "deploy": self._push,
            "update": self._update,
            "promote": self._promote,
            "roll back": self._roll_back,
            "tear down": self._tear_down,
        }
        async with asyncio.timeout(2 * STEADY_SECONDS):
            await acts[name]()

    def at(self, environment: str) -> Place:
        """An environment's address in the API."""
        assert self.created
        return Place(self.created.application_id, self.created.environments[environment])

    async def _push(self) -> None:
        assert self.created
        before, after = ([_NOTHING_BEFORE, *self.commits])[-2:]
        delivery = str(uuid4())
        while delivery not in self.deliveries:
            with suppress(HookRefused, httpx.TransportError):
                await deliver_push(
                    self.created.webhook,
                    repository=self.repository,
                    branch=DEFAULT_BRANCH,
                    before=before,
                    after=after,
                    delivery=delivery,
                )
                self.deliveries.append(delivery)
            await asyncio.sleep(_LOOK_SECONDS)
        await self._ended(await self._pushed(after))

    async def _update(self) -> None:
        changes = {"template.json": _template(2)}
        self.commits.append(self.git.commit(self.repository, changes, "Version 2"))
        await self._push()

    async def _promote(self) -> None:
        source = self.at("development").environment_id
        await self._decided(await self.api.promote(self.at("staging"), source))

    async def _roll_back(self) -> None:
        await self._decided(await self.api.roll_back(self.at("development")))

    async def _tear_down(self) -> None:
        for environment in ("staging", "development"):
            await self._decided(await self.api.tear_down(self.at(environment), environment))

    async def _pushed(self, commit: str) -> DeploymentId:
        environment = self.at("development").environment_id
        while True:
            for view in await self.api.deployments(environment):
                if view.commit == commit:
                    return view.deployment_id
            await asyncio.sleep(_LOOK_SECONDS)

    async def _decided(self, decision: Decision) -> None:
        assert decision.subject
        await self._ended(decision.subject)

    async def _ended(self, deployment: DeploymentId) -> None:
        view = await self._until_ended(deployment)
        if view.state is not DeploymentState.SUCCEEDED:
            raise Unexpected(f"{view.kind} #{view.number} is {view.state}: {view.failure}")

    async def _until_ended(self, deployment: DeploymentId) -> DeploymentView:
        while True:
            with suppress(NotFound):
                view = await self.api.deployment(deployment)
                if has_ended(view):
                    return view
            await asyncio.sleep(_LOOK_SECONDS)


def _template(version: int) -> str:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 10 * version}}
    outputs = {"Version": {"Value": str(version)}}
    return json.dumps({"Resources": {"Queue": queue}, "Outputs": outputs})


def _account() -> str:
    return str(10**11 + secrets.randbelow(9 * 10**11))

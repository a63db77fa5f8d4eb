"""What the demo stands on: all of Trellis, a git server, and a local AWS with an account each.

Also what the end-to-end tests stand on: both drive the same product by the same ways in.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx
from pydantic import SecretStr

from cli.client.answers import AwsKeys, Created, Decision, Place
from cli.client.api import Api
from cli.demo.github import deliver_push
from cli.git_repository import DEFAULT_BRANCH, Changes
from cli.git_server import GitServer
from cli.up import Up
from cli.watching import watch
from trellis_contracts.names import EnvironmentId
from trellis_contracts.sentences import addresses
from trellis_contracts.views import ApplicationView, DeploymentView, EnvironmentView

NOTHING_BEFORE = "0" * 40
_ANSWER_SECONDS = 30.0
ACCOUNTS = {
    "development": "111111111111",
    "staging": "222222222222",
    "production": "333333333333",
}
"""The AWS account of each environment: in a local AWS, its number is the access key too."""


class Watcher(Protocol):
    """Takes a deployment each time it has changed."""

    def show(self, view: DeploymentView) -> None:
        """Take it as it is now."""


class NoAddress(Exception):
    """A deployment shows no URL among its outputs."""

    def __init__(self, view: DeploymentView) -> None:
        super().__init__(f"{view.application} {view.environment} shows no URL in its outputs.")


@dataclass
class Stage:
    """One application on a whole Trellis; `connect` makes it."""

    up: Up
    api: Api
    git: GitServer
    name: str
    repository: str
    accounts: Mapping[str, str] = field(default_factory=lambda: ACCOUNTS)
    created: Created | None = None
    before: str = NOTHING_BEFORE

    async def connect(self, folder: Path, *, token: str | None = None) -> str:
        """Make the repository of a folder, the application, and its credentials; give the SHA."""
        head = self.git.create_repository(self.repository, folder, token=token)
        clone_token = SecretStr(token) if token else None
        self.created = await self.api.create_application(
            self.name, self.git.url(self.repository), clone_token=clone_token
        )
        for environment, account in self.accounts.items():
            secret = SecretStr("a local AWS takes any")
            keys = AwsKeys(access_key_id=account, secret_access_key=secret)
            await self.api.set_credentials(self.at(environment), keys)
        return head

    def at(self, environment: str) -> Place:
        """An environment's address in the API."""
        made = self._made()
        return Place(made.application_id, made.environments[environment])

    def commit(self, changes: Changes, message: str) -> str:
        """Commit to the default branch; give the SHA. Nobody is told."""
        return self.git.commit(self.repository, changes, message)

    async def push(self, after: str) -> None:
        """Tell the hook that the default branch has moved."""
        webhook = self._made().webhook
        await deliver_push(
            webhook,
            repository=self.repository,
            branch=DEFAULT_BRANCH,
            before=self.before,
            after=after,
        )
        self.before = after

    async def pushed(self, environment: str, commit: str) -> DeploymentView:
        """Wait for the deployment that a push of this commit brings about; give it as it is."""
        at = self.at(environment)
        async with aclosing(self.api.feed(at.application_id)) as feed:
            async for _ in feed:
                newest = await self.api.deployments(at.environment_id, limit=5)
                for view in newest:
                    if view.commit == commit:
                        return view
        raise LookupError(commit)

    async def follow(
        self, deployment: DeploymentView | Decision, progress: Watcher | None = None
    ) -> DeploymentView:
        """Wait for a deployment's end; give it as it ended."""
        after = deployment.position if isinstance(deployment, Decision) else None
        id_ = deployment.subject if isinstance(deployment, Decision) else deployment.deployment_id
        if id_ is None:
            raise LookupError("this decision made no deployment")
        last: DeploymentView | None = None
        application = self._made().application_id
        async with aclosing(watch(self.api, id_, application=application, after=after)) as views:
            async for view in views:
                if progress:
                    progress.show(view)
                last = view
        if last is None:
            raise LookupError(str(id_))
        return last

    async def application(self) -> ApplicationView:
        """The application as it is now."""
        return await self.api.application(self._made().application_id)

    async def environment(self, name: str) -> EnvironmentView:
        """One of its environments as it is now."""
        found = await self.application()
        return next(one for one in found.environments if one.name == name)

    def id_of(self, environment: str) -> EnvironmentId:
        """An environment's id."""
        return self.at(environment).environment_id

    def _made(self) -> Created:
        if self.created is None:
            raise LookupError("connect comes first")
        return self.created


async def ask(view: DeploymentView) -> dict[str, object]:
    """Ask the application that a deployment brought about; give the JSON of its answer.

    Raises:
        NoAddress: its outputs hold no URL.
        httpx.HTTPError: it does not answer, or not with 200.
    """
    url = next(iter(addresses(view.stacks)), None)
    if url is None:
        raise NoAddress(view)
    async with httpx.AsyncClient(trust_env=False, timeout=_ANSWER_SECONDS) as client:
        answer = (await client.get(url)).raise_for_status()
    said: dict[str, object] = answer.json()
    return said


@asynccontextmanager
async def on_stage(up: Up, git: GitServer, *, name: str, repository: str) -> AsyncIterator[Stage]:
    """A stage on a Trellis and a git server that run."""
    async with Api(up.url, up.token, token_from=str(up.token_file)) as api:
        yield Stage(up, api, git, name, repository)

"""A builder on real parts: bubblewrap, a git server, a local AWS, a bus, and a bookkeeper."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from cli.git_server import GitServer
from services.builder.app import create_app
from services.builder.settings import BuilderSettings
from services.chassis.secrets import open_secrets
from services.chassis.secrets.paths import credentials_path, secret_path
from tests.support.actors.bookkeeper import Bookkeeper, work_for
from tests.support.aws import AwsAccount
from trellis_contracts.continuing import Continuation
from trellis_contracts.deployments import DeployKind
from trellis_contracts.releases import Release, Target
from trellis_contracts.runs import StartRun
from trellis_contracts.settings import EnvironmentSettings

DEMO = Path(__file__).parents[2] / "deploy" / "demo"


@dataclass
class Site:
    """What a test of the builder stands on; `account` is the environment's own."""

    settings: BuilderSettings
    forge: GitServer
    books: Bookkeeper
    account: AwsAccount

    def target(self, repository: str, *, tests: bool = False, **given: object) -> Target:
        """The target of an application whose repository this site's forge has."""
        settings = EnvironmentSettings(tests=tests, region=self.account.region)
        fields = {
            "application": repository,
            "environment": "development",
            "stage": "development",
            "production": False,
            "repository": self.forge.url(repository),
            "settings": settings,
            "credentials_version": 1,
            **given,
        }
        return Target.model_validate(fields)

    async def grant(self, work: StartRun, secrets: dict[str, str] | None = None) -> None:
        """Store the account's credentials, and secrets, where the run looks for them."""
        store = open_secrets(
            self.settings.secrets.get_secret_value(),
            key_file=self.settings.keys / "secrets.key",
            create=True,
        )
        key = {"access_key_id": self.account.id, "secret_access_key": "a secret access key"}
        ids = work.application_id, work.environment_id
        await store.put(credentials_path(*ids), SecretStr(json.dumps(key)))
        for name, value in (secrets or {}).items():
            await store.put(secret_path(*ids, name), SecretStr(value))

    async def deploy(
        self,
        target: Target,
        *,
        kind: DeployKind = DeployKind.DEPLOY,
        commit: str | None = None,
        release: Release | None = None,
        previous: Release | None = None,
        secrets: dict[str, str] | None = None,
        continues: Continuation | None = None,
    ) -> StartRun:
        """Grant and hand out a run."""
        work = work_for(target, kind=kind, commit=commit, release=release, previous=previous)
        work = work.model_copy(update={"continues": continues})
        await self.grant(work, secrets)
        await self.books.give(work)
        return work


@asynccontextmanager
async def building(settings: BuilderSettings) -> AsyncIterator[None]:
    """A builder at work in this process."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield

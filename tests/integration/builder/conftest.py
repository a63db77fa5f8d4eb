"""A builder at work, and what it stands on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.git_server import GitServer
from services.builder.settings import BuilderSettings
from services.chassis.secrets import open_secrets
from services.chassis.settings import read_settings
from tests.support.actors.bookkeeper import Bookkeeper
from tests.support.aws import AwsAccount
from tests.support.building import Site, building


@pytest.fixture
async def idle_site(tmp_path: Path, nats_url: str, aws_account: AwsAccount) -> AsyncIterator[Site]:
    """Everything but the builder."""
    with GitServer(tmp_path / "git") as forge:
        settings = read_settings(
            BuilderSettings,
            data=tmp_path / "data",
            keys=tmp_path / "keys",
            nats=SecretStr(nats_url),
            git_origins=(forge.origin,),
            aws_endpoint=aws_account.endpoint,
            aws_instance="instance-1",
            heartbeat_seconds=0.2,
        )
        open_secrets(
            settings.secrets.get_secret_value(),
            key_file=settings.keys / "secrets.key",
            create=True,
        )
        books = Bookkeeper(nats_url)
        await books.start()
        yield Site(settings, forge, books, aws_account)
        await books.stop()


@pytest.fixture
async def site(idle_site: Site) -> AsyncIterator[Site]:
    """A builder, and everything that it stands on."""
    async with building(idle_site.settings):
        yield idle_site

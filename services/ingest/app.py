"""Puts ingest together: what it keeps, what it asks, what it serves. Nothing happens at import."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, FastAPI
from pydantic import SecretStr

from services.chassis import tasks
from services.chassis.bus.connection import Terms
from services.chassis.bus.sending import Bus
from services.chassis.clock import Clock, system_clock
from services.chassis.health import health_routes
from services.chassis.identity import Guard, Identities
from services.chassis.metrics import metrics_routes
from services.chassis.problems import PROBLEM_RESPONSES, install_problems
from services.chassis.secrets import open_secrets
from services.chassis.secrets.port import SecretsStore
from services.chassis.secrets.sealing import read_key_file
from services.chassis.settings import read_settings
from services.ingest.adapters.directory import Directory
from services.ingest.adapters.github_api import GitHubApi
from services.ingest.adapters.hooks import Hooks
from services.ingest.adapters.inbox import Inbox
from services.ingest.adapters.links import Links
from services.ingest.adapters.orchestrator import Orchestrator
from services.ingest.adapters.roll_call import RollCall
from services.ingest.adapters.sessions import Lifetimes, Sessions
from services.ingest.adapters.signing import Signer, open_signer
from services.ingest.adapters.tokens import Tokens
from services.ingest.handlers.aftermath import Aftermath, aftermath_routes
from services.ingest.handlers.applications import Applications
from services.ingest.handlers.deployments import Deployments
from services.ingest.handlers.description import Description
from services.ingest.handlers.door import IDENTITY, Door
from services.ingest.handlers.environments import Environments
from services.ingest.handlers.gating import Gating
from services.ingest.handlers.health import Health
from services.ingest.handlers.lifecycles import Lifecycles
from services.ingest.handlers.missed import Missed
from services.ingest.handlers.previews import Previews
from services.ingest.handlers.session import SessionRoutes
from services.ingest.handlers.sign_in import LINK, SIGN_IN, SIGN_OUT, SignIn
from services.ingest.handlers.tokens import TokenRoutes
from services.ingest.handlers.webhooks import WEBHOOKS, Webhooks
from services.ingest.settings import IngestSettings
from trellis_contracts.names import ActorId
from trellis_contracts.rights import Role

NAME = "ingest"
API = "/api/v1"
UNGUARDED = (WEBHOOKS, "/health/", SIGN_IN, LINK, SIGN_OUT, "/metrics", IDENTITY)
"""What is served without an identity. The front door does not lead to the last two."""


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """What ingest keeps: made or read from the files that the settings name."""

    directory: Directory
    tokens: Tokens
    sessions: Sessions
    hooks: Hooks
    secrets: SecretsStore
    signer: Signer


def open_rooms(settings: IngestSettings, *, clock: Clock = system_clock) -> Rooms:
    """Make the keys at the first start, and open what they open; the directory opens later.

    Raises:
        SecretsError, SigningKeyMalformed, DirectoryUnusable: each says what to do.
    """
    secrets = open_secrets(
        settings.secrets.get_secret_value(), key_file=settings.secrets_key, create=True
    )
    directory = Directory(settings.directory.get_secret_value())
    key = read_key_file(settings.secrets_key, store=directory.file)
    lives = Lifetimes(
        idle=timedelta(hours=settings.session_idle_hours),
        whole=timedelta(days=settings.session_days),
    )
    return Rooms(
        directory=directory,
        tokens=Tokens(directory, clock=clock),
        sessions=Sessions(directory, lives, clock=clock),
        hooks=Hooks(directory, key=key, clock=clock),
        secrets=secrets,
        signer=open_signer(
            settings.identity_private_key, settings.identity_public_key, clock=clock
        ),
    )


def create_app(settings: IngestSettings | None = None, *, clock: Clock = system_clock) -> FastAPI:
    """Build ingest from its settings, read from the environment if none are given.

    It connects when its lifespan begins, and opens the directory for itself alone.

    Raises:
        SettingsRejected, SecretsError, SigningKeyMalformed, DirectoryUnusable: it cannot serve.
    """
    settings = settings or read_settings(IngestSettings)
    rooms = open_rooms(settings, clock=clock)
    terms = Terms(unsafe=settings.nats_unsafe, replicas=settings.nats_replicas)
    bus = Bus(settings.bus_url(), service=NAME, terms=terms)
    missed = _missed(settings, rooms, bus, clock=clock)
    app = FastAPI(
        title="Trellis",
        version="1",
        lifespan=lambda _app: _alive(rooms, bus, missed),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    install_problems(app)
    identities = Identities(settings.identity_public_key, clock=clock)
    app.add_middleware(Guard, identities=identities, unguarded=UNGUARDED)
    checks = {"bus": bus.well, "directory": rooms.directory.well}
    said = {**checks, "recent deliveries": missed.well} if missed else checks
    app.include_router(_api(settings, rooms, Orchestrator(bus), roll_call=RollCall(bus, said)))
    app.include_router(Description(app).router())
    app.router.routes.extend(Door(rooms.tokens, rooms.sessions, rooms.signer).routes())
    app.router.routes.extend(SignIn(rooms.tokens, rooms.sessions, links=Links()).routes())
    webhooks = Webhooks(rooms.hooks, Inbox(bus), per_second=settings.webhooks_per_second)
    app.router.routes[:0] = webhooks.routes()  # first: each route before it would be tried
    app.router.routes.extend(health_routes(checks))
    app.router.routes.extend(metrics_routes())
    return app


async def bootstrap(settings: IngestSettings, *, actor: ActorId) -> SecretStr | None:
    """Make the keys, the directory and the first administrator's token; give the token, once.

    None: there is an administrator already. For `trellis up`, before ingest runs.

    Raises:
        DirectoryInUse: ingest runs. And as `create_app`.
    """
    rooms = open_rooms(settings)
    await rooms.directory.open()
    try:
        tokens = await rooms.tokens.every()
        if any(token.role is Role.ADMIN and token.revoked_at is None for token in tokens):
            return None
        _, value = await rooms.tokens.issue("first", actor=actor, role=Role.ADMIN)
        return value
    finally:
        await rooms.directory.close()


async def make_token(
    settings: IngestSettings, name: str, *, actor: ActorId, role: Role
) -> SecretStr:
    """Make a token while ingest is down, for whoever has lost the last one; give it, once.

    Raises:
        DirectoryInUse: ingest runs; ask it. NameTaken: take another name. And as `create_app`.
    """
    rooms = open_rooms(settings)
    await rooms.directory.open()
    try:
        _, value = await rooms.tokens.issue(name, actor=actor, role=role)
    finally:
        await rooms.directory.close()
    return value


def _api(
    settings: IngestSettings, rooms: Rooms, orchestrator: Orchestrator, *, roll_call: RollCall
) -> APIRouter:
    api = APIRouter(prefix=API, responses=PROBLEM_RESPONSES)
    applications = Applications(
        orchestrator,
        rooms.hooks,
        rooms.secrets,
        git_origins=settings.git_origins,
        public_url=str(settings.public_url) if settings.public_url else None,
    )
    api.include_router(applications.router())
    api.include_router(Environments(orchestrator, rooms.secrets).router())
    lifecycles = Lifecycles(orchestrator, git_origins=settings.git_origins)
    api.include_router(lifecycles.router())
    api.include_router(Deployments(orchestrator).router())
    api.include_router(Gating(orchestrator).router())
    api.include_router(Previews(orchestrator).router())
    api.include_router(TokenRoutes(rooms.tokens).router())
    api.include_router(SessionRoutes(rooms.sessions).router())
    api.include_router(Health(roll_call).router())
    return api


def _missed(settings: IngestSettings, rooms: Rooms, bus: Bus, *, clock: Clock) -> Missed | None:
    """Who looks at recent deliveries; None without a token to look with."""
    if settings.github_token is None:
        return None
    logging.getLogger("httpx").setLevel(logging.WARNING)  # that it asked is no news
    api = GitHubApi(str(settings.github_api), settings.github_token, clock=clock)
    every = timedelta(seconds=settings.reconcile_seconds)
    return Missed(rooms.hooks, api, ready=bus.well, clock=clock, every=every)


@asynccontextmanager
async def _alive(rooms: Rooms, bus: Bus, missed: Missed | None) -> AsyncIterator[None]:
    directory = rooms.directory
    await directory.open()
    try:
        aftermath = Aftermath(rooms.hooks, rooms.secrets)
        bus.broker.include_router(aftermath_routes(bus, aftermath))
        await bus.start()
        try:
            async with _looking(missed):
                yield
        finally:
            await bus.stop()
    finally:
        await directory.close()


@asynccontextmanager
async def _looking(missed: Missed | None) -> AsyncIterator[None]:
    if missed is None:
        yield
        return
    looking = asyncio.create_task(missed.run())
    try:
        yield
    finally:
        await tasks.end(looking)
        await missed.close()

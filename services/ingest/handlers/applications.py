"""Applications: connect a repository, give its hook another secret, give it a clone token."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, BaseModel, Field, SecretStr
from starlette.requests import Request

from services.chassis.logging import get_logger
from services.chassis.problems import Problem
from services.chassis.secrets.paths import clone_token_path
from services.chassis.secrets.port import SecretsStore
from services.ingest.adapters.hooks import Hook, Hooks
from services.ingest.adapters.orchestrator import Orchestrator
from services.ingest.domain.addresses import (
    RepositoryRefused,
    application_id,
    environment_ids,
    hook_id,
    repository_name,
)
from services.ingest.handlers.asking import (
    Approver,
    Body,
    Configurer,
    Creator,
    Decision,
    Key,
    decided,
    told,
)
from services.ingest.handlers.webhooks import WEBHOOKS
from trellis_contracts.applications import CreateApplication, RecordCloneToken, WatchPaths
from trellis_contracts.asking import Accepted
from trellis_contracts.names import (
    ApplicationId,
    ApplicationName,
    BranchName,
    CommitSha,
    EnvironmentId,
    EnvironmentName,
    FolderPath,
    RepositoryName,
    RepositoryUrl,
)
from trellis_contracts.pull_requests import FollowPullRequests, PullRequestRule
from trellis_contracts.rights import Identity
from trellis_contracts.rules import PathPattern
from trellis_contracts.trials import TryPullRequest


def _one_printable_line(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().isascii() or not value.get_secret_value().isprintable():
        raise ValueError("a token is one line of printable ASCII")
    return value


CloneToken = Annotated[
    SecretStr, Field(min_length=8, max_length=1024), AfterValidator(_one_printable_line)
]


class NewApplication(Body):
    """A repository to connect. `clone_token` reads it if it is private."""

    name: ApplicationName
    repository: RepositoryUrl
    default_branch: BranchName = "main"
    folder: FolderPath = ""
    clone_token: CloneToken | None = None


class NewCloneToken(Body):
    """The token that clones a private repository from the next run on."""

    token: CloneToken


class NewWatches(Body):
    """Paths or globs of paths from the repository's root; none: whatever a push changes counts."""

    paths: tuple[PathPattern, ...] = Field(max_length=50)


class NewFollowing(Body):
    """How pull requests get environments; null: they get none."""

    following: PullRequestRule | None


class NewTrial(Body):
    """The commit that was looked at, where the pull request stands."""

    commit: CommitSha


class WebhookView(BaseModel):
    """What to enter in GitHub's settings of the hook. The secret is shown this once."""

    url: str
    secret: str
    content_type: str = "application/json"
    events: tuple[str, ...] = ("push", "pull_request", "check_run", "status", "repository")


class NewApplicationView(Decision):
    """The application, its environments by name in their order, and its hook."""

    application_id: ApplicationId
    environments: dict[EnvironmentName, EnvironmentId]
    webhook: WebhookView


class Applications:
    """The routes of applications."""

    def __init__(
        self,
        orchestrator: Orchestrator,
        hooks: Hooks,
        secrets: SecretsStore,
        *,
        git_origins: Sequence[str],
        public_url: str | None,
    ) -> None:
        """Takes who decides, who keeps hooks and values, and from where may be cloned."""
        self._orchestrator, self._hooks, self._secrets = orchestrator, hooks, secrets
        self._git_origins, self._public_url = git_origins, public_url

    def router(self) -> APIRouter:
        """The routes, to be included under the API's prefix."""
        router = APIRouter(prefix="/applications", tags=["applications"])
        router.post("", status_code=201)(self.create)
        router.post("/{application_id}/hook")(self.rotate_hook)
        router.put("/{application_id}/clone-token", status_code=202)(self.put_clone_token)
        router.put("/{application_id}/watches", status_code=202)(self.watch)
        router.put("/{application_id}/pull-requests", status_code=202)(self.follow)
        one = "/{application_id}/pull-requests/{number}"
        router.post(f"{one}/trial", status_code=202)(self.try_it)
        return router

    async def create(
        self, *, who: Creator, asked: NewApplication, key: Key, request: Request, response: Response
    ) -> NewApplicationView:
        """Connect a repository; its three environments are there at once.

        The same Idempotency-Key gives the same application and the same hook again.
        """
        application = application_id(key)
        hook = await self._hook_for(
            application, named(asked.repository, origins=self._git_origins), who
        )
        token = await self._stored(application, asked.clone_token)
        accepted = await self._decided(_creation(asked, hook, token), hook, who=who, key=key)
        response.headers["Cache-Control"] = "no-store"
        return NewApplicationView(
            **told(accepted).model_dump(),
            application_id=application,
            environments=dict(environment_ids(application)),
            webhook=self._view(hook, request),
        )

    async def rotate_hook(
        self, *, who: Configurer, application_id: UUID, request: Request, response: Response
    ) -> WebhookView:
        """Give the application's hook another secret; the old one ends at once.

        Enter it in GitHub right away: deliveries that are signed with the old one are refused.
        """
        hook = await self._hook_of(application_id)
        await self._hooks.rotate(hook.id)
        get_logger().info("hook rotated", by=who.actor, application=str(application_id))
        response.headers["Cache-Control"] = "no-store"
        return self._view(await self._hook_of(application_id), request)

    async def put_clone_token(
        self,
        *,
        who: Configurer,
        application_id: UUID,
        asked: NewCloneToken,
        key: Key,
    ) -> Decision:
        """Give the application a token that clones its repository."""
        await self._hook_of(application_id)
        version = await self._secrets.put(clone_token_path(application_id), asked.token)
        command = RecordCloneToken(application_id=application_id, version=version)
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def watch(
        self, *, who: Configurer, application_id: UUID, asked: NewWatches, key: Key
    ) -> Decision:
        """Say which paths the application is made of: pushes that change none are skipped."""
        command = WatchPaths(application_id=application_id, paths=asked.paths)
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def follow(
        self, *, who: Configurer, application_id: UUID, asked: NewFollowing, key: Key
    ) -> Decision:
        """Give each pull request an environment while it is open, made from a template.

        One from a fork gets none. Switched off, the environments that are there are removed.
        """
        command = FollowPullRequests(application_id=application_id, following=asked.following)
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def try_it(
        self,
        *,
        who: Approver,
        application_id: UUID,
        number: Annotated[int, Path(ge=1)],
        asked: NewTrial,
        key: Key,
    ) -> Decision:
        """Install and test the commit of a pull request from a fork, which you have looked at.

        It gets no environment, no variables, secrets or credentials; the view says how it went.
        """
        command = TryPullRequest(application_id=application_id, number=number, commit=asked.commit)
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def _hook_for(
        self, application: ApplicationId, repository: RepositoryName, who: Identity
    ) -> Hook:
        hook = await self._hooks.add(
            hook_id(application), application=application, repository=repository, made_by=who.actor
        )
        if hook.made_by != who.actor:
            detail = "Somebody else has used this Idempotency-Key."
            raise Problem(409, detail, remedy="Send it with a new one.")
        return hook

    async def _decided(
        self, command: CreateApplication, hook: Hook, *, who: Identity, key: UUID
    ) -> Accepted:
        try:
            return await decided(self._orchestrator, command, who=who, key=key)
        except Problem as refused:
            await self._forget(hook, refused)
            raise

    async def _stored(self, application: ApplicationId, token: SecretStr | None) -> int | None:
        if token is None:
            return None
        return await self._secrets.put(clone_token_path(application), token)

    async def _forget(self, hook: Hook, refused: Problem) -> None:
        """A refused application leaves no hook; one that nobody decided may exist."""
        if refused.status_code != 503:  # noqa: PLR2004  # HTTP's own word for "nobody decided"
            await self._hooks.remove(hook.id)

    async def _hook_of(self, application: ApplicationId) -> Hook:
        hook = await self._hooks.of(application)
        if hook is None:
            raise Problem(404, "There is no such application.")
        return hook

    def _view(self, hook: Hook, request: Request) -> WebhookView:
        door = (self._public_url or str(request.base_url)).rstrip("/")
        url = f"{door}{WEBHOOKS}github/{hook.id}"
        return WebhookView(url=url, secret=hook.secret.get_secret_value())


def named(repository: RepositoryUrl, *, origins: Sequence[str]) -> RepositoryName:
    """Give what the forge calls a repository.

    Raises:
        Problem: 422 when Trellis may not clone from there, or the URL names none.
    """
    try:
        return repository_name(repository, origins=origins)
    except RepositoryRefused as refused:
        raise Problem(422, refused.reason, remedy=refused.remedy) from refused


def _creation(
    asked: NewApplication, hook: Hook, clone_token_version: int | None
) -> CreateApplication:
    return CreateApplication(
        application_id=hook.application_id,
        name=asked.name,
        repository=asked.repository,
        repository_name=hook.repository,
        hook=hook.id,
        default_branch=asked.default_branch,
        folder=asked.folder,
        clone_token_version=clone_token_version,
    )

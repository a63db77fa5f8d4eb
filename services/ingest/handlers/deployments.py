"""Deployments: ask for one of each kind, cancel one, and say that a local AWS began anew."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field, model_validator

from services.ingest.adapters.orchestrator import Orchestrator
from services.ingest.handlers.asking import (
    Administrator,
    AtEnvironment,
    Body,
    Decision,
    Deployer,
    DryRun,
    EnvironmentAddress,
    Key,
    Reader,
    belonging,
    decided,
    told,
)
from trellis_contracts.continuing import Continuation, ContinueRollback, ResourceToSkip
from trellis_contracts.deployments import (
    Cancel,
    Promote,
    RecordCloudReset,
    Redeploy,
    RequestDeploy,
    RollBack,
    TearDown,
    Trigger,
)
from trellis_contracts.foreseeing import cannot_undo
from trellis_contracts.names import BranchName, CommitSha, DeploymentId, EnvironmentId, StackName


class WantedDeploy(Body):
    """A commit, or the newest commit of a branch; of the environment's own branch if neither."""

    commit: CommitSha | None = None
    branch: BranchName | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.commit and self.branch:
            raise ValueError("give a commit or a branch, not both")
        return self


class SupposedPush(Body):
    """A push that nobody made; `paths` is what it changes, null where that is not known."""

    branch: BranchName
    commit: CommitSha
    message: str | None = Field(default=None, max_length=512)
    paths: tuple[str, ...] | None = Field(default=None, max_length=1000)


class WantedPromotion(Body):
    """The environment whose current commit is to be deployed."""

    source: EnvironmentId


class WantedRollback(Body):
    """An earlier success of the environment; the one before the current if it is not said."""

    deployment_id: DeploymentId | None = None


class WantedTeardown(Body):
    """`confirm` is the environment's name, typed by whoever wants it gone."""

    confirm: str = Field(max_length=64)


class WantedContinuation(Body):
    """The stuck stack, what its rollback is to leave as it is, and why; all of it is recorded."""

    stack: StackName
    skip: tuple[ResourceToSkip, ...] = Field(default=(), max_length=100)
    reason: str = Field(min_length=1, max_length=512)


class NewCloud(Body):
    """The instance as which the local AWS started."""

    instance: str = Field(min_length=1, max_length=64)


class Deployments:
    """The routes of deployments. Accepted, `subject` is the deployment's id."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        """Takes who decides."""
        self._orchestrator = orchestrator

    def router(self) -> APIRouter:
        """The routes, to be included under the API's prefix."""
        router = APIRouter(tags=["deployments"])
        environment = "/applications/{application_id}/environments/{environment_id}"
        router.post(f"{environment}/deployments", status_code=202)(self.deploy)
        router.post(f"{environment}/redeploy", status_code=202)(self.redeploy)
        router.post(f"{environment}/promote", status_code=202)(self.promote)
        router.post(f"{environment}/rollback", status_code=202)(self.roll_back)
        router.post(f"{environment}/teardown", status_code=202)(self.tear_down)
        router.post(f"{environment}/continue-rollback", status_code=202)(self.continue_rollback)
        router.post(f"{environment}/simulate-push")(self.simulate_push)
        cancel = f"{environment}/deployments/{{deployment_id}}/cancel"
        router.post(cancel, status_code=202)(self.cancel)
        router.post("/cloud-resets", status_code=202)(self.record_cloud_reset)
        return router

    async def deploy(
        self,
        *,
        who: Deployer,
        at: AtEnvironment,
        asked: WantedDeploy,
        key: Key,
        dry_run: DryRun,
    ) -> Decision:
        """Deploy a commit or a branch. Never to production: promote to it."""
        command = RequestDeploy(
            environment_id=at.environment_id, commit=asked.commit, branch=asked.branch
        )
        answer = await decided(self._orchestrator, command, who=who, key=key, dry_run=dry_run)
        return told(answer, dry_run=dry_run)

    async def simulate_push(
        self, *, who: Reader, at: AtEnvironment, asked: SupposedPush, key: Key
    ) -> Decision:
        """Say what a push would do here: decided as a real one is, and nothing of it is stored."""
        command = RequestDeploy(
            environment_id=at.environment_id, trigger=Trigger.PUSH, **dict(asked)
        )
        answer = await decided(self._orchestrator, command, who=who, key=key, dry_run=True)
        return told(answer, dry_run=True)

    async def redeploy(
        self,
        *,
        who: Deployer,
        at: AtEnvironment,
        key: Key,
        dry_run: DryRun,
    ) -> Decision:
        """Build and deploy the current commit once more, with today's settings."""
        command = Redeploy(environment_id=at.environment_id)
        answer = await decided(self._orchestrator, command, who=who, key=key, dry_run=dry_run)
        return told(answer, dry_run=dry_run)

    async def promote(
        self,
        *,
        who: Deployer,
        at: AtEnvironment,
        asked: WantedPromotion,
        key: Key,
        dry_run: DryRun,
    ) -> Decision:
        """Deploy the commit that another environment of the application runs."""
        source = EnvironmentAddress(application_id=at.application_id, environment_id=asked.source)
        belonging(source)
        command = Promote(environment_id=at.environment_id, source=source.environment_id)
        answer = await decided(self._orchestrator, command, who=who, key=key, dry_run=dry_run)
        return told(answer, dry_run=dry_run)

    async def roll_back(
        self,
        *,
        who: Deployer,
        at: AtEnvironment,
        asked: WantedRollback,
        key: Key,
        dry_run: DryRun,
    ) -> Decision:
        """Bring back what an earlier deployment of the environment had deployed."""
        command = RollBack(environment_id=at.environment_id, deployment_id=asked.deployment_id)
        answer = await decided(self._orchestrator, command, who=who, key=key, dry_run=dry_run)
        return told(answer, dry_run=dry_run).model_copy(update={"cannot_undo": cannot_undo()})

    async def tear_down(
        self,
        *,
        who: Deployer,
        at: AtEnvironment,
        asked: WantedTeardown,
        key: Key,
        dry_run: DryRun,
    ) -> Decision:
        """Remove everything that the environment has in the cloud."""
        command = TearDown(environment_id=at.environment_id, confirm=asked.confirm)
        answer = await decided(self._orchestrator, command, who=who, key=key, dry_run=dry_run)
        return told(answer, dry_run=dry_run)

    async def continue_rollback(
        self,
        *,
        who: Administrator,
        at: AtEnvironment,
        asked: WantedContinuation,
        key: Key,
        dry_run: DryRun,
    ) -> Decision:
        """Continue the stuck rollback of a stack. AWS takes what is skipped for rolled back."""
        continuation = Continuation(**dict(asked))
        command = ContinueRollback(environment_id=at.environment_id, continuation=continuation)
        answer = await decided(self._orchestrator, command, who=who, key=key, dry_run=dry_run)
        return told(answer, dry_run=dry_run)

    async def cancel(
        self,
        *,
        who: Deployer,
        at: AtEnvironment,
        deployment_id: Annotated[UUID, Path()],
        key: Key,
    ) -> Decision:
        """End a deployment: at once while it waits, else as soon as its run has left the cloud."""
        command = Cancel(environment_id=at.environment_id, deployment_id=deployment_id)
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def record_cloud_reset(
        self, *, who: Administrator, asked: NewCloud, key: Key
    ) -> Decision:
        """Say that the local AWS started anew: what ran on an earlier instance is gone."""
        command = RecordCloudReset(instance=asked.instance)
        return told(await decided(self._orchestrator, command, who=who, key=key))

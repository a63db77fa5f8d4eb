"""Every command of the HTTP API, typed; with what it reads, the one way from the CLI inside."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import SecretStr

from cli.client.answers import AwsKeys, Created, Decision, NewToken, Place, Token, Webhook
from cli.client.deciding import path_of
from cli.client.lifecycles import Lifecycles
from cli.client.reading import V1, read
from trellis_contracts.names import ApplicationId, DeploymentId, EnvironmentId
from trellis_contracts.pull_requests import PullRequestRule
from trellis_contracts.rights import Role
from trellis_contracts.settings import SettingsChange


class Api(Lifecycles):
    """The API of one server, questions and commands.

    Each command gets a key of its own, so what could not be answered at once is asked again
    without harm. Every method raises as `Http.send` does.
    """

    async def create_application(
        self,
        name: str,
        repository: str,
        *,
        branch: str = "main",
        folder: str = "",
        clone_token: SecretStr | None = None,
    ) -> Created:
        """Connect a repository."""
        body = {
            "name": name,
            "repository": repository,
            "default_branch": branch,
            "folder": folder,
            "clone_token": clone_token.get_secret_value() if clone_token else None,
        }
        return read(Created, await self._command("POST", "/applications", body))

    async def rotate_hook(self, application: ApplicationId) -> Webhook:
        """Give an application's hook another secret; the old one ends at once."""
        path = f"{V1}/applications/{application}/hook"
        return read(Webhook, await self.http.send("POST", path))

    async def set_clone_token(self, application: ApplicationId, token: SecretStr) -> Decision:
        """Give an application the token that clones its repository."""
        body = {"token": token.get_secret_value()}
        return await self._decide("PUT", f"/applications/{application}/clone-token", body)

    async def configure(self, at: Place, change: SettingsChange) -> Decision:
        """Change the settings that are set in `change`; the others stay."""
        body = change.model_dump(mode="json", exclude_unset=True)
        return await self._decide("PATCH", f"{path_of(at)}/settings", body)

    async def set_variable(self, at: Place, name: str, value: str) -> Decision:
        """Give a variable a value."""
        return await self._decide("PUT", f"{path_of(at)}/variables/{name}", {"value": value})

    async def unset_variable(self, at: Place, name: str) -> Decision:
        """Remove a variable."""
        return await self._decide("DELETE", f"{path_of(at)}/variables/{name}")

    async def set_secret(self, at: Place, name: str, value: SecretStr) -> Decision:
        """Give a secret a new version."""
        body = {"value": value.get_secret_value()}
        return await self._decide("PUT", f"{path_of(at)}/secrets/{name}", body)

    async def unset_secret(self, at: Place, name: str) -> Decision:
        """Remove a secret."""
        return await self._decide("DELETE", f"{path_of(at)}/secrets/{name}")

    async def set_credentials(self, at: Place, keys: AwsKeys) -> Decision:
        """Give an environment the AWS credentials that its deployments use."""
        session = keys.session_token and keys.session_token.get_secret_value()
        body = {
            "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key.get_secret_value(),
            "session_token": session,
        }
        return await self._decide("PUT", f"{path_of(at)}/credentials", body)

    async def deploy(
        self,
        at: Place,
        *,
        commit: str | None = None,
        branch: str | None = None,
        dry_run: bool = False,
    ) -> Decision:
        """Deploy a commit, or the newest one of a branch; of the environment's own if neither."""
        wanted = {"commit": commit, "branch": branch}
        body = {field: value for field, value in wanted.items() if value is not None}
        return await self._decide("POST", f"{path_of(at)}/deployments", body, dry_run=dry_run)

    async def simulate_push(
        self,
        at: Place,
        branch: str,
        *,
        commit: str,
        message: str | None = None,
        paths: Sequence[str] | None = None,
    ) -> Decision:
        """Say what a push would do in an environment; nothing is changed."""
        body = {"branch": branch, "commit": commit, "message": message, "paths": paths}
        return await self._decide("POST", f"{path_of(at)}/simulate-push", body)

    async def redeploy(self, at: Place, *, dry_run: bool = False) -> Decision:
        """Build and deploy the current commit once more."""
        return await self._decide("POST", f"{path_of(at)}/redeploy", dry_run=dry_run)

    async def promote(self, at: Place, source: EnvironmentId, *, dry_run: bool = False) -> Decision:
        """Deploy to `at` the commit that `source` runs."""
        body = {"source": str(source)}
        return await self._decide("POST", f"{path_of(at)}/promote", body, dry_run=dry_run)

    async def roll_back(
        self, at: Place, deployment: DeploymentId | None = None, *, dry_run: bool = False
    ) -> Decision:
        """Bring back what an earlier deployment had deployed; the one before if not said."""
        body = {"deployment_id": str(deployment) if deployment else None}
        return await self._decide("POST", f"{path_of(at)}/rollback", body, dry_run=dry_run)

    async def preview_promotion(self, at: Place, source: EnvironmentId) -> Decision:
        """Have found out what promoting from `source` would change; `subject` is the preview."""
        return await self._decide("POST", f"{path_of(at)}/promote/preview", {"source": str(source)})

    async def preview_rollback(self, at: Place, deployment: DeploymentId | None = None) -> Decision:
        """Have found out what a rollback would change; `subject` is the preview."""
        body = {"deployment_id": str(deployment) if deployment else None}
        return await self._decide("POST", f"{path_of(at)}/rollback/preview", body)

    async def tear_down(self, at: Place, confirm: str, *, dry_run: bool = False) -> Decision:
        """Remove everything of an environment from the cloud; `confirm` is its name."""
        body = {"confirm": confirm}
        return await self._decide("POST", f"{path_of(at)}/teardown", body, dry_run=dry_run)

    async def continue_rollback(
        self, at: Place, stack: str, *, skip: Sequence[str], reason: str, dry_run: bool = False
    ) -> Decision:
        """Continue the stuck rollback of a stack, leaving some resources as they are."""
        body = {"stack": stack, "skip": skip, "reason": reason}
        return await self._decide("POST", f"{path_of(at)}/continue-rollback", body, dry_run=dry_run)

    async def cancel(self, at: Place, deployment: DeploymentId) -> Decision:
        """End a deployment."""
        return await self._decide("POST", f"{path_of(at)}/deployments/{deployment}/cancel")

    async def approve(self, at: Place, deployment: DeploymentId, content: str) -> Decision:
        """Approve a waiting deployment, as it was looked at."""
        path = f"{path_of(at)}/deployments/{deployment}/approve"
        return await self._decide("POST", path, {"content": content})

    async def override_freeze(self, at: Place, deployment: DeploymentId, reason: str) -> Decision:
        """Let a waiting deployment start in spite of a freeze."""
        path = f"{path_of(at)}/deployments/{deployment}/override-freeze"
        return await self._decide("POST", path, {"reason": reason})

    async def resume(self, at: Place) -> Decision:
        """Let pushes deploy again after a rollback."""
        return await self._decide("POST", f"{path_of(at)}/resume")

    async def watch(self, application: ApplicationId, paths: Sequence[str]) -> Decision:
        """Say which paths an application is made of."""
        return await self._decide("PUT", f"/applications/{application}/watches", {"paths": paths})

    async def follow_pull_requests(
        self, application: ApplicationId, rule: PullRequestRule | None
    ) -> Decision:
        """Say how an application's pull requests get environments; None: they get none."""
        body = {"following": rule and rule.model_dump(mode="json")}
        return await self._decide("PUT", f"/applications/{application}/pull-requests", body)

    async def try_pull_request(
        self, application: ApplicationId, number: int, commit: str
    ) -> Decision:
        """Have the commit of a fork's pull request installed and tested."""
        path = f"/applications/{application}/pull-requests/{number}/trial"
        return await self._decide("POST", path, {"commit": commit})

    async def sign_in_link(self) -> str:
        """The address that signs a browser in once, within five minutes, as who asks."""
        answer = await self.http.send("POST", "/sign-in/link")
        return f"{self.http.url}{answer.json()['path']}"

    async def record_cloud_reset(self, instance: str) -> Decision:
        """Say that the local AWS started anew as `instance`."""
        return await self._decide("POST", "/cloud-resets", {"instance": instance})

    async def make_token(
        self, name: str, role: Role, actor: str | None = None, *, only: Sequence[UUID] = ()
    ) -> NewToken:
        """Make a token; `only` are the applications and environments that it may change."""
        limits = [str(place) for place in only]
        body = {"name": name, "role": role.value, "actor": actor, "only": limits}
        return read(NewToken, await self.http.send("POST", f"{V1}/tokens", body=body))

    async def tokens(self) -> tuple[Token, ...]:
        """Every token that was ever made."""
        return read(tuple[Token, ...], await self.http.send("GET", f"{V1}/tokens"))

    async def revoke_token(self, token: UUID) -> None:
        """End a token."""
        await self.http.send("DELETE", f"{V1}/tokens/{token}")

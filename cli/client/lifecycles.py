"""The commands of the HTTP API that change or end an application or an environment."""

from collections.abc import Mapping, Sequence

from cli.client.answers import Decision, Place
from cli.client.deciding import Decider, path_of
from trellis_contracts.names import ApplicationId, EnvironmentId


class Lifecycles(Decider):
    """Names, repository, order, removal. Every method raises as `Http.send` does."""

    async def rename_application(self, application: ApplicationId, name: str) -> Decision:
        """Give an application another name."""
        return await self._decide("PUT", f"/applications/{application}/name", {"name": name})

    async def repoint(
        self, application: ApplicationId, repository: str, *, folder: str | None = None
    ) -> Decision:
        """Clone an application from elsewhere; the folder stays if none is given."""
        body = {"repository": repository} | ({} if folder is None else {"folder": folder})
        return await self._decide("PUT", f"/applications/{application}/repository", body)

    async def change_folder(self, application: ApplicationId, folder: str) -> Decision:
        """Say where in its repository an application lies."""
        return await self._decide("PUT", f"/applications/{application}/folder", {"folder": folder})

    async def delete_application(
        self, application: ApplicationId, confirm: str, *, dry_run: bool = False
    ) -> Decision:
        """Tear down whatever an application runs, and forget it; `confirm` is its name."""
        path, body = f"/applications/{application}/deletion", {"confirm": confirm}
        return await self._decide("POST", path, body, dry_run=dry_run)

    async def add_environment(
        self, application: ApplicationId, environment: Mapping[str, object]
    ) -> Decision:
        """Give an application one more environment."""
        return await self._decide("POST", f"/applications/{application}/environments", environment)

    async def rename_environment(self, at: Place, name: str) -> Decision:
        """Give an environment another name."""
        return await self._decide("PUT", f"{path_of(at)}/name", {"name": name})

    async def classify_environment(self, at: Place, *, production: bool) -> Decision:
        """Make an environment a production environment, or none."""
        return await self._decide("PUT", f"{path_of(at)}/class", {"production": production})

    async def reorder_environments(
        self, application: ApplicationId, order: Sequence[EnvironmentId]
    ) -> Decision:
        """Put an application's environments in this order."""
        body = {"environments": [str(one) for one in order]}
        return await self._decide("PUT", f"/applications/{application}/environments/order", body)

    async def remove_environment(
        self, at: Place, confirm: str, *, dry_run: bool = False
    ) -> Decision:
        """Remove an environment that has nothing in the cloud; `confirm` is its name."""
        body = {"confirm": confirm}
        return await self._decide("POST", f"{path_of(at)}/removal", body, dry_run=dry_run)

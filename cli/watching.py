"""Watches a deployment until it has ended, by the feed of changes and the views that it names."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from cli.client.reading import Reader
from trellis_contracts.names import ApplicationId, DeploymentId
from trellis_contracts.sentences import has_ended
from trellis_contracts.views import DeploymentView, ViewChanged


async def watch(
    api: Reader,
    deployment: DeploymentId,
    *,
    application: ApplicationId | None = None,
    after: int | None = None,
) -> AsyncGenerator[DeploymentView]:
    """Yield a deployment as it is, then each time it changes; the last one has ended.

    `after` is the position that was answered when it was asked for; `application` spares changes
    of others. Raises as `Http.send`, NotFound when there is no such deployment.
    """
    async with aclosing(api.feed(application)) as feed:
        async for change in feed:
            if not _concerns(change, deployment):
                continue
            view = await api.deployment(deployment, after=change.position if change else after)
            yield view
            if has_ended(view):
                return


async def await_end(
    api: Reader,
    deployment: DeploymentId,
    *,
    application: ApplicationId | None = None,
    after: int | None = None,
) -> DeploymentView:
    """Give the deployment once it has ended. Raises as `watch`."""
    async with aclosing(watch(api, deployment, application=application, after=after)) as views:
        async for view in views:
            if has_ended(view):
                return view
    raise LookupError(f"deployment {deployment} was not watched to its end")


def _concerns(change: ViewChanged | None, deployment: DeploymentId) -> bool:
    return change is None or (change.view == "deployments" and change.key == str(deployment))

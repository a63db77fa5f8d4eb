"""Watches a deployment or a preview to its end, by the feed of changes and the views it names."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from cli.client.reading import Reader
from trellis_contracts.names import ApplicationId, DeploymentId, PreviewId
from trellis_contracts.previewing import PreviewState, PreviewView
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


async def await_preview(
    api: Reader, preview: PreviewId, *, application: ApplicationId, after: int | None = None
) -> PreviewView:
    """Give a preview once it has ended. Raises as `watch`."""
    async with aclosing(api.feed(application)) as feed:
        async for change in feed:
            if change is None or (change.view == "previews" and change.key == str(preview)):
                view = await api.preview(preview, after=change.position if change else after)
                if view.state is not PreviewState.RUNNING:
                    return view
    raise LookupError(f"preview {preview} was not watched to its end")


def _concerns(change: ViewChanged | None, deployment: DeploymentId) -> bool:
    return change is None or (change.view == "deployments" and change.key == str(deployment))

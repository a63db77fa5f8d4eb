"""`trellis continue`: a stuck rollback goes on without what cannot go back."""

from typing import Annotated

import typer

from cli.asking import confirm
from cli.client.answers import Decision
from cli.commands.deployments import change
from cli.following import following_of
from cli.naming import place_of
from cli.session import ApplicationName, DryRun, EnvironmentName, Session, Wait, WithLogs
from trellis_contracts.sentences import skipping
from trellis_contracts.views import ApplicationView, EnvironmentView


def continue_rollback(  # noqa: PLR0913 - one for each option
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    stack: Annotated[str, typer.Option(help="The stack that is stuck, by its name.")],
    skip: Annotated[
        list[str] | None, typer.Option(metavar="RESOURCE", help="Leave it as it is; repeatable.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why these can be left; it is recorded.")],
    yes: Annotated[
        str | None, typer.Option(metavar="STACK", help="Its name once more, instead of asking.")
    ] = None,
    wait: Wait = False,
    logs: WithLogs = False,
    dry_run: DryRun = False,
) -> None:
    """Continue a stack's stuck rollback, leaving resources as they are; administrators may."""
    skipped = skip or []
    if not dry_run:
        confirm(f"{skipping(stack, skipped)} Type {stack} to go on", stack, yes=yes)

    async def asked(session: Session, app: ApplicationView, env: EnvironmentView) -> Decision:
        at = place_of(app, env)
        return await session.api.continue_rollback(
            at, stack, skip=skipped, reason=reason, dry_run=dry_run
        )

    following = following_of(wait=wait, logs=logs)
    change(name, environment, asked, following=following, as_json=False)

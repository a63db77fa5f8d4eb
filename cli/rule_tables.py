"""Lays out what deployments to an environment wait for, as `cli.tables` does the rest."""

from rich.console import RenderableType
from rich.text import Text

from trellis_contracts.sentences import held, short
from trellis_contracts.views import ApplicationView, EnvironmentView
from trellis_contracts.windows import window


def rules_page(application: ApplicationView, environment: EnvironmentView) -> list[RenderableType]:
    """Show what the deployments to an environment wait for, and what holds pushes back."""
    settings, approvals = environment.settings, environment.settings.approvals
    who = (
        ", ".join(approvals.people) if approvals and approvals.people else "anybody who may approve"
    )
    own = "" if approvals and approvals.own else ", not whoever asked"
    lines = [
        Text(f"{application.name} {environment.name}", style="bold"),
        Text(f"approvals  {f'{approvals.needed} of {who}{own}' if approvals else 'none'}"),
        *(Text(f"window     {window(one)}") for one in settings.windows),
        Text(f"queue      {settings.queue.value}"),
    ]
    if settings.checks:
        names, minutes = ", ".join(settings.checks.names), settings.checks.minutes
        lines.append(Text(f"checks     {names} (within {minutes} min)"))
    if settings.run_minutes:
        lines.append(Text(f"a run      at most {settings.run_minutes} min"))
    lines += [Text(f"watches    {path}") for path in application.watches]
    if said := held(environment):
        lines.append(Text(f"held       {said}", style="yellow"))
    for skip in environment.skipped:
        lines.append(Text(f"skipped    {short(skip.commit)} of {skip.branch}: {skip.detail}"))
    return [*lines]

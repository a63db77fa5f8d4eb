"""Lays out what is read as tables and texts: pure functions from views to what rich prints."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from datetime import datetime
from uuid import UUID

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli.client.answers import Token
from trellis_contracts.health import WELL, BuilderView, HealthView
from trellis_contracts.sentences import (
    addresses,
    ago,
    duration,
    headline,
    must_act,
    runs_what,
    short,
    step_now,
)
from trellis_contracts.views import (
    ApplicationView,
    DeletionView,
    DeploymentState,
    DeploymentView,
    EnvironmentView,
)

STYLES: Mapping[DeploymentState, str] = {
    DeploymentState.WAITING: "dim",
    DeploymentState.RUNNING: "cyan",
    DeploymentState.CANCELLING: "yellow",
    DeploymentState.SUCCEEDED: "green",
    DeploymentState.FAILED: "red",
    DeploymentState.ERRORED: "bold magenta",
    DeploymentState.CANCELLED: "yellow",
    DeploymentState.SUPERSEDED: "dim",
}


def table(*columns: str) -> Table:
    """Give an empty table as all of them look."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(Text(column), overflow="fold")
    return made


def board(
    applications: Iterable[ApplicationView],
    deployments: Mapping[object, DeploymentView],
    now: datetime,
) -> Table:
    """Lay out what runs where, and what goes on; `deployments` has those by id that go on."""
    made = table("Application", "Environment", "Runs", "Since", "Now", "Address")
    for application in applications:
        for environment in application.environments:
            release = environment.release
            made.add_row(
                Text(application.name),
                Text(environment.name),
                Text(runs_what(release), style="yellow" if release and release.gone else ""),
                Text(ago(release.since, now) if release else ""),
                _now(environment, deployments),
                Text("\n".join(addresses(release.stacks)) if release and not release.gone else ""),
            )
    return made


def _now(environment: EnvironmentView, deployments: Mapping[object, DeploymentView]) -> Text:
    running = deployments.get(environment.running)
    last = deployments.get(environment.last)
    said = Text()
    if running:
        said.append(f"#{running.number} {step_now(running)}", style=STYLES[running.state])
    elif last and last.state is not DeploymentState.SUCCEEDED:
        said.append(f"#{last.number} {last.state.value}", style=STYLES[last.state])
    if environment.waiting:
        said.append(f"{', ' if said else ''}{len(environment.waiting)} waiting", style="dim")
    return said


def history(deployments: Iterable[DeploymentView], now: datetime) -> Table:
    """Lay out the deployments of an environment."""
    made = table("#", "Kind", "Commit", "By", "State", "Took", "When", "Why")
    for view in deployments:
        made.add_row(
            str(view.number),
            view.kind.value,
            Text(f"{short(view.commit)} {_first_line(view.message)}".strip()),
            Text(view.actor),
            Text(view.state.value, style=STYLES[view.state]),
            duration(view.seconds) if view.seconds is not None else "",
            ago(view.requested_at, now),
            Text(view.failure.sentence if view.failure else ""),
        )
    return made


def application_list(applications: Iterable[ApplicationView]) -> Table:
    """Lay out applications with what their environments run."""
    made = table("Application", "Repository", "Hook", "Environments")
    for application in applications:
        running = ", ".join(
            f"{environment.name}: {runs_what(environment.release)}"
            for environment in application.environments
        )
        hook = "delivers" if application.webhook_seen else "never seen: polled"
        made.add_row(Text(application.name), Text(application.repository), hook, Text(running))
    return made


def application_page(application: ApplicationView) -> list[RenderableType]:
    """Lay out one application: where it comes from, and how each environment is set."""
    folder = f", folder {application.folder}" if application.folder else ""
    hook = "has delivered" if application.webhook_seen else "never seen; the branches are polled"
    lines = [
        Text(application.name, style="bold"),
        Text(f"repository  {application.repository} ({application.default_branch}{folder})"),
        Text(f"webhook     {hook}"),
        *(
            Text(f"branch      {branch} is at {short(commit)}")
            for branch, commit in sorted(application.heads.items())
        ),
    ]
    if application.deletion:
        lines += _deletion(application.deletion)
    if application.unobservable:
        lines.append(Text(f"unreadable  {application.unobservable}", style="red"))
    made = table("Environment", "Runs", "Branch", "Tests", "Region", "Credentials", "Values")
    for environment in application.environments:
        made.add_row(*_settings_row(environment))
    return [*lines, made]


def building(environment: EnvironmentView) -> list[Text]:
    """Say how the builds of an environment are run: in what room, and what around its deploy."""
    settings, size = environment.settings, environment.settings.size
    lines = [Text(f"size       {size} ({size.memory_mib} MiB, processors: {size.cpus})")]
    if settings.silence_minutes:
        lines.append(Text(f"silence    at most {settings.silence_minutes} min"))
    if settings.before_deploy:
        lines.append(Text(f"before     {settings.before_deploy}"))
    if settings.after_deploy:
        lines.append(Text(f"after      {settings.after_deploy}"))
    return lines


def approval_page(view: DeploymentView, environment: EnvironmentView) -> list[Text]:
    """Show what a deployment that waits for approval would bring."""
    runs = runs_what(environment.release)
    lines = [Text(headline(view), style="bold"), Text(f"{environment.name} runs {runs} now.")]
    if view.message:
        lines.append(Text(f"commit     {short(view.commit)} {_first_line(view.message)}"))
    lines += [Text(f"variable   {name}") for name in view.variables]
    lines += [Text(f"secret     {name}") for name in view.secrets]
    lines += [Text(f"waits      {gate.sentence}") for gate in view.gates]
    return [*lines, *(Text(f"approved   by {approver}") for approver in view.approvers)]


def _deletion(deletion: DeletionView) -> list[Text]:
    """Say that an application is on its way out, and what is in the way."""
    if deletion.deleted_at:
        return [Text(f"deleted     {deletion.deleted_at:%Y-%m-%d %H:%M} UTC", style="dim")]
    asked = f"since {deletion.requested_at:%Y-%m-%d %H:%M} UTC, wanted by {deletion.actor}"
    again = "delete it again to try again" if deletion.failures else "teardowns go on"
    return [
        Text(f"deleting    {asked}; {again}", style="yellow"),
        *(
            Text(f"left        {name}: {why}", style="red")
            for name, why in deletion.failures.items()
        ),
    ]


def environment_list(application: ApplicationView) -> Table:
    """Lay out an application's environments in their order."""
    made = table("Environment", "Stage", "Class", "Runs", "Branch", "Region")
    for one in application.environments:
        branch = one.settings.branch or "-"
        made.add_row(
            Text(one.name),
            Text(one.stage),
            "production" if one.production else "",
            Text(runs_what(one.release)),
            Text(f"{branch}, automatic" if one.settings.automatic else branch),
            Text(one.settings.region),
        )
    return made


def builders_of(builders: Sequence[BuilderView]) -> Table:
    """One row a builder: its room, and what it keeps for runs."""
    made = table("Builder", "Runs", "Isolation", "Machine", "Toolchains", "Dependencies")
    for builder in builders:
        kept = f"{builder.dependencies} kept, {builder.dependency_bytes >> 20} MiB"
        made.add_row(
            Text(builder.name),
            f"{builder.busy} of {builder.slots}",
            Text(builder.isolation),
            Text(f"{builder.memory_mib} MiB, {builder.cpus} processors\n{builder.sizes}"),
            "\n".join(builder.toolchains.values()) or "none installed yet",
            kept if builder.layers else "installed in each run: no layers here",
        )
    return made


def health_of(health: HealthView) -> Table:
    """Show what every service says of its parts."""
    made = table("Service", "Part", "How it is")
    for service, parts in health.services.items():
        for part, said in parts.items():
            style = "green" if said == WELL else "red"
            made.add_row(Text(service), Text(part), Text(said, style=style))
    return made


def _counted(things: Sized, what: str) -> str:
    return f"{len(things)} {what}" if len(things) == 1 else f"{len(things)} {what}s"


def _settings_row(environment: EnvironmentView) -> list[Text]:
    settings = environment.settings
    how = "automatic" if settings.automatic else "by hand"
    tests = (settings.test_command or "npm run test") if settings.tests else "off"
    values = _counted(environment.variables, "variable"), _counted(environment.secrets, "secret")
    return [
        Text(f"{environment.name}{', being removed' if environment.over else ''}"),
        Text(runs_what(environment.release)),
        Text(f"{settings.branch or 'none'} ({how})"),
        Text(tests),
        Text(settings.region),
        Text(*_credentials(environment)),
        Text("its template's" if environment.template else ", ".join(values)),
    ]


def _credentials(environment: EnvironmentView) -> tuple[str, str]:
    """Say which there are, and in which style."""
    if environment.template:
        return "its template's", ""
    version = environment.credentials_version
    return (f"version {version}", "") if version else ("none", "red")


def outputs(view: DeploymentView) -> list[Text]:
    """Lay out what came of a deployment: what its stacks show, or who must act."""
    lines = [
        Text(f"  {name}  {value}")
        for stack in view.stacks
        for name, value in sorted(stack.outputs.items())
    ]
    if view.failure:
        lines += [Text.from_ansi(f"  | {line}") for line in view.failure.tail]
        lines.append(Text(must_act(view.failure.must_act)))
    return lines


def token_list(tokens: Iterable[Token], now: datetime, names: Mapping[UUID, str]) -> Table:
    """Lay out tokens, without their values; `names` are those of what they may change."""
    made = table("Name", "Role", "Acts as", "Changes", "Begins with", "Made", "Used", "State")
    for token in tokens:
        made.add_row(
            Text(token.name),
            token.role.value,
            Text(token.actor),
            Text(", ".join(names.get(place, "what is gone") for place in token.only) or "anything"),
            Text(f"{token.prefix}…"),
            ago(token.created_at, now),
            ago(token.used_at, now) if token.used_at else "never",
            "revoked" if token.revoked_at else "good",
        )
    return made


def _first_line(message: str | None) -> str:
    return next(iter((message or "").splitlines()), "")

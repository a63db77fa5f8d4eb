"""What a command that waits says, and what else people are shown of runs and builders."""

from io import StringIO

import pytest
from rich.console import Console, RenderableType

from cli.following import Following, following_of
from cli.progress import news
from cli.tables import builders_of, building
from tests.support.dashboard import environment
from tests.support.deployment_views import view as a_deployment
from trellis_contracts.health import BuilderView
from trellis_contracts.rules import Gate, GateKind
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.sizes import BuildSize
from trellis_contracts.views import DeploymentState


def printed(*shown: RenderableType) -> str:
    console = Console(width=200, record=True, file=StringIO())
    for one in shown:
        console.print(one)
    return console.export_text()


@pytest.mark.parametrize(
    ("wait", "logs", "far"),
    [
        (False, False, Following.NOT),
        (True, False, Following.STEPS),
        (False, True, Following.LINES),
        (True, True, Following.LINES),
    ],
)
def test_to_print_lines_is_to_wait_too(*, wait: bool, logs: bool, far: Following) -> None:
    assert following_of(wait=wait, logs=logs) is far


def test_what_is_waited_for_is_said_when_it_changes_and_not_again() -> None:
    frozen = Gate(kind=GateKind.FREEZE, sentence="for the end of a freeze")
    asked = Gate(kind=GateKind.APPROVAL, sentence="for 1 approval")
    begun = a_deployment(state=DeploymentState.WAITING).model_copy(update={"runs": ()})
    both = begun.model_copy(update={"gates": (frozen, asked)})
    one = begun.model_copy(update={"gates": (asked,)})

    assert list(news(None, both))[-1].endswith("waits: for the end of a freeze; for 1 approval.")
    assert list(news(both, one)) == ["notes development #1 waits: for 1 approval."]
    assert not list(news(one, one))


def test_an_environment_shows_in_what_room_and_between_what_it_is_deployed() -> None:
    settings = EnvironmentSettings(
        size=BuildSize.LARGE, silence_minutes=30, before_deploy="check", after_deploy="smoke"
    )
    said = printed(*building(environment(settings=settings)))

    assert "large (8192 MiB, processors: 4)" in said
    assert "at most 30 min" in said
    assert said.index("check") < said.index("smoke")


def test_a_builder_shows_its_machine_and_how_sizes_are_kept_to() -> None:
    builder = BuilderView(
        name="b1", isolation="standard", slots=2, busy=0, memory_mib=24_105, cpus=2,
        sizes="memory looked at 4 times a second",
    )  # fmt: skip
    said = printed(builders_of([builder]))

    assert "24105 MiB, 2 processors" in said
    assert "looked at 4 times a second" in said

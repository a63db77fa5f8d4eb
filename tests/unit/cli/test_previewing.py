"""Who is asked before something is done sees what it would change; a script is not asked."""

import sys
from collections.abc import AsyncGenerator
from typing import cast

import pytest

from cli import main
from cli.client.answers import Decision, Place
from cli.exits import CliError
from cli.output import Output
from cli.previewing import NotForeseen, agreed, only_look, preview_of
from cli.session import Session
from tests.support.dashboard import deployment
from tests.support.golden import sample
from trellis_contracts.names import derived_id, new_id
from trellis_contracts.previewing import PreviewState, PreviewView, preview_id_of
from trellis_contracts.views import ViewChanged

AT = Place(derived_id("shop"), derived_id("staging"))
VIEW = PreviewView.model_validate(sample(PreviewView)).model_copy(
    update={"state": PreviewState.FAILED, "failure": "npm said no"}
)
RUNNING = VIEW.model_copy(update={"state": PreviewState.RUNNING})


class Server:
    """Makes a preview: it runs when it is first looked at, and has ended at the next change."""

    def __init__(self) -> None:
        self.views = [RUNNING, VIEW]
        self.asked: list[object] = []

    async def feed(self, _application: object) -> AsyncGenerator[ViewChanged | None]:
        yield None
        yield ViewChanged(view="deployments", key=str(VIEW.preview_id), position=1)
        yield ViewChanged(view="previews", key=str(VIEW.preview_id), position=2)

    async def preview(self, preview: object, *, after: int | None = None) -> PreviewView:
        self.asked.append((preview, after))
        return self.views.pop(0)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def session(server: Server) -> Session:
    return cast("Session", _Session(server))


class _Session:
    def __init__(self, server: Server) -> None:
        self.api, self.output = server, Output()


async def look() -> Decision:
    return Decision(id=new_id(), position=1, subject=VIEW.preview_id)


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, *, answer: bool) -> None:
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_args, **_options: answer)


async def test_a_person_sees_it_before_the_question(
    session: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_a_terminal(monkeypatch, answer=False)

    with pytest.raises(CliError, match="Nothing was changed"):
        await agreed(session, AT, look, question="Promote?", yes=False)

    assert "The preview could not be made: npm said no" in capsys.readouterr().out


async def test_whoever_says_yes_to_the_question_goes_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch, answer=True)

    await agreed(session, AT, look, question="Promote?", yes=False)


async def test_a_script_and_whoever_says_so_before_are_not_asked(
    session: Session, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agreed(session, AT, look, question="Promote?", yes=False)
    at_a_terminal(monkeypatch, answer=False)
    await agreed(session, AT, look, question="Promote?", yes=True)
    session.output.as_json = True
    await agreed(session, AT, look, question="Promote?", yes=False)

    assert server.asked == []


async def test_only_a_look_ends_with_what_kept_it_from_being_made(
    session: Session, server: Server
) -> None:
    with pytest.raises(NotForeseen, match="npm said no"):
        await only_look(session, AT, look)

    assert server.asked == [(VIEW.preview_id, 1), (VIEW.preview_id, 2)]


async def test_an_approver_is_shown_the_preview_of_exactly_what_waits(
    session: Session, server: Server
) -> None:
    waits = deployment(1, content="ab" * 32)
    server.views = [VIEW]

    (line,) = await preview_of(session, waits)

    assert "npm said no" in str(line)
    assert server.asked == [(preview_id_of(waits.environment_id, "ab" * 32), None)]
    assert await preview_of(session, deployment(1, content=None)) == []


def test_a_stuck_rollback_is_continued_only_by_who_types_the_stacks_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = ("continue", "shop", "dev", "--stack", "shop-dev", "--skip", "Topic", "--reason", "x")

    with pytest.raises(SystemExit) as end:
        main.run([*wanted, "--yes", "shop-prod"])

    assert end.value.code == 1
    assert "--yes shop-dev" in capsys.readouterr().err

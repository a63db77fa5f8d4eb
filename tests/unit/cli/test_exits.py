"""How `trellis` ends: the status that scripts read, and what a person is told."""

import pytest

from cli import main
from cli.client.errors import NotReachable
from cli.session import first_of


def ended(*arguments: str) -> object:
    with pytest.raises(SystemExit) as end:
        main.run(list(arguments))
    return end.value.code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("apps", "crate"), "No such command"),
        (("deploy", "shop", "staging", "--nonsense"), "No such option"),
        (("deploy", "shop"), "Missing argument"),
        (("deploy", "shop", "staging", "--branch", "a", "--commit", "b"), "not both"),
        (("run", "nothing"), "none of"),
    ],
)
def test_misuse_ends_with_two_and_a_sentence(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(*arguments) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert "Traceback" not in told.err


def test_nothing_typed_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended() in (0, 2)
    told = capsys.readouterr()
    assert "rollback" in told.out + told.err


@pytest.mark.parametrize("status", [0, 1, 130])
def test_the_demo_ends_as_its_story_did(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.demo.running.run_demo", lambda **_asked: status)
    assert ended("demo", "--exit") == status


def test_where_tasks_ran_side_by_side_the_first_error_is_told() -> None:
    told = NotReachable("http://there", "refused")
    assert first_of(ExceptionGroup("x", [ExceptionGroup("y", [told]), ValueError()])) is told

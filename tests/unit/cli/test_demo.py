"""What the demo says, requires and keeps, apart from what it starts."""

import asyncio
import io
import os
import shutil
import signal
from pathlib import Path

import pytest
from rich.console import Console

from cli.demo.checks import left_over, shared_address, unseen, wrong_answer
from cli.demo.ground import FolderUsed, environment_for, keep_logs, refuse_used
from cli.demo.running import Telling, until_asked
from cli.demo.timeline import Chapter, timeline, whole
from cli.exits import Status
from cli.main import run
from cli.output import Output

URL = "http://127.0.0.1:4566/shop"


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ({"version": 2, "stage": "staging", "visits": 1}, True),
        ({"version": 1, "stage": "staging"}, False),
        ({"version": "2", "stage": "staging"}, False),
        ({"version": 2, "stage": "production"}, False),
        ({}, False),
    ],
)
def test_an_answer_holds_only_with_its_version_from_its_environment(
    said: dict[str, object], *, held: bool
) -> None:
    broken = wrong_answer(said, URL, version=2, environment="staging")
    assert (broken is None) is held
    if broken:
        assert URL in broken
        assert "not version 2 in staging" in broken


def test_two_environments_may_not_answer_on_one_url() -> None:
    assert shared_address({"development": f"{URL}/a", "staging": f"{URL}/b"}) is None
    broken = shared_address({"development": URL, "staging": f"{URL}/b", "production": URL})
    assert broken == f"development and production answer on one URL, {URL}."


def test_a_cloud_that_shows_nothing_of_what_runs_proves_nothing_later() -> None:
    assert unseen({"development": ["shop-development"], "staging": ["shop-staging"]}) is None
    broken = unseen({"development": ["shop-development"], "staging": []})
    assert broken == "The cloud shows no stack of staging, where one runs."


def test_a_stack_that_outlives_the_teardown_is_named() -> None:
    assert left_over({"development": [], "staging": []}) is None
    broken = left_over({"development": [], "staging": ["shop-staging", "shop-staging-extra"]})
    assert broken
    assert "shop-staging (staging), shop-staging-extra (staging)" in broken


def test_the_timeline_has_a_row_for_each_chapter_that_fits_a_terminal() -> None:
    chapters = [
        Chapter(title="start everything", shown="it answers", began=0, seconds=4.1),
        Chapter(
            title="deploy once more",
            shown="version 2 answers in development",
            began=4.1,
            seconds=65,
        ),
    ]
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(timeline(chapters))
    rows = [line.split("  ") for line in console.export_text().splitlines() if "answers" in line]
    assert [[cell.strip() for cell in row if cell.strip()] for row in rows] == [
        ["0.0 s", "4.1 s", "start everything", "it answers"],
        ["4.1 s", "1 min 5 s", "deploy once more", "version 2 answers in development"],
    ]
    assert whole(chapters) == pytest.approx(69.1)


def test_the_demo_never_reaches_a_store_of_a_real_installation() -> None:
    given = {
        "PATH": "/usr/bin",
        "TRELLIS_EVENT_STORE": "esdb://real:2113",
        "TRELLIS_NATS": "nats://real:4222",
        "TRELLIS_SECRETS": "file:///real",
        "TRELLIS_KEYS": "/real/keys",
        "TRELLIS_GIT_ORIGINS": "https://git.real",
        "TRELLIS_LOG_LEVEL": "debug",
    }
    assert environment_for(given, git_origin="http://127.0.0.1:9", keys=Path("/demo/keys")) == {
        "PATH": "/usr/bin",
        "TRELLIS_LOG_LEVEL": "debug",
        "TRELLIS_GIT_ORIGINS": "http://127.0.0.1:9",
        "TRELLIS_KEYS": "/demo/keys",
    }


def test_a_folder_that_holds_something_is_not_the_demos(tmp_path: Path) -> None:
    refuse_used(tmp_path)
    refuse_used(tmp_path / "missing")
    (tmp_path / "events.sqlite").write_text("real")
    with pytest.raises(FolderUsed, match="folder of its own"):
        refuse_used(tmp_path)


def test_the_command_refuses_it_too_and_leaves_it_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "events.sqlite").write_text("real")
    with pytest.raises(SystemExit) as ended:
        run(["demo", "--exit", "--data", str(tmp_path)])
    assert ended.value.code == Status.FAILED
    assert "Leave --data out" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["events.sqlite"]


def test_the_logs_of_every_part_outlive_the_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in ("service-logs/builder.log", "bus/nats.log", "door/caddy.log"):
        (data / name).parent.mkdir(parents=True)
        (data / name).write_text(name)
    (data / "token").write_text("secret")
    kept = keep_logs(data)
    assert kept
    try:
        shutil.rmtree(data)
        assert {one.name for one in kept.iterdir()} == {"builder.log", "nats.log", "caddy.log"}
        assert (kept / "builder.log").read_text() == "service-logs/builder.log"
        assert kept.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(kept)


def test_a_demo_that_wrote_no_log_keeps_no_folder(tmp_path: Path) -> None:
    assert keep_logs(tmp_path) is None


@pytest.mark.parametrize(
    ("so_far", "ends_as"),
    [
        (None, Status.INTERRUPTED),
        (Status.FINE, Status.FINE),
        (Status.FAILED, Status.FAILED),
    ],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_lets_all_end_and_changes_no_verdict(
    so_far: Status | None, ends_as: Status, *, number: signal.Signals, tmp_path: Path
) -> None:
    ended = False
    telling = Telling(Output(), tmp_path, tmp_path, stay=True)

    async def work() -> None:
        nonlocal ended
        try:
            telling.status = so_far
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended = True

    await until_asked(work(), telling)
    assert ended
    assert telling.status is ends_as

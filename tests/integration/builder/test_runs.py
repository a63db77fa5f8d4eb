"""A run from the work queue to its outcome, on real parts."""

import json
import threading
from pathlib import Path
from urllib.request import urlopen

import pytest

from services.builder.adapters import workspace
from tests.support.building import DEMO, Site, building
from tests.support.git import folder_of_files
from tests.support.until import until
from trellis_contracts.deployments import CommitResolved, DeployKind
from trellis_contracts.failing import Failure
from trellis_contracts.failures import (
    CommitNotFound,
    CredentialsRejected,
    FrameworkNotFound,
    ParameterMissing,
    RunErrored,
    TestsFailed,
)
from trellis_contracts.install_failures import InstallFailed, LockFileTooOld
from trellis_contracts.parties import Party
from trellis_contracts.runs import (
    Instruction,
    RunAbandoned,
    RunCancelled,
    RunStarted,
    RunSucceeded,
    StackProgress,
    StartRun,
    StepFinished,
    StepStarted,
)
from trellis_contracts.steps import Step

TEMPLATE = """
Parameters:
  Stage: {Type: String}
  Motto: {Type: String, Default: none}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Stage}-${Motto}"}}
"""


def _repository(site: Site, tmp_path: Path, files: dict[str, str]) -> str:
    folder = folder_of_files(tmp_path / "shop", files)
    return site.forge.create_repository("shop", folder)


async def test_a_commit_becomes_a_running_application_and_goes_back_and_away(site: Site) -> None:
    first = site.forge.create_repository("shop", DEMO)
    target = site.target("shop", tests=True)
    v1 = await _succeeds(site, await site.deploy(target))
    _assert_told_in_order(site)
    assert v1.release is not None
    assert v1.release.commit == first
    assert v1.release.cloud.instance == "instance-1"
    assert _answer(v1)["version"] == 1

    second = site.forge.commit(
        "shop", {"function/version.mjs": "export const version = 2;\n"}, "Version 2"
    )
    v2 = await _succeeds(site, await site.deploy(target, commit=second, previous=v1.release))
    assert _answer(v2)["version"] == 2

    kinds = DeployKind.ROLLBACK, DeployKind.TEARDOWN
    back = await _succeeds(
        site, await site.deploy(target, kind=kinds[0], release=v1.release, previous=v2.release)
    )
    assert _answer(back)["version"] == 1
    assert back.seconds < v1.seconds

    gone = await _succeeds(
        site, await site.deploy(target, kind=kinds[1], release=back.release, previous=back.release)
    )
    assert gone.release is None
    assert "shop-development" in gone.stacks
    assert "shop-development" not in _stacks(site)


async def _succeeds(site: Site, run: StartRun) -> RunSucceeded:
    outcome = await site.books.outcome(run.run_id)
    assert isinstance(outcome, RunSucceeded), outcome
    return outcome


def _stacks(site: Site) -> set[str]:
    listed = site.account.client("cloudformation").list_stacks()["StackSummaries"]
    return {stack["StackName"] for stack in listed if stack["StackStatus"] != "DELETE_COMPLETE"}


def _answer(succeeded: RunSucceeded) -> dict[str, object]:
    assert succeeded.release is not None
    (stack,) = succeeded.release.stacks
    with urlopen(stack.outputs["ApiUrl"]) as response:  # noqa: S310 - the local AWS
        answer: dict[str, object] = json.load(response)
    return answer


def _assert_told_in_order(site: Site) -> None:
    steps = [fact.step for fact in site.books.facts if isinstance(fact, StepFinished)]
    assert steps == [Step.CHECKOUT, Step.INSTALL, Step.TEST, Step.SYNTHESISE, Step.DEPLOY]
    assert isinstance(site.books.facts[0], RunStarted)
    assert site.books.told(CommitResolved)
    progress = site.books.told(StackProgress)
    assert progress
    assert isinstance(progress[-1], StackProgress)
    assert progress[-1].done == progress[-1].total


@pytest.mark.parametrize(
    "case",
    [
        ({"readme.md": "nothing to deploy"}, FrameworkNotFound, Party.AUTHOR),
        (
            {
                "template.yaml": TEMPLATE,
                "package.json": '{"name": "x", "dependencies": {"left": "file:../none"}}',
                "package-lock.json": '{"name": "x", "lockfileVersion": 3, "packages": {}}',
            },
            InstallFailed,
            Party.AUTHOR,
        ),
        (
            {
                "template.yaml": TEMPLATE,
                "package.json": '{"name": "x"}',
                "pnpm-lock.yaml": "lockfileVersion: 5.4\n",
            },
            LockFileTooOld,
            Party.AUTHOR,
        ),
        (
            {
                "template.yaml": TEMPLATE,
                "package.json": '{"name": "x", "scripts": {"test": "echo 1 is not 2; exit 3"}}',
            },
            TestsFailed,
            Party.AUTHOR,
        ),
        (
            {"template.yaml": TEMPLATE.replace("{Type: String, Default: none}", "{Type: String}")},
            ParameterMissing,
            Party.TEAM,
        ),
    ],
)
async def test_each_failure_has_its_event_and_says_who_must_act(
    site: Site,
    tmp_path: Path,
    case: tuple[dict[str, str], type[Failure], Party],
) -> None:
    files, failure, party = case
    _repository(site, tmp_path, files)
    run = await site.deploy(site.target("shop", tests=failure.__name__ == "TestsFailed"))
    failed = await site.books.outcome(run.run_id)

    assert isinstance(failed, failure), failed
    assert failed.must_act is party
    assert failed.sentence in site.books.lines()
    if isinstance(failed, InstallFailed):
        code, _, said = str(failed.detail).partition(": ")
        assert code.startswith("npm error code ")
        assert said
    if isinstance(failed, TestsFailed):
        assert failed.exit_code == 3
        assert "1 is not 2" in failed.tail


async def test_a_commit_that_does_not_exist_is_named(site: Site, tmp_path: Path) -> None:
    _repository(site, tmp_path, {"template.yaml": TEMPLATE})
    run = await site.deploy(site.target("shop"), commit="ab" * 20)
    failed = await site.books.outcome(run.run_id)

    assert isinstance(failed, CommitNotFound), failed
    assert "ab" * 20 in failed.sentence


async def test_an_environment_without_credentials_touches_nothing(
    site: Site, tmp_path: Path
) -> None:
    _repository(site, tmp_path, {"template.yaml": TEMPLATE})
    run = await site.deploy(site.target("shop", credentials_version=None))
    failed = await site.books.outcome(run.run_id)

    assert isinstance(failed, CredentialsRejected), failed
    assert "trellis credentials set" in failed.sentence


async def test_a_secret_reaches_its_parameter_and_no_log(site: Site, tmp_path: Path) -> None:
    template = TEMPLATE.replace("Default: none}", "NoEcho: true}").replace("-${Motto}", "")
    scripts = {"test": "printenv Motto || echo no motto here"}
    package = json.dumps({"name": "x", "scripts": scripts})
    _repository(site, tmp_path, {"template.yaml": template, "package.json": package})
    run = await site.deploy(
        site.target("shop", tests=True, secrets={"Motto": 1}), secrets={"Motto": "canary-4711-xyz"}
    )
    done = await site.books.outcome(run.run_id)

    assert isinstance(done, RunSucceeded), done
    assert done.release is not None
    assert done.release.secrets == {"Motto": 1}
    assert "no motto here" in site.books.lines()
    assert "canary-4711-xyz" not in "".join(site.books.lines())


async def test_a_cancelled_run_ends_at_once_while_it_installs(site: Site, tmp_path: Path) -> None:
    package = json.dumps({"name": "x", "scripts": {"preinstall": "echo installing; sleep 60"}})
    _repository(site, tmp_path, {"template.yaml": TEMPLATE, "package.json": package})
    run = await site.deploy(site.target("shop"))
    await until(lambda: "installing" in "".join(site.books.lines()), within=30)
    await site.books.cancel(run.run_id)
    ended = await site.books.outcome(run.run_id, within=20)

    assert isinstance(ended, RunCancelled), ended
    assert not ended.cloud_touched


async def test_a_run_that_is_no_longer_the_environments_stops_without_a_word(
    site: Site, tmp_path: Path
) -> None:
    package = json.dumps({"name": "x", "scripts": {"preinstall": "echo installing; sleep 60"}})
    _repository(site, tmp_path, {"template.yaml": TEMPLATE, "package.json": package})
    await site.deploy(site.target("shop"))
    await until(lambda: "installing" in "".join(site.books.lines()), within=30)
    site.books.instruction = Instruction.STOP
    await until(lambda: any(site.settings.builder_runs.iterdir()), within=5)
    await until(lambda: not any(site.settings.builder_runs.iterdir()), within=30)

    assert not [fact for fact in site.books.facts if isinstance(fact, RunSucceeded | RunCancelled)]


async def test_the_outcome_does_not_wait_for_the_folder_to_be_removed(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, remove = threading.Event(), workspace._remove

    def later(path: Path, lock: int) -> None:
        told.wait(30)
        remove(path, lock)

    monkeypatch.setattr(workspace, "_remove", later)
    _repository(site, tmp_path, {"template.yaml": TEMPLATE})
    run = await site.deploy(site.target("shop"))
    ended = await site.books.outcome(run.run_id, within=20)

    assert isinstance(ended, RunSucceeded), ended
    assert any(site.settings.builder_runs.iterdir())
    told.set()
    await until(lambda: not any(site.settings.builder_runs.iterdir()), within=10)


async def test_a_run_without_a_room_ends_its_log(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, _least: int) -> None:
        raise workspace.DiskFull(folder, 0)

    monkeypatch.setattr(workspace, "_refuse_when_full", full)
    _repository(site, tmp_path, {"template.yaml": TEMPLATE})
    run = await site.deploy(site.target("shop"))
    ended = await site.books.outcome(run.run_id, within=20)

    assert isinstance(ended, RunErrored), ended
    assert "disk is full" in ended.detail
    await until(lambda: [chunk.last for chunk in site.books.chunks] == [True], within=10)


async def test_a_run_that_was_begun_is_never_begun_again(site: Site, tmp_path: Path) -> None:
    _repository(site, tmp_path, {"readme.md": "x"})
    run = await site.deploy(site.target("shop"))
    await site.books.outcome(run.run_id)
    await site.books.give(run)
    other = await site.deploy(site.target("shop"))
    await site.books.outcome(other.run_id)

    started = [fact for fact in site.books.facts if isinstance(fact, RunStarted)]
    assert [fact.run_id for fact in started] == [run.run_id, other.run_id]


async def test_a_builder_that_was_ended_in_mid_run_says_so_when_it_is_back(
    idle_site: Site, tmp_path: Path
) -> None:
    package = json.dumps({"name": "x", "scripts": {"preinstall": "echo installing; sleep 60"}})
    _repository(idle_site, tmp_path, {"template.yaml": TEMPLATE, "package.json": package})
    async with building(idle_site.settings):
        run = await idle_site.deploy(idle_site.target("shop"))
        await until(lambda: "installing" in "".join(idle_site.books.lines()), within=30)
    async with building(idle_site.settings):
        ended = await idle_site.books.outcome(run.run_id)

    assert isinstance(ended, RunAbandoned), ended
    assert not any(idle_site.settings.builder_runs.iterdir())


async def test_facts_wait_for_an_orchestrator_that_is_away(idle_site: Site, tmp_path: Path) -> None:
    _repository(idle_site, tmp_path, {"readme.md": "x"})
    async with building(idle_site.settings):
        run = await idle_site.deploy(idle_site.target("shop"))
        await until(lambda: bool(idle_site.books.told(StepStarted)), within=20)
        await idle_site.books.stop()
        again = type(idle_site.books)(idle_site.settings.bus_url())
        again.answers = idle_site.books.answers
        await again.start()
        idle_site.books = again
        ended = await again.outcome(run.run_id, within=30)

    assert isinstance(ended, FrameworkNotFound), ended

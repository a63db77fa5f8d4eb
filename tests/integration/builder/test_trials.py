"""The commit of a fork is installed and tested, and meets nothing that it must not."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.building import Site, building
from tests.support.git import folder_of_files
from tests.support.golden import sample
from trellis_contracts.names import new_id
from trellis_contracts.runs import RunEvent
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.trials import TrialEnded, TrialRequested, TrialRun

PACKAGE = {"name": "shop", "version": "1.0.0", "scripts": {"test": "sh ./look.sh"}}
LOCK = {"name": "shop", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": PACKAGE}}
LOOK = """
echo "sees $(env | sort | tr '\\n' ' ')"
mkdir -p node_modules && echo poison > node_modules/poison
exit ${VERDICT:-0}
"""
CANARY = "canary-0f1e2d3c"


def files(verdict: int = 0) -> dict[str, str]:
    look = LOOK.replace("${VERDICT:-0}", str(verdict))
    return {
        "package.json": json.dumps(PACKAGE),
        "package-lock.json": json.dumps(LOCK),
        "template.yaml": "Resources: {Queue: {Type: AWS::SQS::Queue}}",
        "look.sh": look,
    }


async def tried(site: Site, commit: str) -> TrialEnded:
    fields = sample(TrialRequested)
    run_id = new_id()
    trial = TrialRequested.model_validate(
        {
            **fields,
            "run_id": run_id,
            "commit": commit,
            "repository": site.forge.url("shop"),
            "folder": "",
            "settings": EnvironmentSettings(tests=True),
            "clone_token_version": None,
            "deadline": datetime.now(UTC) + timedelta(minutes=5),
        }
    )
    await site.books.give(TrialRun(trial=trial))
    return await site.books.trial(run_id)


async def test_it_passes_without_an_environment_or_anything_of_the_builders(
    idle_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = idle_site.forge.create_repository("shop", folder_of_files(tmp_path / "s", files()))
    monkeypatch.setenv("COMPANY_TOKEN", CANARY)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"https://ana:{CANARY}@pypi.example/simple")
    monkeypatch.setenv("PIP_TRUSTED_HOST", "pypi.example")
    settings = idle_site.settings.model_copy(update={"builder_pass": "default COMPANY_TOKEN"})
    async with building(settings):
        ended = await tried(idle_site, commit)

    assert ended.passed, ended
    assert idle_site.books.told(RunEvent) == []
    [seen] = [line for line in idle_site.books.lines() if line.startswith("sees ")]
    assert "PIP_TRUSTED_HOST=pypi.example" in seen, "what is no secret passes"
    assert CANARY not in "\n".join(idle_site.books.lines())
    assert "TRELLIS_ENVIRONMENT=fork-1" in seen
    assert list((settings.builder_store / "dependencies").glob("*/*")) == []


async def test_it_fails_with_what_its_tests_said(site: Site, tmp_path: Path) -> None:
    commit = site.forge.create_repository("shop", folder_of_files(tmp_path / "s", files(3)))
    ended = await tried(site, commit)

    assert not ended.passed
    assert "npm run test" in ended.sentence
    assert any(line.startswith("sees ") for line in ended.tail)


async def test_nothing_of_it_reaches_the_next_run(site: Site, tmp_path: Path) -> None:
    commit = site.forge.create_repository("shop", folder_of_files(tmp_path / "s", files()))
    first, second = await tried(site, commit), await tried(site, commit)

    assert first.passed
    assert second.passed
    kept = site.settings.builder_store / "dependencies"
    assert list(kept.rglob("poison")) == []


async def test_one_whose_builder_is_stopped_says_so_when_it_is_back(
    idle_site: Site, tmp_path: Path
) -> None:
    slow = files() | {"look.sh": "echo begins; sleep 60"}
    commit = idle_site.forge.create_repository("shop", folder_of_files(tmp_path / "s", slow))
    trying = asyncio.create_task(tried(idle_site, commit))
    async with building(idle_site.settings):
        async with asyncio.timeout(30):
            while "begins" not in idle_site.books.lines():  # noqa: ASYNC110 - of lines
                await asyncio.sleep(0.1)
    async with building(idle_site.settings):
        ended = await trying

    assert not ended.passed
    assert ended.sentence == "Its builder was stopped before it had ended: ask again."


async def test_a_commit_that_is_not_there_is_said_to_be_missing(site: Site, tmp_path: Path) -> None:
    site.forge.create_repository("shop", folder_of_files(tmp_path / "s", files()))
    ended = await tried(site, "d" * 40)

    assert not ended.passed
    assert "dddddd" in ended.sentence

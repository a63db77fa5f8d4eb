"""A program that is silent, too slow or too large ends its run with an event of its own."""

from pathlib import Path

import pytest

from tests.support.building import Site, building
from tests.support.git import folder_of_files
from trellis_contracts.failures import TestsFailed
from trellis_contracts.limit_failures import MemoryExceeded, RunSilent, StepTimedOut
from trellis_contracts.releases import Target
from trellis_contracts.runs import RunOutcome
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.sizes import BuildSize
from trellis_contracts.steps import Step

pytestmark = pytest.mark.alone

FILES = {"template.yaml": "Resources: {Queue: {Type: AWS::SQS::Queue}}"}
HOG = "python3 -c \"x = b'x' * (3 << 30); import time; time.sleep(60)\""


def _target(site: Site, tmp_path: Path, **settings: object) -> Target:
    site.forge.create_repository("shop", folder_of_files(tmp_path / "shop", FILES))
    given = {"region": site.account.region, "tests": True, **settings}
    return site.target("shop", settings=EnvironmentSettings.model_validate(given))


async def _outcome(site: Site, target: Target, **limits: float) -> RunOutcome:
    async with building(site.settings.model_copy(update=limits)):
        run = await site.deploy(target)
        return await site.books.outcome(run.run_id)


async def test_a_silent_program_is_ended_and_the_step_is_named(
    idle_site: Site, tmp_path: Path
) -> None:
    target = _target(idle_site, tmp_path, test_command="echo working; sleep 60")
    failed = await _outcome(idle_site, target, silence_seconds=3)

    assert isinstance(failed, RunSilent), failed
    assert (failed.step, failed.seconds) == (Step.TEST, 3)
    assert failed.tail[-1] == "working"
    assert "step test" in failed.sentence
    assert "--silence-minutes" in failed.sentence


async def test_an_environment_may_be_silent_for_longer_than_its_builder_says(
    idle_site: Site, tmp_path: Path
) -> None:
    target = _target(idle_site, tmp_path, test_command="sleep 5; exit 1", silence_minutes=1)
    failed = await _outcome(idle_site, target, silence_seconds=3)

    assert isinstance(failed, TestsFailed), failed


async def test_a_program_that_takes_too_long_is_not_said_to_have_failed(
    idle_site: Site, tmp_path: Path
) -> None:
    talking = "while :; do echo tick; sleep 0.5; done"
    target = _target(idle_site, tmp_path, test_command=talking)
    failed = await _outcome(idle_site, target, step_seconds=4)

    assert isinstance(failed, StepTimedOut), failed
    assert (failed.step, failed.seconds) == (Step.TEST, 4)


async def test_a_program_that_is_too_large_is_ended_and_the_next_size_named(
    idle_site: Site, tmp_path: Path
) -> None:
    target = _target(idle_site, tmp_path, test_command=HOG, size=BuildSize.SMALL)
    failed = await _outcome(idle_site, target)

    assert isinstance(failed, MemoryExceeded), failed
    assert (failed.step, failed.size) == (Step.TEST, BuildSize.SMALL)
    assert "--size medium` (4096 MiB)" in failed.sentence


async def test_node_is_told_how_large_its_heap_may_be(idle_site: Site, tmp_path: Path) -> None:
    command = 'echo "$NODE_OPTIONS"; exit 1'
    target = _target(idle_site, tmp_path, test_command=command, size=BuildSize.LARGE)
    failed = await _outcome(idle_site, target)

    assert isinstance(failed, TestsFailed), failed
    assert failed.tail[-1] == "--max-old-space-size=6144"

"""What a promotion would change is seen before it is confirmed, by the API and at the terminal."""

import asyncio
import os
import sys
from pathlib import Path

import httpx
import pytest

from cli.client.errors import Refusal
from cli.demo.stage import Stage
from cli.watching import await_preview
from tests.e2e.test_the_line import expect_success, pushed, version
from tests.support.stack import DEMO, whole_trellis
from trellis_contracts.changes import Direction
from trellis_contracts.foreseeing import DATA_STAYS
from trellis_contracts.previewing import PreviewState, PreviewView
from trellis_contracts.rules import Approvals
from trellis_contracts.settings import SettingsChange

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

TRELLIS = str(Path(sys.executable).with_name("trellis"))


async def typed(stage: Stage, *arguments: str) -> str:
    """What a command prints; it must end well."""
    process = await asyncio.create_subprocess_exec(
        TRELLIS,
        *arguments,
        env={
            "PATH": os.environ["PATH"],
            "TRELLIS_URL": stage.up.url,
            "TRELLIS_TOKEN": stage.up.token_file.read_text().strip(),
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def previewed(stage: Stage, environment: str, source: str) -> PreviewView:
    at = stage.at(environment)
    asked = await stage.api.preview_promotion(at, stage.id_of(source))
    assert asked.subject
    return await await_preview(
        stage.api, asked.subject, application=at.application_id, after=asked.position
    )


async def test_a_promotion_is_looked_at_approved_and_made(tmp_path: Path) -> None:
    async with whole_trellis(tmp_path) as stage:
        await pushed(stage, await stage.connect(DEMO))
        with pytest.raises(Refusal) as refused:
            await previewed(stage, "production", "staging")
        assert refused.value.problem.status == httpx.codes.CONFLICT

        first = await previewed(stage, "staging", "development")
        assert first.state is PreviewState.MADE, first.failure
        assert first.commits
        assert first.commits.direction is Direction.FIRST
        assert all(stack.new for stack in first.stacks)
        assert (await stage.environment("staging")).last is None
        lines = await stage.api.lines(first.run_id)
        assert any("nothing was changed" in line.text for line in lines.lines)

        decision = await stage.api.promote(stage.at("staging"), stage.id_of("development"))
        expect_success(await stage.follow(decision))
        second = stage.commit(version(2), "Answer version 2")
        await pushed(stage, second)
        await stage.api.set_variable(stage.at("staging"), "GREETING", "Hello again")

        told = await typed(stage, "promote", "shop", "staging", "--preview")
        assert f"{second[:7]} Answer version 2" in told
        assert "Variable GREETING is added." in told
        assert "Stack shop-staging would change:" in told
        assert (await stage.environment("staging")).last == decision.subject

        await looked_at_by_the_approver(stage)
        await rolled_back(stage)


async def looked_at_by_the_approver(stage: Stage) -> None:
    at = stage.at("staging")
    rule = SettingsChange(approvals=Approvals(needed=1, own=True))
    await stage.api.configure(at, rule)
    await typed(stage, "promote", "shop", "staging", "--preview")
    waits = await stage.api.promote(at, stage.id_of("development"))
    assert waits.subject
    view = await stage.api.deployment(waits.subject, after=waits.position)
    assert view.gates

    why = (await stage.api.why("shop", "staging", number=view.number)).sentences
    assert any(line.startswith("What it would change, as of") for line in why)
    assert any("Answer version 2" in line for line in why)
    said = await typed(stage, "approve", "shop", "staging", "--yes")
    assert "Variable GREETING is added." in said
    assert view.content
    expect_success(await stage.follow(view))


async def rolled_back(stage: Stage) -> None:
    told = await typed(stage, "rollback", "shop", "staging", "--preview")
    assert told.startswith(DATA_STAYS)
    said = await typed(stage, "rollback", "shop", "staging", "--wait")
    assert DATA_STAYS in said
    (newest, *_) = await stage.api.deployments(stage.id_of("staging"))
    assert newest.cannot_undo[0] == DATA_STAYS

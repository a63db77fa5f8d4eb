"""The rules on real parts: what waits, what is skipped, what is held, and who lets it go on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.client.answers import AwsKeys, Created, Decision
from cli.client.api import Api
from cli.client.errors import Refusal
from cli.demo.github import deliver
from cli.demo.stage import Stage
from tests.support.git import folder_of_files
from tests.support.stack import queues, whole_trellis
from trellis_contracts.rights import Role
from trellis_contracts.rules import (
    Approvals,
    GateKind,
    RequiredChecks,
    SkipReason,
    Window,
    WindowKind,
)
from trellis_contracts.settings import SettingsChange
from trellis_contracts.views import DeploymentState, DeploymentView

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

_SECONDS = 30.0


async def expect_success(stage: Stage, deployment: DeploymentView | Decision) -> DeploymentView:
    view = await stage.follow(deployment)
    assert view.state is DeploymentState.SUCCEEDED, view.failure
    return view


async def pushed(stage: Stage, commit: str) -> DeploymentView:
    await stage.push(commit)
    return await expect_success(stage, await stage.pushed("development", commit))


async def until_waiting(stage: Stage, decision: Decision, kind: GateKind) -> DeploymentView:
    assert decision.subject
    view = await stage.api.deployment(decision.subject, after=decision.position)
    assert view.state is DeploymentState.WAITING
    assert [gate.kind for gate in view.gates] == [kind]
    return view


async def configure(stage: Stage, environment: str, **fields: object) -> None:
    change = SettingsChange.model_validate(fields)
    await stage.api.configure(stage.at(environment), change)


@asynccontextmanager
async def signed_in_as(stage: Stage, name: str, role: Role) -> AsyncIterator[Api]:
    """Somebody else, with a token of their own."""
    token = await stage.api.make_token(name, role, actor=f"person:{name}")
    async with Api(stage.up.url, token.token, token_from="the test") as api:
        yield api


async def skipped_for(stage: Stage, reason: SkipReason) -> None:
    """Wait until the newest push to development was skipped, for this reason."""
    async with asyncio.timeout(_SECONDS):
        while True:
            skipped = (await stage.environment("development")).skipped
            if skipped and skipped[0].reason is reason:
                return
            await asyncio.sleep(0.1)


async def test_a_promotion_waits_for_somebody_else_and_for_the_end_of_a_freeze(
    tmp_path: Path,
) -> None:
    async with whole_trellis(tmp_path) as stage:
        await pushed(stage, await stage.connect(folder_of_files(tmp_path / "s", queues("One"))))
        always = Window(kind=WindowKind.DENY, opens="* * * * *", minutes=60)
        needs = Approvals(needed=1)
        await configure(stage, "production", approvals=needs, windows=(always,))
        source = stage.id_of("development")

        promoted = await stage.api.promote(stage.at("production"), source)
        assert promoted.subject
        view = await stage.api.deployment(promoted.subject, after=promoted.position)
        assert [gate.kind for gate in view.gates] == [GateKind.APPROVAL, GateKind.FREEZE]
        at, content = stage.at("production"), view.content or ""
        with pytest.raises(Refusal, match="ask somebody else"):
            await stage.api.approve(at, view.deployment_id, content)

        async with signed_in_as(stage, "ben", Role.DEVELOPER) as ben:
            await ben.approve(at, view.deployment_id, content)
            with pytest.raises(Refusal, match="may not"):
                await ben.override_freeze(at, view.deployment_id, "impatience")
        overridden = await stage.api.override_freeze(at, view.deployment_id, "the shop is down")
        done = await expect_success(
            stage, overridden.model_copy(update={"subject": view.deployment_id})
        )
        assert done.approvers == ("person:ben",)
        assert done.freeze_override_reason == "the shop is down"


async def test_approvals_lapse_when_a_variable_changes(tmp_path: Path) -> None:
    async with whole_trellis(tmp_path) as stage:
        await pushed(stage, await stage.connect(folder_of_files(tmp_path / "s", queues("One"))))
        await configure(stage, "staging", approvals=Approvals(needed=2, own=True))
        promoted = await stage.api.promote(stage.at("staging"), stage.id_of("development"))
        view = await until_waiting(stage, promoted, GateKind.APPROVAL)
        at = stage.at("staging")
        await stage.api.approve(at, view.deployment_id, view.content or "")

        await stage.api.set_variable(at, "COLOUR", "red")
        after = await _when(stage, view, lambda now: not now.approvers)
        assert after.content != view.content
        assert after.variables == ("COLOUR",)
        with pytest.raises(Refusal, match="has changed since"):
            await stage.api.approve(at, view.deployment_id, view.content or "")


async def test_a_rollback_holds_pushes_and_bars_the_commit_until_it_is_lifted(
    tmp_path: Path,
) -> None:
    async with whole_trellis(tmp_path) as stage:
        await pushed(stage, await stage.connect(folder_of_files(tmp_path / "s", queues("One"))))
        bad = stage.commit(queues("One", "Bad"), "A bad one")
        await pushed(stage, bad)
        await expect_success(stage, await stage.api.roll_back(stage.at("development")))
        hold = (await stage.environment("development")).hold
        assert hold is not None
        assert hold.barred == (bad,)
        with pytest.raises(Refusal, match="was taken away"):
            await stage.api.deploy(stage.at("development"), commit=bad)

        await stage.push(stage.commit(queues("One", "Two"), "While it is held"))
        await skipped_for(stage, SkipReason.HELD)
        held = await stage.api.why("shop", "development")
        assert any(
            f"pushes are held since the rollback #{hold.number}" in said for said in held.sentences
        )
        told = await stage.api.why("shop", "development", commit=stage.before[:7])
        why = f"automatic deploys are held since the rollback #{hold.number}"
        assert told.sentences == (f"{stage.before[:7]} of main was skipped: {why}.",)
        await stage.api.resume(stage.at("development"))
        await pushed(stage, stage.commit(queues("One", "Three"), "After it was lifted"))
        assert (await stage.environment("development")).hold is None


async def test_a_push_waits_for_the_checks_of_its_commit(tmp_path: Path) -> None:
    async with whole_trellis(tmp_path) as stage:
        await pushed(stage, await stage.connect(folder_of_files(tmp_path / "s", queues("One"))))
        await configure(stage, "development", checks=RequiredChecks(names=("build",)))
        commit = stage.commit(queues("One", "Two"), "To be checked")
        await stage.push(commit)
        view = await stage.pushed("development", commit)
        assert [gate.kind for gate in view.gates] == [GateKind.CHECKS]

        assert stage.created
        run = {"name": "build", "head_sha": commit, "conclusion": "success"}
        payload = {"check_run": run, "repository": {"full_name": stage.repository}}
        await deliver(stage.created.webhook, "check_run", payload)
        await expect_success(stage, view)


async def test_a_cancelled_update_goes_back_to_what_ran(tmp_path: Path) -> None:
    async with whole_trellis(tmp_path, step_seconds=1) as stage:
        await pushed(stage, await stage.connect(folder_of_files(tmp_path / "s", queues("One"))))
        more = stage.commit(queues("One", "Two", "Three", "Four"), "More")
        await stage.push(more)
        view = await stage.pushed("development", more)
        await _when(stage, view, _updates)
        await stage.api.cancel(stage.at("development"), view.deployment_id)
        assert (await stage.follow(view)).state is DeploymentState.CANCELLED
        release = (await stage.environment("development")).release
        assert release is not None
        assert release.number == 1
        await pushed(stage, stage.commit(queues("One", "Five"), "It can be deployed again"))


async def _when(
    stage: Stage, view: DeploymentView, holds: Callable[[DeploymentView], bool]
) -> DeploymentView:
    """Give the deployment as it is once this holds of it."""
    async with asyncio.timeout(_SECONDS):
        while not holds(now := await stage.api.deployment(view.deployment_id)):  # noqa: ASYNC110 - of any kind
            await asyncio.sleep(0.1)
    return now


def _updates(view: DeploymentView) -> bool:
    stacks = view.runs[-1].stacks if view.runs else ()
    return any(stack.status == "UPDATE_IN_PROGRESS" for stack in stacks)


async def test_a_push_to_a_repository_of_three_applications_deploys_the_one_that_it_changes(
    tmp_path: Path,
) -> None:
    files = {f"{name}/template.json": queues("One")["template.json"] for name in "abc"}
    async with whole_trellis(tmp_path, name="a") as stage:
        head = stage.git.create_repository(stage.repository, folder_of_files(tmp_path / "s", files))
        made = {name: await _connected(stage, name) for name in "abc"}
        first = {name: await _first(stage, made[name], head) for name in "abc"}
        after = stage.commit({"b/note.txt": "changed"}, "Change b")
        changed = {"id": after, "message": "Change b", "added": ["b/note.txt"]}
        payload: dict[str, object] = {
            "ref": "refs/heads/main",
            "before": head,
            "after": after,
            "repository": {"full_name": stage.repository},
            "commits": [{**changed, "removed": [], "modified": []}],
        }
        for name, said in (("b", "#2 would start at once."), ("a", "It would be skipped")):
            stage.created = made[name]
            supposed = await stage.api.simulate_push(
                stage.at("development"), "main", commit=after, paths=["b/note.txt"]
            )
            assert supposed.foretold[-1].startswith(said)
            assert await _numbers(stage) == [first[name].number]
        for created in made.values():
            await deliver(created.webhook, "push", payload)

        stage.created = made["b"]
        await expect_success(stage, await stage.pushed("development", after))
        for name in "ac":
            stage.created = made[name]
            await skipped_for(stage, SkipReason.PATHS)
            assert await _numbers(stage) == [first[name].number]


async def _first(stage: Stage, created: Created, head: str) -> DeploymentView:
    """Wait for the end of what the remote's head brings: no webhook has told of it yet."""
    stage.created = created
    return await stage.follow(await stage.pushed("development", head))


async def _numbers(stage: Stage) -> list[int]:
    views = await stage.api.deployments(stage.id_of("development"))
    return [view.number for view in views]


async def _connected(stage: Stage, name: str) -> Created:
    url = stage.git.url(stage.repository)
    stage.created = await stage.api.create_application(name, url, folder=name)
    await stage.api.watch(stage.created.application_id, [name, "packages"])
    keys = AwsKeys(
        access_key_id=stage.accounts["development"], secret_access_key=SecretStr("takes any")
    )
    await stage.api.set_credentials(stage.at("development"), keys)
    return stage.created

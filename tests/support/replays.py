"""Makes the stored histories that every later version must read: `python -m tests.support.replays`.

A history is written once, by the version that is named in its file, and never again.
"""

import json
import random
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from services.orchestrator.domain.outcomes import Report
from services.orchestrator.domain.refusals import Illegal
from services.orchestrator.domain.slot import Environment, Live, Nothing, Running
from tests.support import application_replays
from tests.support.deployments import (
    ANA,
    BEN,
    DEVELOPMENT,
    EVE,
    PRODUCTION,
    SHOP,
    deployment,
    release,
)
from tests.support.world import Question, World
from trellis_contracts import codec
from trellis_contracts.applications import EnvironmentConfigured
from trellis_contracts.continuing import Continuation, ContinueRollback
from trellis_contracts.deployments import (
    Cancel,
    Promote,
    ReleaseDeployed,
    RollBack,
    TearDown,
)
from trellis_contracts.failures import TestsFailed
from trellis_contracts.gating import Approve, LiftHold, OverrideFreeze
from trellis_contracts.hook_failures import AfterDeployFailed
from trellis_contracts.limit_failures import RunSilent
from trellis_contracts.names import EnvironmentId
from trellis_contracts.pushes import NO_COMMIT, PushReceived
from trellis_contracts.rules import Approvals, Window, WindowKind
from trellis_contracts.runs import RunAbandoned, RunSucceeded
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.stack_failures import StackStuck
from trellis_contracts.steps import Step

FOLDER = Path(__file__).parents[1] / "contract" / "replay" / "histories"
_STEPS = 200


def facts_of(state: Environment) -> dict[str, object]:
    """Say in plain values what an environment's state amounts to, whatever it is made of."""
    slot = state.slot
    live = None if isinstance(state.content, Nothing) else state.content.success
    return {
        "numbers": state.numbers,
        "fences": state.fences,
        "running": slot.request.number if isinstance(slot, Running) else None,
        "attempt": slot.run.attempt if isinstance(slot, Running) else None,
        "waiting": [[w.request.number, sorted(w.approvers), w.overridden] for w in state.waiting],
        "content": [type(state.content).__name__, live and live.number],
        "runs": live and live.release.commit,
        "successes": [success.number for success in state.successes],
        "held": state.hold and [state.hold.number, sorted(state.hold.barred)],
        "touched": state.touched,
        **({"stuck": state.stuck.stack} if state.stuck else {}),
        **_passed(state),
    }


def _passed(state: Environment) -> dict[str, object]:
    """Only what has not passed says so: histories of before had none."""
    runs = state.content
    return {"passed": False} if isinstance(runs, Live) and not runs.passed else {}


def lived(seed: int) -> World:
    """Live a life of pushes, clicks and failures that the seed decides."""
    chosen, world = random.Random(seed), World(first=tuple(_settings()))  # noqa: S311 - a story
    for step in range(_STEPS):
        _one_thing(world, chosen, step)
        world.pass_time(timedelta(minutes=chosen.choice([1, 1, 30, 400])))
    return world


def written(world: World, where: EnvironmentId) -> dict[str, object]:
    """Give an environment's history as it is stored, and what it amounts to."""
    events = [
        {
            "type": type(event).__name__,
            "version": event.schema_version,
            "at": at.isoformat(),
            "body": json.loads(codec.encode(event)),
        }
        for event, at in world.streams[where]
    ]
    return {"events": events, "facts": facts_of(world.state(where))}


def _settings() -> Iterable[EnvironmentConfigured]:
    night = Window(kind=WindowKind.DENY, opens="0 22 * * *", minutes=360)
    for where, settings in {
        DEVELOPMENT: EnvironmentSettings(branch="main", automatic=True, windows=(night,)),
        PRODUCTION: EnvironmentSettings(approvals=Approvals(needed=2, own=True)),
    }.items():
        yield EnvironmentConfigured(application_id=SHOP, environment_id=where, settings=settings)


def _one_thing(world: World, chosen: random.Random, step: int) -> None:
    where = chosen.choice([DEVELOPMENT, PRODUCTION])
    slot = world.state(where).slot
    if chosen.random() < 0.25:
        _push(world)
    elif isinstance(slot, Running) and chosen.random() < 0.8:
        known = {**slot.request.ids, "run_id": slot.run.run_id}
        brings = release(slot.commit or world.heads[-1])
        report = chosen.choice(
            [RunSucceeded.model_validate({**known, "release": brings, "seconds": 1})] * 4
            + [RunAbandoned.model_validate(known)]
            + [ReleaseDeployed.model_validate({**known, "release": brings})]
            + [_failed(known, chosen)]
        )
        world.ask(report, id_=deployment(10_000 + step), actor="service:builder")
    else:
        _click(world, chosen, where, step=step)


def _failed(known: dict[str, object], chosen: random.Random) -> Report:
    program = {**known, "command": "npm test", "exit_code": 1}
    stack = {**known, "stack": "shop-development", "stack_status": "UPDATE_ROLLBACK_FAILED"}
    failures: list[Report] = [
        TestsFailed.model_validate(program),
        AfterDeployFailed.model_validate(program),
        RunSilent.model_validate({**known, "step": Step.INSTALL, "seconds": 600}),
        StackStuck.model_validate({**stack, "resources": ("Topic",), "reason": "it is gone"}),
    ]
    return chosen.choice(failures)


def _push(world: World) -> None:
    commit = f"{len(world.heads) + 1:040x}"
    before = world.heads[-1] if world.heads else NO_COMMIT
    world.heads.append(commit)
    world.deliver(
        PushReceived(
            delivery=f"d{commit}",
            hook="hook-of-the-shop",
            repository="acme/shop",
            branch="main",
            before=before,
            after=commit,
        )
    )


def _click(world: World, chosen: random.Random, where: EnvironmentId, *, step: int) -> None:
    name = world.application.environment(where).name
    commands: list[Question] = [
        Promote(environment_id=PRODUCTION, source=DEVELOPMENT),
        RollBack(environment_id=where),
        LiftHold(environment_id=where),
    ]
    if stuck := world.state(where).stuck:
        going_on = Continuation(stack=stuck.stack, skip=stuck.resources, reason="it is gone")
        commands += [ContinueRollback(environment_id=where, continuation=going_on)] * 4
    for waiting in world.state(where).waiting:
        id_ = waiting.request.deployment_id
        content = waiting.request.content
        commands += [Approve(environment_id=where, deployment_id=id_, content=content)] * 4
        commands.append(OverrideFreeze(environment_id=where, deployment_id=id_, reason="now"))
        commands.append(Cancel(environment_id=where, deployment_id=id_))
    if chosen.random() < 0.05:
        commands = [TearDown(environment_id=where, confirm=name)]
    who = chosen.choice([ANA, BEN, EVE])
    answered = world.ask(chosen.choice(commands), id_=deployment(20_000 + step), actor=who)
    if isinstance(answered, Illegal):
        return  # a click that was refused leaves no event


def _lines(history: dict[str, object]) -> str:
    """Write it with an event a line, so that a difference can be read."""
    text = json.dumps(history, separators=(",", ":"))
    return text.replace('{"type":', '\n{"type":').replace('"facts":', '\n"facts":') + "\n"


def write(version: str) -> list[Path]:
    """Write the histories of this version, unless they are there. Give what was written."""
    made: list[Path] = []
    for seed in range(6):
        world = lived(seed)
        for name, where in (("development", DEVELOPMENT), ("production", PRODUCTION)):
            path = FOLDER / f"{version}-{name}-{seed}.json"
            if not path.exists():
                path.write_text(_lines(written(world, where)))
                made.append(path)
    for seed in range(4):
        path = FOLDER / f"{version}-application-{seed}.json"
        if not path.exists():
            path.write_text(_lines(application_replays.written(seed)))
            made.append(path)
    return made


if __name__ == "__main__":
    for path in write(sys.argv[1]):
        sys.stdout.write(f"{path.name}\n")

"""The step that makes an assembly: inside the sandbox, without a credential."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from services.builder.adapters.artifacts import Artifacts
from services.builder.adapters.attempt import Attempt, Made
from services.builder.adapters.deployer.access import Identity, asset_bucket
from services.builder.adapters.deployer.deployer import Deployer
from services.builder.adapters.deployer.prepared import Prepared, prepare_assembly
from services.builder.adapters.frameworks.port import Found, SynthesisRequest
from services.builder.adapters.frameworks.synthesis import (
    LookupsWanted,
    NotSynthesised,
    Synthesis,
    begin_synthesis,
)
from services.builder.adapters.steps import cloud
from services.builder.adapters.steps.find import find

_MOST_ROUNDS = 5
"""How often an application may ask about its account: each answer may lead to a question."""


async def synthesise(attempt: Attempt, artifacts: Artifacts) -> Made:
    """Make an assembly of the commit for this environment, check it, and keep it.

    Raises:
        StepFailed: as `assemble`.
    """
    prepared = await assemble(attempt)
    artifact = await cloud.settled(attempt, lambda: artifacts.keep(prepared.folder))
    await attempt.log.say(f"Kept the assembly as artifact {artifact[:12]}")
    return Made(prepared, artifact)


async def assemble(attempt: Attempt) -> Prepared:
    """Make an assembly of the commit for this environment, and check it.

    Raises:
        StepFailed: with SynthesisFailed, ParameterMissing, AssemblyRefused or CredentialsRejected.
    """
    found = attempt.found or await find(attempt)
    deployer, identity = await cloud.enter(attempt)
    await attempt.log.say(f"Synthesising with {found.name}, without credentials")
    synthesis = await _with_lookups(attempt, found, deployer=deployer, identity=identity)
    reach, secrets = cloud.reach_of(attempt, identity, found), attempt.granted.secrets
    return await cloud.settled(
        attempt, lambda: prepare_assembly(synthesis.assembly, reach, secrets)
    )


async def _with_lookups(
    attempt: Attempt, found: Found, *, deployer: Deployer, identity: Identity
) -> Synthesis:
    """Synthesise; answer what the application asks about its account, and synthesise again."""
    context: dict[str, Any] = {}
    for _ in range(_MOST_ROUNDS):
        try:
            return await _once(attempt, found, _request(attempt, identity, context))
        except LookupsWanted as wanted:
            lookups = wanted.lookups
        asked = ", ".join(sorted({lookup.provider for lookup in lookups}))
        await attempt.log.say(f"Looking up in the account, by reads alone: {asked}")
        context |= await cloud.settled(attempt, partial(deployer.look_up, lookups))
    return await cloud.settled(attempt, lambda: _never_ends(found))


async def _once(attempt: Attempt, found: Found, request: SynthesisRequest) -> Synthesis:
    toolchain = found.framework.toolchain
    tools = await attempt.shop.toolchain(toolchain) if toolchain else None
    synthesis = begin_synthesis(attempt.folder.path, found, request, tools=tools)
    command = synthesis.command
    ended = await attempt.run(
        command.argv, read_only=command.read_only, of_builder=command.of_builder
    )
    await cloud.settled(attempt, lambda: synthesis.finish(ended.code))
    return synthesis


def _never_ends(found: Found) -> Synthesis:
    raise NotSynthesised(
        found.name,
        f"it asks about its account again and again ({_MOST_ROUNDS} times): commit the answers "
        "(cdk.context.json).",
    )


def _request(attempt: Attempt, identity: Identity, context: Mapping[str, Any]) -> SynthesisRequest:
    work, target = attempt.work, attempt.work.target
    return SynthesisRequest(
        application_id=work.application_id,
        environment_id=work.environment_id,
        account=identity.account,
        region=target.settings.region,
        stage=target.stage,
        stack=target.stack_name,
        bucket=asset_bucket(identity.account, target.settings.region),
        variables=target.variables,
        secrets=frozenset(target.secrets),
        context=context,
    )

"""The step that makes an assembly: inside the sandbox, without a credential."""

from services.builder.adapters.artifacts import Artifacts
from services.builder.adapters.attempt import Attempt, Made
from services.builder.adapters.deployer.access import Identity, asset_bucket
from services.builder.adapters.deployer.prepared import prepare_assembly
from services.builder.adapters.frameworks.known import find_framework
from services.builder.adapters.frameworks.port import SynthesisRequest
from services.builder.adapters.frameworks.synthesis import Synthesis, begin_synthesis
from services.builder.adapters.steps import cloud


async def synthesise(attempt: Attempt, artifacts: Artifacts) -> Made:
    """Make an assembly of the commit for this environment, check it, and keep it.

    Raises:
        StepFailed: with FrameworkNotFound, SynthesisFailed, ParameterMissing, AssemblyRefused
            or CredentialsRejected.
    """
    source, folder = attempt.folder.source, attempt.work.target.folder
    found = await cloud.settled(attempt, lambda: find_framework(source, folder))
    _, identity = await cloud.enter(attempt)
    await attempt.log.say(f"Synthesising with {found.name}, without credentials")
    synthesis = begin_synthesis(attempt.folder.path, found, _request(attempt, identity))
    await _run(attempt, synthesis)
    reach, secrets = cloud.reach_of(attempt, identity), attempt.granted.secrets
    prepared = await cloud.settled(
        attempt, lambda: prepare_assembly(synthesis.assembly, reach, secrets)
    )
    artifact = await cloud.settled(attempt, lambda: artifacts.keep(synthesis.assembly))
    await attempt.log.say(f"Kept the assembly as artifact {artifact[:12]}")
    return Made(prepared, artifact)


async def _run(attempt: Attempt, synthesis: Synthesis) -> None:
    command = synthesis.command
    ended = await attempt.run(command.argv, read_only=command.read_only)
    await cloud.settled(attempt, lambda: synthesis.finish(ended.code))


def _request(attempt: Attempt, identity: Identity) -> SynthesisRequest:
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
    )

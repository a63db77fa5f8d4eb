"""The step that makes an assembly: inside the sandbox, without a credential."""

from services.builder.adapters.artifacts import Artifacts
from services.builder.adapters.attempt import Attempt, Made
from services.builder.adapters.deployer.access import asset_bucket
from services.builder.adapters.deployer.reading import read_and_check
from services.builder.adapters.frameworks.known import find_framework
from services.builder.adapters.frameworks.port import SynthesisRequest
from services.builder.adapters.frameworks.synthesis import begin_synthesis
from services.builder.adapters.steps import cloud


async def synthesise(attempt: Attempt, artifacts: Artifacts) -> Made:
    """Make an assembly of the commit for this environment, check it, and keep it.

    Raises:
        StepFailed: with FrameworkNotFound, SynthesisFailed, ParameterMissing, AssemblyRefused
            or CredentialsRejected.
    """
    work, target = attempt.work, attempt.work.target
    framework = await cloud.settled(
        attempt, lambda: find_framework(attempt.folder.source, target.folder)
    )
    _, identity = await cloud.enter(attempt)
    bucket = asset_bucket(identity.account, target.settings.region)
    request = SynthesisRequest(
        application_id=work.application_id,
        environment_id=work.environment_id,
        account=identity.account,
        region=target.settings.region,
        stage=target.stage,
        stack=target.stack_name,
        bucket=bucket,
        variables=target.variables,
        secrets=frozenset(target.secrets),
    )
    await attempt.log.say(f"Synthesising with {framework.name}, without credentials")
    synthesis = begin_synthesis(attempt.folder.path, request)
    command = framework.command(synthesis.request)
    ended = await attempt.run(command.argv, read_only=command.read_only)
    await cloud.settled(attempt, lambda: synthesis.finish(ended.code))
    reach = cloud.reach_of(attempt, identity, bucket)
    checked = await cloud.settled(attempt, lambda: read_and_check(synthesis.assembly, reach))
    artifact = await cloud.settled(attempt, lambda: artifacts.keep(synthesis.assembly))
    await attempt.log.say(f"Kept the assembly as artifact {artifact[:12]}")
    return Made(checked, artifact)

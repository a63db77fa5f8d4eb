"""The step that changes the cloud: one deployer, no user code, a kept assembly."""

from collections.abc import Iterable

from services.builder.adapters.artifacts import Artifacts
from services.builder.adapters.attempt import Attempt, Made
from services.builder.adapters.deployer.access import Identity
from services.builder.adapters.deployer.deployer import Deployer
from services.builder.adapters.deployer.errors import SecretMissing
from services.builder.adapters.deployer.prepared import Prepared, prepare_assembly
from services.builder.adapters.steps import cloud
from services.builder.domain.run import StepFailed
from trellis_contracts.names import CommitSha
from trellis_contracts.releases import Release, StackOutputs


async def deploy(
    attempt: Attempt, made: Made, *, commit: CommitSha, artifacts: Artifacts
) -> Release:
    """Bring the stacks to the assembly that this run has made, and say what now runs.

    Raises:
        StepFailed: with DeployFailed, AssemblyRefused or CredentialsRejected.
        RunWasCancelled: somebody asked; the cloud is settled.
    """
    work, assembly = attempt.work, made.prepared.assembly
    deployer, identity = await cloud.enter(attempt)
    fallback = await _fallback(attempt, made.prepared, artifacts, identity=identity)
    stacks = await _deploy(attempt, deployer, made.prepared, fallback=fallback)
    return Release(
        deployment_id=work.deployment_id,
        commit=commit,
        branch=work.branch,
        framework=assembly.framework,
        artifact=made.artifact,
        stacks=stacks,
        secrets={name: work.target.secrets[name] for name in assembly.secret_names},
        cloud=deployer.cloud(identity),
    )


async def bring_back(attempt: Attempt, release: Release, artifacts: Artifacts) -> Release:
    """Bring the stacks back to a kept assembly: nothing is cloned, installed or built.

    Raises:
        StepFailed: as `deploy`, or with ArtifactUnavailable.
        RunWasCancelled: somebody asked; the cloud is settled.
    """
    await attempt.log.say(
        f"Bringing back the kept assembly of {release.commit[:12]}, with the variables of then"
    )
    deployer, identity = await cloud.enter(attempt)
    kept = await open_kept(attempt, release, artifacts, identity=identity)
    fallback = await _fallback(attempt, kept, artifacts, identity=identity)
    stacks = await _deploy(attempt, deployer, kept, fallback=fallback)
    return release.model_copy(update={"stacks": stacks, "cloud": deployer.cloud(identity)})


async def open_kept(
    attempt: Attempt, release: Release, artifacts: Artifacts, *, identity: Identity
) -> Prepared:
    """Unpack a kept assembly, and check it as what was just made.

    Raises:
        StepFailed: with ArtifactUnavailable or AssemblyRefused.
    """
    folder = attempt.folder.path / f"kept-{release.artifact[:12]}"
    await cloud.settled(attempt, lambda: artifacts.open(release.artifact, folder))
    reach, secrets = cloud.reach_of(attempt, identity), attempt.granted.secrets
    return await cloud.settled(attempt, lambda: prepare_assembly(folder, reach, secrets))


async def _fallback(
    attempt: Attempt, wanted: Prepared, artifacts: Artifacts, *, identity: Identity
) -> Prepared | None:
    """Give what the environment runs, to put earlier stacks back to when a later one fails."""
    previous = attempt.work.previous
    if previous is None or not has_several(wanted.assembly.names, previous):
        return None
    try:
        kept = await open_kept(attempt, previous, artifacts, identity=identity)
        kept.check_secrets()
    except (StepFailed, SecretMissing) as unusable:
        await attempt.log.say(
            f"If this fails, stacks that have changed cannot be put back: {unusable}"
        )
        return None
    return kept


def has_several(wanted: Iterable[str], previous: Release) -> bool:
    """Whether there is more than one stack: CloudFormation puts a lone one back by itself."""
    return len({*wanted, *(stack.stack for stack in previous.stacks)}) > 1


async def _deploy(
    attempt: Attempt, deployer: Deployer, prepared: Prepared, *, fallback: Prepared | None
) -> tuple[StackOutputs, ...]:
    async with cloud.watched(attempt) as watch:
        return await cloud.settled(
            attempt,
            lambda: deployer.deploy(
                prepared, watch=watch, previous=attempt.work.previous, fallback=fallback
            ),
        )

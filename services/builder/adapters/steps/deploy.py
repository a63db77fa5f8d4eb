"""The step that changes the cloud: one deployer, no user code, a kept assembly."""

from services.builder.adapters.artifacts import Artifacts
from services.builder.adapters.attempt import Attempt, Made
from services.builder.adapters.deployer.access import asset_bucket
from services.builder.adapters.deployer.reading import read_and_check
from services.builder.adapters.steps import cloud
from trellis_contracts.names import CommitSha
from trellis_contracts.releases import Release


async def deploy(attempt: Attempt, made: Made, commit: CommitSha) -> Release:
    """Bring the stacks to the assembly that this run has made, and say what now runs.

    Raises:
        StepFailed: with DeployFailed, AssemblyRefused or CredentialsRejected.
        RunWasCancelled: somebody asked; the cloud is settled.
    """
    work = attempt.work
    deployer, identity = await cloud.enter(attempt)
    async with cloud.watched(attempt) as watch:
        stacks = await cloud.settled(
            attempt,
            lambda: deployer.deploy(
                made.assembly, attempt.granted.secrets, watch=watch, previous=work.previous
            ),
        )
    return Release(
        deployment_id=work.deployment_id,
        commit=commit,
        branch=work.branch,
        framework=made.assembly.framework,
        artifact=made.artifact,
        stacks=stacks,
        secrets=work.target.secrets,
        cloud=deployer.cloud(identity),
    )


async def bring_back(attempt: Attempt, release: Release, artifacts: Artifacts) -> Release:
    """Bring the stacks back to a kept assembly: nothing is cloned, installed or built.

    Raises:
        StepFailed: as `deploy`, or with ArtifactUnavailable.
        RunWasCancelled: somebody asked; the cloud is settled.
    """
    kept = attempt.folder.path / "kept"
    await attempt.log.say(
        f"Bringing back the kept assembly of {release.commit[:12]}, with the variables of then"
    )
    await cloud.settled(attempt, lambda: artifacts.open(release.artifact, kept))
    deployer, identity = await cloud.enter(attempt)
    bucket = asset_bucket(identity.account, release.cloud.region)
    reach = cloud.reach_of(attempt, identity, bucket)
    assembly = await cloud.settled(attempt, lambda: read_and_check(kept, reach))
    async with cloud.watched(attempt) as watch:
        stacks = await cloud.settled(
            attempt,
            lambda: deployer.deploy(
                assembly, attempt.granted.secrets, watch=watch, previous=attempt.work.previous
            ),
        )
    return release.model_copy(update={"stacks": stacks, "cloud": deployer.cloud(identity)})

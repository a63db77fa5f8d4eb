"""What the machine of rules has people and builders say."""

from uuid import UUID

from tests.support.deployments import SHOP
from trellis_contracts.applications import EnvironmentConfigured
from trellis_contracts.deployments import DeployRequested, DeployStarted, ReleaseDeployed
from trellis_contracts.failures import RunErrored, TestsFailed
from trellis_contracts.gating import Approve
from trellis_contracts.message import Message
from trellis_contracts.releases import Release
from trellis_contracts.runs import RunAbandoned, RunCancelled, RunSucceeded
from trellis_contracts.settings import EnvironmentSettings

Reported = ReleaseDeployed | RunSucceeded | RunCancelled | RunAbandoned | RunErrored | TestsFailed


def configured(where: UUID, **fields: object) -> EnvironmentConfigured:
    given = EnvironmentSettings.model_validate(fields)
    return EnvironmentConfigured(application_id=SHOP, environment_id=where, settings=given)


def approval_of(request: DeployRequested) -> Approve:
    return Approve(
        environment_id=request.environment_id,
        deployment_id=request.deployment_id,
        content=request.content,
    )


def reported(kind: type[Reported], run: DeployStarted, *, brings: Release) -> Reported:
    """What the run's builder says; where it has to name a release, this one."""
    known = {**run.ids, "run_id": run.run_id}
    more: dict[type[Message], dict[str, object]] = {
        ReleaseDeployed: {"release": brings},
        RunSucceeded: {"release": brings, "seconds": 1},
        RunCancelled: {"cloud_touched": True},
        RunErrored: {"detail": "x"},
        TestsFailed: {"command": "npm test", "exit_code": 1},
    }
    return kind.model_validate({**known, **more.get(kind, {})})

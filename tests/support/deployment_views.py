"""A deployment as people read it, for tests of what is made of one."""

from datetime import UTC, datetime
from uuid import uuid4

from trellis_contracts.deployments import DeployKind, Trigger
from trellis_contracts.views import DeploymentState, DeploymentView, RunView, StepView

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def view(*steps: StepView, state: DeploymentState = DeploymentState.SUCCEEDED) -> DeploymentView:
    return DeploymentView(
        application_id=uuid4(),
        application="notes",
        environment_id=uuid4(),
        environment="development",
        deployment_id=uuid4(),
        number=1,
        kind=DeployKind.DEPLOY,
        trigger=Trigger.PUSH,
        state=state,
        actor="person:ana",
        requested_at=NOW,
        runs=(RunView(run_id=uuid4(), attempt=1, started_at=NOW, steps=steps),),
    )

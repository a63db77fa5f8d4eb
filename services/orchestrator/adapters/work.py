"""The work queue: what a builder is to do, kept on the bus until one has begun with it."""

from uuid import UUID

from services.chassis.bus.sending import Bus
from services.chassis.failpoints import passed
from services.orchestrator.domain.connected import Application
from trellis_contracts import codec, subjects
from trellis_contracts.names import BranchName
from trellis_contracts.previewing import PreviewRequested, PreviewRun
from trellis_contracts.rules import BranchPattern, is_glob
from trellis_contracts.runs import ListBranches, ObserveBranch, StartRun, Work
from trellis_contracts.trials import TrialRequested, TrialRun


class WorkQueue:
    """Work is offered under an id: the same id again, soon, is kept once."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def start(self, run: StartRun) -> None:
        """Offer a run. Raises as `Bus.publish`."""
        await self._offer(run, run.run_id)

    async def apart(self, wanted: PreviewRequested | TrialRequested) -> None:
        """Have a preview or a trial made. Raises as `Bus.publish`."""
        if isinstance(wanted, TrialRequested):
            await self._offer(TrialRun(trial=wanted), wanted.run_id)
        else:
            await self._offer(PreviewRun(preview=wanted), wanted.run_id)

    async def observe(
        self, application: Application, branch: BranchName | BranchPattern, id_: UUID
    ) -> None:
        """Have the remote asked where a branch stands, or those of a glob.

        Raises as `Bus.publish`.
        """
        await self._offer(_question(application, branch), id_)

    async def cancel(self, run_id: UUID) -> None:
        """Tell a run's builder to end it, if it listens. Raises as `Bus.tell`."""
        await self._bus.tell(subjects.cancel(run_id), b"")

    async def _offer(self, work: Work, id_: UUID) -> None:
        name = type(work).__name__
        passed(f"before offer {name}")
        await self._bus.publish(
            subjects.WORK,
            codec.encode(work),
            headers={"Trellis-Type": name, "Trellis-Version": str(work.schema_version)},
            message_id=str(id_),
        )
        passed(f"after offer {name}")


def _question(
    application: Application, branch: BranchName | BranchPattern
) -> ObserveBranch | ListBranches:
    created, version = application.created, application.clone_token_version
    asked = {"application_id": created.application_id, "repository": created.repository}
    if is_glob(branch):
        return ListBranches(**asked, pattern=branch, clone_token_version=version)
    return ObserveBranch(**asked, branch=branch, clone_token_version=version)

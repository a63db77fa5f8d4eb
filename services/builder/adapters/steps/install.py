"""The second step: the dependencies, as the lock file says."""

from services.builder.adapters.attempt import Attempt
from services.builder.domain import dependencies
from services.builder.domain.run import StepFailed
from trellis_contracts.failures import InstallFailed


async def install(attempt: Attempt) -> None:
    """Install what the application's folder asks for; nothing where it asks for nothing.

    Raises:
        StepFailed: with InstallFailed.
    """
    wanted = dependencies.install(_files(attempt))
    if wanted is None:
        await attempt.log.say("Nothing to install: there is no package.json.")
        return
    if wanted.notice:
        await attempt.log.say(wanted.notice)
    await attempt.log.say(f"$ {' '.join(wanted.argv)}")
    ended = await attempt.run(wanted.argv)
    if not ended.succeeded:
        raise StepFailed(
            InstallFailed(
                **attempt.ids,
                command=" ".join(wanted.argv),
                exit_code=ended.code,
                tail=attempt.log.tail(),
            )
        )


def _files(attempt: Attempt) -> list[str]:
    """List the folder; one that is missing or leads out by a link has no files."""
    folder = attempt.folder.source / attempt.work.target.folder
    if not folder.is_dir() or not folder.resolve().is_relative_to(attempt.folder.source.resolve()):
        return []
    return [file.name for file in folder.iterdir()]

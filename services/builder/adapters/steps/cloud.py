"""What the steps that touch the cloud share: the way in, and the watch over the one in there."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar, cast

from services.builder.adapters.attempt import Attempt, Stop
from services.builder.adapters.deployer.access import AwsCredentials, Identity, asset_bucket
from services.builder.adapters.deployer.deployer import Deployer
from services.builder.adapters.deployer.errors import Stopped
from services.builder.adapters.deployer.progress import Progress
from services.builder.adapters.deployer.watch import Watch
from services.builder.adapters.failures import failure_of
from services.builder.adapters.frameworks.port import Found
from services.builder.adapters.frameworks.synthesis import LookupsWanted
from services.builder.domain.assembly.reach import Owner, Reach
from services.builder.domain.run import RunWasCancelled, StepFailed
from services.chassis import tasks
from trellis_contracts.runs import StackProgress

T = TypeVar("T")


async def enter(attempt: Attempt) -> tuple[Deployer, Identity]:
    """Open AWS with the environment's credentials, and make its asset bucket be there.

    A preview makes none.

    Raises:
        StepFailed: with CredentialsRejected, or what else AWS would not do.
    """
    deployer = await settled(attempt, lambda: _open(attempt))
    identity = await settled(attempt, deployer.identity)
    if attempt.look is None:
        await settled(attempt, lambda: deployer.bootstrap(identity.account))
    return deployer, identity


def reach_of(attempt: Attempt, identity: Identity, found: Found | None = None) -> Reach:
    """Say what an assembly of this environment may touch, from what we know and not from it.

    `found` is given for one that was just made: where its framework names the stacks, what the
    account says of each decides. A kept one may touch what its release had.
    """
    work = attempt.work
    own = {work.target.stack_name}
    for release in (work.previous, work.release):
        own |= {stack.stack for stack in release.stacks} if release else set()
    free = found is not None and found.framework.names_stacks
    return Reach(
        owner=owner_of(attempt),
        account=identity.account,
        region=region_of(attempt),
        stage=work.target.stage,
        bucket=asset_bucket(identity.account, region_of(attempt)),
        stack_names=None if free else frozenset(own),
    )


def owner_of(attempt: Attempt) -> Owner:
    """Say whose stacks this run's are, and by what they are known beside their tags."""
    work = attempt.work
    releases = [release for release in (work.previous, work.release) if release]
    return Owner(
        work.application_id,
        work.environment_id,
        recorded=frozenset(stack.stack_id for one in releases for stack in one.stacks),
        adopts=frozenset(work.target.settings.adopts),
        called=f"{work.target.application} {work.target.environment}",
    )


def region_of(attempt: Attempt) -> str:
    """Give the region: that of the release for a rollback or a teardown, else as it is set."""
    release = attempt.work.release
    return release.cloud.region if release else attempt.work.target.settings.region


async def settled(attempt: Attempt, act: Callable[[], T]) -> T:
    """Do something blocking in a thread; what goes wrong has its own event.

    Raises:
        StepFailed, RunWasCancelled: as the deployer or the check said.
    """
    try:
        return await _in_a_thread(act)
    except Stopped as stopped:
        raise RunWasCancelled(cloud_touched=stopped.cloud_touched) from stopped
    except LookupsWanted:
        raise
    except Exception as error:
        log = attempt.log
        failure = failure_of(error, attempt.ids, tail=log.tail(), said=log.complaint())
        if failure is None:
            raise
        raise StepFailed(failure) from error


@asynccontextmanager
async def watched(attempt: Attempt) -> AsyncIterator[Watch]:
    """Let the deployer say how it goes; end it by its own means when the run is to end."""
    loop, stop = asyncio.get_running_loop(), threading.Event()

    def tell(progress: Progress) -> None:
        loop.call_soon_threadsafe(_show, attempt, progress)

    def say(text: str) -> None:
        asyncio.run_coroutine_threadsafe(attempt.log.say(text), loop)

    watch = Watch(
        on_progress=tell,
        say=say,
        stop=stop,
        seconds=attempt.seconds_left(),
        lost=lambda: attempt.stop is Stop.STALE,
    )
    stopping = asyncio.create_task(_pass_on(attempt.stopped, stop))
    attempt.in_the_cloud = True
    try:
        yield watch
    finally:
        attempt.in_the_cloud = False
        await tasks.end(stopping)


async def _in_a_thread(act: Callable[[], T]) -> T:
    """Run in a thread that does not hold up the end of the process, as `to_thread`'s would."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if not done.done():
            done.set_exception(error) if error else done.set_result(cast("T", result))

    def run() -> None:
        result, error = None, None
        try:
            result = act()
        except BaseException as raised:  # noqa: BLE001 - it comes out where it is awaited
            error = raised
        with suppress(RuntimeError):  # the loop is gone: the builder is ending
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True).start()
    return await done


def _open(attempt: Attempt) -> Deployer:
    return Deployer(
        AwsCredentials.parse(attempt.granted.credentials),
        region_of(attempt),
        endpoint=attempt.conditions.aws_endpoint,
        instance=attempt.conditions.aws_instance,
    )


def _show(attempt: Attempt, progress: Progress) -> None:
    attempt.report(
        StackProgress(
            **attempt.ids,
            stack=progress.stack,
            status=progress.status,
            resources=progress.resources,
            done=progress.done,
            total=progress.total,
        )
    )


async def _pass_on(stopped: asyncio.Event, stop: threading.Event) -> None:
    await stopped.wait()
    stop.set()

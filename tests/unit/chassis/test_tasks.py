"""Ending a task ends it, whatever it does with the cancellation."""

import asyncio

from services.chassis import tasks


async def test_a_task_that_swallows_a_cancellation_ends_all_the_same() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 3:
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await asyncio.wait_for(tasks.end(task), 5)

    assert task.cancelled()
    assert swallowed == 3


async def test_a_task_that_is_done_or_fails_is_left_alone() -> None:
    async def fail() -> None:
        raise ValueError("its own")

    failed = asyncio.create_task(fail())
    await asyncio.wait({failed})
    await tasks.end(failed)

    assert isinstance(failed.exception(), ValueError)

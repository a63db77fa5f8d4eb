"""What a builder shows of itself."""

import asyncio

from services.builder.adapters.isolation import room
from services.builder.adapters.workshop import Workshop
from trellis_contracts.health import BuilderView

WATCHED = "memory looked at 4 times a second; processors asked for, not enforced"
UNWATCHED = "memory not limited: this kernel has no CONFIG_PROC_CHILDREN; processors asked for"


async def shown(workshop: Workshop, *, busy: int) -> BuilderView:
    """Say how runs are isolated, or why they are not, and what is kept for them."""
    conditions = workshop.conditions
    try:
        await workshop.well()
        isolation = conditions.grade
    except Exception as missing:  # noqa: BLE001 - whatever it is, the page says so
        isolation = str(missing)
    machine = room.of_machine()
    dependencies, size = await asyncio.to_thread(workshop.dependencies.count_and_bytes)
    return BuilderView(
        name=conditions.name,
        isolation=isolation,
        slots=conditions.slots,
        busy=busy,
        toolchains=await asyncio.to_thread(workshop.toolchains.installed),
        layers=workshop.layers,
        dependencies=dependencies,
        dependency_bytes=size,
        memory_mib=machine.memory_bytes >> 20,
        cpus=machine.cpus,
        sizes=WATCHED if room.is_watched() else UNWATCHED,
    )

"""How an installation is: each service's own word, and what waits for one that is ill."""

from typing import Final

from trellis_contracts.message import Message

SERVICES: Final = ("ingest", "orchestrator", "projections", "logs", "builder")
"""Every one that must be there; of builders there may be several."""

WELL: Final = "ok"
SILENT: Final = "does not answer"


class ServiceHealth(Message):
    """What one service says of its parts: `ok`, or what is ill with it."""

    service: str
    parts: dict[str, str]


class HealthView(Message):
    """The whole installation. `services` has each one's parts by name.

    `waiting` has how many deliveries wait to be decided, how many runs for a builder, and how many
    messages were put aside after their last attempt; it is empty when the bus cannot say.
    """

    services: dict[str, dict[str, str]]
    waiting: dict[str, int] = {}

    @property
    def well(self) -> bool:
        """Whether nothing is ill."""
        return all(said == WELL for parts in self.services.values() for said in parts.values())


class BuilderView(Message):
    """What one builder has: room for runs, toolchains of its own, and dependencies that it keeps.

    `isolation` is how runs are kept apart, or why they are refused. Without `layers` dependencies
    are installed in each run. `dependency_bytes` is what the kept installations take on the disk.
    `memory_mib` and `cpus` are the machine's; `sizes` says how an environment's size is kept to.
    """

    name: str
    isolation: str
    slots: int
    busy: int
    toolchains: dict[str, str] = {}
    layers: bool = False
    dependencies: int = 0
    dependency_bytes: int = 0
    memory_mib: int = 0
    cpus: int = 0
    sizes: str = ""

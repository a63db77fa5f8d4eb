"""SST v2: `sst build` makes a cloud assembly, told by a stub what it asks AWS."""

from pathlib import Path

from services.builder.adapters.frameworks.files import beginning

_FILES = tuple(f"sst.config.{ending}" for ending in ("ts", "mts", "js", "mjs"))


class Sst:
    """An application with an `sst.config` file; a version that is not 2 is refused by name."""

    name = "SST"
    way = "sst"
    looked_for = ("sst.config.ts",)
    names_stacks = True
    toolchain = None

    def detect(self, folder: Path) -> str | None:
        """Give the file that configures SST."""
        return next((name for name in _FILES if beginning(folder / name)), None)

"""`make bench`: every measurement of this folder, as a table and as build/bench.json."""

import argparse
import importlib
import json
import math
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.chassis.logging import configure_logging

HERE = Path(__file__).parent
RESULT = HERE.parents[1] / "build" / "bench.json"
AIMS = {
    "webhook_rate": (0.4, math.inf),
    "push_to_run": (0.0, 5.0),
    "sst_first": (0.0, 1.0),
    "sst_repeated": (0.0, 0.25),
    "sst_rollback": (0.0, 0.05),
    "sst_rollback_of_kept": (0.0, 0.35),
    "dependencies": (0.0, 0.1),
}
"""The least and the most that a ratio is to be."""

COLUMNS = ("ratio", "p50_ms", "p99_ms")

Figures = dict[str, dict[str, float]]


def measurements() -> list[str]:
    """Name the modules of this folder that can `measure()`."""
    found = (path for path in HERE.glob("*.py") if not path.stem.startswith("__"))
    return sorted(path.stem for path in found if "def measure(" in path.read_text())


def measure(names: list[str]) -> tuple[Figures, list[str]]:
    """Take each measurement and say which is under way; give also those that failed.

    What was measured is written down at once: another may fail, or be stopped.
    """
    figures, failed = Figures(), list[str]()
    for name in names:
        sys.stderr.write(f"measuring {name} …\n")
        try:
            figures |= importlib.import_module(f"tests.bench.{name}").measure()
        except Exception:  # noqa: BLE001 - whatever it is, the others are measured all the same
            traceback.print_exc()
            failed.append(name)
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    return figures, failed


def table(figures: Figures) -> Table:
    """Show the figures; a ratio compares two things of the same run."""
    shown = Table(title="Ratios of one run")
    shown.add_column("name")
    for column in (*COLUMNS, "more"):
        shown.add_column(column, justify="right")
    for name, values in sorted(figures.items()):
        cells = [f"{values[c]:.3g}" if c in values else "" for c in COLUMNS]
        more = {key: value for key, value in values.items() if key not in COLUMNS}
        shown.add_row(
            name + _aim(name, values),
            *cells,
            " ".join(f"{key}={value:.3g}" for key, value in more.items()),
        )
    return shown


def _aim(name: str, values: Mapping[str, float]) -> str:
    """Say what was aimed at, and whether it was missed."""
    if name not in AIMS:
        return ""
    least, most = AIMS[name]
    met = least <= values["ratio"] <= most
    aim = f"≥ {least:g}" if most == math.inf else f"≤ {most:g}"
    return f"\n  (aim {aim}{'' if met else ': missed'})"


def main() -> None:
    """Measure what is named (or everything), show it, and write it down."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    known = measurements()
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"one of {', '.join(known)}")
    only = parser.parse_args().only
    if unknown := set(only) - {*known}:
        parser.error(f"nothing measures {', '.join(sorted(unknown))}: see --help")
    configure_logging("bench", "warning")
    figures, failed = measure(only or known)
    Console(width=120).print(table(figures))
    if failed:
        sys.exit(f"not measured: {', '.join(failed)} (see above)")


if __name__ == "__main__":
    main()

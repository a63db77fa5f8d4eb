"""How large everything is against the house's sizes: `python -m tests.house`, in `make check`.

What is over "never" fails tests/unit/test_house.py, which measures with the same functions.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
ROOMS = ("contracts/trellis_contracts", "services", "cli", "dashboard", "deploy")
LARGEST_SHOWN = 5

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Size:
    """The limits of one kind of thing, in lines."""

    kind: str
    aim: int
    again: int
    never: int


MODULE = Size("module", 120, 250, 400)
CONTRACTS_MODULE = Size("contracts module", 150, 250, 300)
TEST_MODULE = Size("test module", 150, 300, 500)
FUNCTION = Size("function", 12, 25, 40)
HANDLER = Size("handler", 8, 12, 15)
SIZES = (MODULE, CONTRACTS_MODULE, TEST_MODULE, FUNCTION, HANDLER)


@dataclass(frozen=True)
class Measured:
    """One thing and its lines."""

    size: Size
    name: str
    lines: int


def modules(*rooms: str) -> list[Path]:
    """Every module of these rooms."""
    found = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    return sorted(path for path in found if not {"node_modules", ".web"} & set(path.parts))


def name_of(path: Path) -> str:
    """A module as a person names it."""
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[Function]:
    """Every function of a module, inner ones too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def body_lines(node: Function) -> int:
    """Lines of a function's body, without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def size_of(path: Path) -> Size:
    """The limits of a module, by its room."""
    if "trellis_contracts" in path.parts:
        return CONTRACTS_MODULE
    return TEST_MODULE if "tests" in path.parts else MODULE


def is_handler(path: Path, node: Function) -> bool:
    """Whether it answers a message or a request."""
    in_room = path.name == "handlers.py" or path.parent.name == "handlers"
    return in_room and isinstance(node, ast.AsyncFunctionDef)


def measured() -> Iterator[Measured]:
    """Everything that has a size."""
    for path in modules(*ROOMS, "tests"):
        yield Measured(size_of(path), name_of(path), len(path.read_text().splitlines()))
    for path in modules(*ROOMS):
        for node in functions(path):
            size = HANDLER if is_handler(path, node) else FUNCTION
            yield Measured(size, f"{name_of(path)}: {node.name}", body_lines(node))


def table(found: list[Measured]) -> Table:
    """How many of each kind are how large."""
    shown = Table(title="Sizes, in lines", title_justify="left")
    for column in ("what", "there are", "within the aim", "above it", "look again", "never"):
        shown.add_column(column, justify="left" if column == "what" else "right")
    for size in SIZES:
        lines = [one.lines for one in found if one.size is size]
        counts = (
            sum(line <= size.aim for line in lines),
            sum(size.aim < line <= size.again for line in lines),
            sum(size.again < line <= size.never for line in lines),
            sum(line > size.never for line in lines),
        )
        limits = f"{size.kind} ({size.aim}, {size.again}, {size.never})"
        shown.add_row(limits, str(len(lines)), *map(str, counts))
    return shown


def largest(found: list[Measured]) -> Iterator[str]:
    """The largest of each kind, a line each."""
    for size in SIZES:
        of_kind = sorted((one for one in found if one.size is size), key=lambda one: -one.lines)
        for one in of_kind[:LARGEST_SHOWN]:
            yield f"{size.kind:>16} {one.lines:>4}  {one.name}"


if __name__ == "__main__":
    everything = list(measured())
    console = Console()
    console.print(table(everything))
    console.print("\n".join(largest(everything)), soft_wrap=True, highlight=False)

"""The house keeps its own rules: sizes, names, rooms and words (docs/architecture.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("contracts/trellis_contracts", "services", "cli", "dashboard", "deploy")
MODULE, CONTRACTS_MODULE, TEST_MODULE, FUNCTION, HANDLER = 400, 300, 500, 40, 15
BANNED_FILES = {"utils", "helpers", "common", "base", "misc", "manager"}
BANNED_SUFFIXES = ("Manager", "Helper", "Impl", "Util", "Utils")


def _modules(*rooms: str) -> list[Path]:
    found = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    return sorted(path for path in found if not {"node_modules", ".web"} & set(path.parts))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body, without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", _modules(*ROOMS, "tests"), ids=_name)
def test_a_module_is_never_too_long(path: Path) -> None:
    most = MODULE
    if "trellis_contracts" in path.parts:
        most = CONTRACTS_MODULE
    if "tests" in path.parts:
        most = TEST_MODULE

    assert len(path.read_text().splitlines()) <= most


@pytest.mark.parametrize("path", _modules(*ROOMS), ids=_name)
def test_a_function_is_never_too_long(path: Path) -> None:
    too_long = {node.name: _body_lines(node) for node in _functions(path)}

    assert not {name: lines for name, lines in too_long.items() if lines > FUNCTION}


@pytest.mark.parametrize("path", _modules("services"), ids=_name)
def test_a_handler_reads_like_a_sentence(path: Path) -> None:
    if path.name != "handlers.py" and path.parent.name != "handlers":
        return
    inner = {
        node.name: _body_lines(node)
        for node in _functions(path)
        if isinstance(node, ast.AsyncFunctionDef)
    }

    assert not {name: lines for name, lines in inner.items() if lines > HANDLER}


@pytest.mark.parametrize("path", _modules(*ROOMS, "tests"), ids=_name)
def test_no_room_is_named_for_nothing(path: Path) -> None:
    assert path.stem not in BANNED_FILES
    classes = [n.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ClassDef)]
    assert not [name for name in classes if name.endswith(BANNED_SUFFIXES)]


@pytest.mark.parametrize("path", _modules(*ROOMS), ids=_name)
def test_a_module_opens_with_its_place(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", _modules(*ROOMS, "tests"), ids=_name)
def test_an_ignored_rule_says_why(path: Path) -> None:
    bare = re.compile(r"# (noqa(: [A-Z0-9, ]+)?|type: ignore(\[[a-z-, ]+\])?)\s*$")
    lines = path.read_text().splitlines()

    assert not [line for line in lines if bare.search(line) and "re.compile" not in line]


def test_every_service_has_the_same_anatomy() -> None:
    for app in (ROOT / "services").glob("*/app.py"):
        names = {path.stem for path in app.parent.iterdir() if not path.name.startswith("__")}
        allowed = {"app", "settings", "handlers", "domain", "adapters"}

        assert names <= allowed, app.parent.name
        assert {"app", "settings", "handlers", "domain"} <= names, app.parent.name


def test_no_path_of_a_machine_and_no_host_of_a_registry_is_committed() -> None:
    hosts = "|".join(
        ("pythonhost" + "ed", "registry\\.npm" + "js", "deb\\.deb" + "ian", "/ro" + "ot/")
    )
    texts = {".py", ".md", ".toml", ".lock", ".json", ".yaml", ".yml", ".sh", ".cfg", ".ts", ".js"}
    named = [
        _name(path)
        for folder in (*ROOMS, "tests", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in texts and "node_modules" not in path.parts
        if path.name != "test_house.py" and re.search(hosts, path.read_text(errors="replace"))
    ]

    assert not named

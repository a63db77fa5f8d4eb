"""The house keeps its own rules: sizes, names, rooms and words (docs/architecture.md)."""

import ast
import re
from pathlib import Path

import pytest

from tests.house import (
    FUNCTION,
    HANDLER,
    ROOMS,
    ROOT,
    body_lines,
    functions,
    is_handler,
    modules,
    name_of,
    size_of,
)

BANNED_FILES = {"utils", "helpers", "common", "base", "misc", "manager"}
BANNED_SUFFIXES = ("Manager", "Helper", "Impl", "Util", "Utils")


@pytest.mark.parametrize("path", modules(*ROOMS, "tests"), ids=name_of)
def test_a_module_is_never_too_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= size_of(path).never


@pytest.mark.parametrize("path", modules(*ROOMS), ids=name_of)
def test_a_function_is_never_too_long(path: Path) -> None:
    too_long = {node.name: body_lines(node) for node in functions(path)}

    assert not {name: lines for name, lines in too_long.items() if lines > FUNCTION.never}


@pytest.mark.parametrize("path", modules("services"), ids=name_of)
def test_a_handler_reads_like_a_sentence(path: Path) -> None:
    inner = {node.name: body_lines(node) for node in functions(path) if is_handler(path, node)}

    assert not {name: lines for name, lines in inner.items() if lines > HANDLER.never}


@pytest.mark.parametrize("path", modules(*ROOMS, "tests"), ids=name_of)
def test_no_room_is_named_for_nothing(path: Path) -> None:
    assert path.stem not in BANNED_FILES
    classes = [n.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ClassDef)]
    assert not [name for name in classes if name.endswith(BANNED_SUFFIXES)]


@pytest.mark.parametrize("path", modules(*ROOMS), ids=name_of)
def test_a_module_opens_with_its_place(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", modules(*ROOMS, "tests"), ids=name_of)
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
        name_of(path)
        for folder in (*ROOMS, "tests", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in texts and "node_modules" not in path.parts
        if path.name != "test_house.py" and re.search(hosts, path.read_text(errors="replace"))
    ]

    assert not named

"""The pages for people are true: links lead somewhere, and what they name is there."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from cli.main import app
from cli.whereabouts import DATA, DOMAIN, TOKEN, URL
from dashboard.settings import DashboardSettings
from services.builder.adapters.attempt import TOLD
from services.builder.adapters.steps.commands import TOLD_OUTPUTS
from services.builder.settings import BuilderSettings
from services.chassis.settings import PREFIX, ChassisSettings
from services.chassis.streams import STREAMS
from services.ingest.settings import IngestSettings
from services.logs.settings import LogsSettings
from services.orchestrator.settings import OrchestratorSettings
from services.projections.settings import ProjectionsSettings

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
SETTINGS: tuple[type[ChassisSettings], ...] = (
    BuilderSettings,
    DashboardSettings,
    IngestSettings,
    LogsSettings,
    OrchestratorSettings,
    ProjectionsSettings,
)

LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`\n]+)`")
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
JOB_LINE = re.compile(r"^ +- run: (trellis .+)$", re.MULTILINE)
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
FILE = re.compile(r"\.(?:py|md|sh|toml|yaml)$")
MODULE = re.compile(r"(?:trellis_contracts|services|cli|tests)(?:\.[a-z_]+)+")
NAME = re.compile(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b")
VARIABLE = re.compile(rf"\b{PREFIX}[A-Z_]*[A-Z]\b(?!…)")
DECISION = re.compile(r"\((0\d{3})[,)]|docs/decisions/(0\d{3})")


@cache
def tracked() -> frozenset[str]:
    """Every file of the repository, and every folder that holds one."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]
    return frozenset(str(path) for file in files for path in (file, *file.parents))


@cache
def sources() -> str:
    """Everything that is code, as one text."""
    files = sorted(name for name in tracked() if name.endswith((".py", ".yaml")))
    return "\n".join((ROOT / file).read_text() for file in files if not file.startswith("tests/"))


def pages(*, decisions: bool = True) -> list[str]:
    """The pages; decisions also name what was rejected."""
    found = sorted(name for name in tracked() if name.endswith(".md"))
    return [name for name in found if decisions or not name.startswith("docs/decisions/")]


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def is_there(path: str) -> bool:
    """Whether a path from the root is there, or the end of one: `adapters/relay.py`."""
    wanted = path.rstrip("/")
    return wanted in tracked() or any(name.endswith(f"/{wanted}") for name in tracked())


@pytest.mark.parametrize("page", pages())
def test_a_link_leads_somewhere(page: str) -> None:
    broken = []
    for link in LINK.findall(text_of(page)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        is_found = str(target.resolve().relative_to(ROOT)) in tracked()
        if not is_found or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert not broken


@pytest.mark.parametrize("page", pages())
def test_a_path_that_is_named_is_there(page: str) -> None:
    tops = {name.partition("/")[0] for name in tracked()}
    named = {word for quoted in QUOTED.findall(text_of(page)) for word in quoted.split()}
    paths = {word for word in named if PATH.fullmatch(word) and not word.startswith(".")}
    ours = {word for word in paths if word.partition("/")[0] in tops or FILE.search(word)}

    assert not {path for path in ours if not is_there(path)}


@pytest.mark.parametrize("page", pages())
def test_a_module_that_is_named_is_there(page: str) -> None:
    modules = set(MODULE.findall(text_of(page)))
    paths = {module: module.replace(".", "/") for module in modules}

    assert not {
        module
        for module, path in paths.items()
        if not (is_there(f"{path}.py") or is_there(path) or is_there(f"{path}/__init__.py"))
    }


@pytest.mark.parametrize("page", pages(decisions=False))
def test_a_name_is_one_that_the_code_knows(page: str) -> None:
    assert not {name for name in NAME.findall(text_of(page)) if not in_sources(name)}


def in_sources(name: str) -> bool:
    return re.search(rf"\b{name}\b", sources()) is not None


@pytest.mark.parametrize("page", pages())
def test_a_variable_is_one_that_something_reads(page: str) -> None:
    read = {PREFIX + name.upper() for kind in SETTINGS for name in kind.model_fields}
    read |= {URL, TOKEN, DATA, DOMAIN, *TOLD, TOLD_OUTPUTS}

    assert not set(VARIABLE.findall(text_of(page))) - read


@pytest.mark.parametrize("page", pages())
def test_a_decision_that_is_named_is_there(page: str) -> None:
    assert not {number for number in numbers_in(text_of(page)) if not list_of(number)}


def test_a_decision_that_the_code_names_is_there() -> None:
    named = set(re.findall(r"docs/(?:decisions/|operations/)?[\w.-]*\w", sources()))

    assert {"docs/decisions/0004", "docs/architecture.md"} & named
    assert not {
        path
        for path in named
        if not (is_there(path) or list_of(path.removeprefix("docs/decisions/")))
    }


def numbers_in(text: str) -> set[str]:
    return {one or other for one, other in DECISION.findall(text)}


def list_of(number: str) -> list[Path]:
    return list(DECISIONS.glob(f"{number}-*.md"))


def test_decisions_are_numbered_without_a_gap_and_say_why() -> None:
    files = sorted(DECISIONS.iterdir())

    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        text = file.read_text()
        assert re.match(rf"# (?:{file.name[:4]}|{int(file.name[:4])}\.)\W", text), file.name
        assert all(part in text for part in ("ccepted", "Context", "Decision", "Consequences"))


def test_the_architecture_names_every_service_and_room() -> None:
    text = text_of("docs/architecture.md")
    services = {app.parent.name for app in (ROOT / "services").glob("*/app.py")}

    assert len(services) >= 5
    assert not {name for name in services if f"`services/{name}`" not in text}


def test_the_page_on_the_bus_names_every_stream_and_no_other() -> None:
    rows = re.findall(r"^\| `([A-Z]+)` \|", text_of("docs/operations/nats.md"), re.MULTILINE)

    assert len(rows) == len(STREAMS)
    assert set(rows) == {stream.name for stream in STREAMS}


def test_the_glossary_is_in_order_and_says_each_word_once() -> None:
    words = re.findall(r"^\| \*\*([^*]+)\*\* \|", text_of("docs/glossary.md"), re.MULTILINE)

    assert words == sorted(set(words), key=str.lower)


@pytest.mark.parametrize("page", pages())
def test_a_target_of_make_is_one(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = {
        words[1]
        for line in (*QUOTED.findall(text_of(page)), *shell_lines(page))
        if (words := line.split())[:1] == ["make"] and len(words) > 1
    }

    assert not named - targets


def shell_lines(page: str) -> Iterator[str]:
    """The lines of a page's shell examples, continued ones joined, comments left out."""
    for block in SHELL.findall(text_of(page)):
        for line in block.replace("\\\n", " ").splitlines():
            if words := shlex.split(line, comments=True):
                yield shlex.join(words)


def jobs_lines(page: str) -> list[str]:
    """The commands of a page's jobs for a CI."""
    return JOB_LINE.findall(text_of(page))


def command_of(words: list[str]) -> tuple[TyperCommand | TyperGroup, list[str]]:
    """The command that the words begin with, and the words behind it."""
    command, rest = typer.main.get_command(app), list(words)
    assert isinstance(command, TyperGroup)
    while rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        assert name in command.commands, f"trellis has no {name}"
        found = command.commands[name]
        if isinstance(found, TyperCommand):
            return found, rest
        assert isinstance(found, TyperGroup)
        command = found
    return command, rest


def examples() -> list[str]:
    found = [line for page in pages() for line in (*shell_lines(page), *jobs_lines(page))]
    return [line for line in found if line.startswith("trellis ")]


@pytest.mark.parametrize("line", examples())
def test_a_command_in_an_example_is_taken_as_it_is_written(line: str) -> None:
    command, arguments = command_of(shlex.split(line)[1:])

    assert command.make_context(line, arguments).params


@pytest.mark.parametrize("page", pages())
def test_a_command_in_a_sentence_has_its_name_and_options(page: str) -> None:
    for quoted in QUOTED.findall(text_of(page)):
        if not quoted.startswith("trellis "):
            continue
        command, rest = command_of(quoted.split()[1:])
        known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        assert {word for word in rest if word.startswith("-")} <= known, quoted


def test_the_page_for_a_ci_has_a_job_that_waits_for_its_deployment() -> None:
    assert [line.split()[1] for line in jobs_lines("docs/ci.md")] == ["deploy", "promote"]


def test_the_readme_shows_commands() -> None:
    assert len([line for line in shell_lines("README.md") if line.startswith("trellis ")]) > 3

"""Which program of a framework is run, and what is said where there is none that can be."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.builder.adapters.frameworks.synthesiser import sst, toolkit
from services.builder.adapters.frameworks.synthesiser.cdk import of_cdk
from services.builder.adapters.frameworks.synthesiser.problems import LookupsMissing, NotPossible
from services.builder.adapters.frameworks.synthesiser.sst import of_sst
from services.builder.domain.error_lines import error_line

TARGET = {
    "account": "111122223333",
    "region": "eu-west-1",
    "stage": "dev",
    "bucket": "trellis-assets-111122223333-eu-west-1",
    "application": "a",
    "environment": "e",
}
TELLS = '#!/bin/sh\necho "$0 $*" >> "$TOLD"\nexit {status}\n'


class Checkout:
    """A checkout with packages in it that only tell that they were run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.told = root / "told.txt"

    def package(self, name: str, version: str, *, at: str = "", status: int = 0) -> None:
        folder = self.root / at / "node_modules"
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "package.json").write_text(json.dumps({"version": version}))
        program = folder / ".bin" / name.removeprefix("aws-")
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(TELLS.format(status=status))
        program.chmod(0o755)

    def request(self, **more: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as JSON has it
        given: dict[str, Any] = {"variables": {}, "secrets": [], "context": {}}
        return {"root": str(self.root), "tools": str(self.root / "tools"), "target": TARGET} | (
            given | more
        )

    def ran(self) -> list[str]:
        return self.told.read_text().splitlines() if self.told.exists() else []


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    made = Checkout(tmp_path / "source")
    made.root.mkdir()
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("TOLD", str(made.told))
    return made


def tried(way: Callable[[Mapping[str, Any], Path], None], request: Mapping[str, Any]) -> str:
    """What it says, which made no assembly."""
    with pytest.raises(NotPossible) as said:
        way(request, Path(request["root"]).with_name("room") / "assembly")
    return str(said.value)


def with_tools(checkout: Checkout, version: str) -> None:
    checkout.package("aws-cdk", version, at="tools")
    shutil.copytree(
        checkout.root / "tools" / "node_modules" / ".bin", checkout.root / "tools" / "bin"
    )


@pytest.mark.parametrize(
    ("own", "ours", "chosen"),
    [
        ("2.80.0", "2.1148.1", "tools/bin/cdk"),
        ("2.1200.0", "2.1148.1", "source/node_modules/.bin/cdk"),
        ("2.1148.1", "2.1148.1", "source/node_modules/.bin/cdk"),
        (None, "2.1148.1", "tools/bin/cdk"),
    ],
)
def test_the_newer_cli_synthesises(
    checkout: Checkout, *, own: str | None, ours: str, chosen: str
) -> None:
    checkout.package("aws-cdk-lib", "2.224.0")
    with_tools(checkout, ours)
    if own:
        checkout.package("aws-cdk", own)

    assert "No cloud assembly was made" in tried(of_cdk, checkout.request())

    (ran,) = checkout.ran()
    assert f"{chosen} synth" in ran
    assert "--context stage=dev" in ran


def test_a_failing_cli_is_named_with_its_status(checkout: Checkout) -> None:
    checkout.package("aws-cdk-lib", "2.224.0")
    checkout.package("aws-cdk", "2.9999.0", status=3)
    with_tools(checkout, "2.1148.1")

    assert "`cdk synth` ended with 3" in tried(of_cdk, checkout.request())


def test_a_cdk_application_in_another_language_is_told_so(checkout: Checkout) -> None:
    assert "TypeScript or JavaScript" in tried(of_cdk, checkout.request())


@pytest.mark.parametrize(
    ("app", "made"),
    [
        ("node bin/shop", "bin/shop.js"),
        ("node bin/shop.js", "bin/shop.js"),
        ("node --enable-source-maps 'dist/bin/the shop.mjs' --all", "dist/bin/the shop.mjs"),
        ("node -r source-map-support/register index", "index/index.js"),
    ],
)
def test_a_program_that_is_not_there_yet_is_built_first(
    checkout: Checkout, *, app: str, made: str
) -> None:
    checkout.package("aws-cdk-lib", "2.224.0")
    with_tools(checkout, "2.1148.1")
    written(checkout, {"package.json": {"scripts": {"build": "tsc"}}, "cdk.json": {"app": app}})

    tried(of_cdk, checkout.request())
    (checkout.root / made).parent.mkdir(parents=True, exist_ok=True)
    (checkout.root / made).write_text("")
    tried(of_cdk, checkout.request())

    first, second = checkout.ran()
    assert first.endswith("--build npm run build")
    assert "--build" not in second


@pytest.mark.parametrize(
    ("cdk", "package"),
    [
        ({"app": "node bin/shop"}, {"scripts": {"test": "jest"}}),
        ({"app": "node bin/shop"}, {}),
        ({"app": "node bin/shop", "build": "make"}, {"scripts": {"build": "tsc"}}),
        ({"app": "npx tsx bin/shop.ts"}, {"scripts": {"build": "tsc"}}),
        ({"app": "node"}, {"scripts": {"build": "tsc"}}),
        ({"app": "node 'bin/shop"}, {"scripts": {"build": "tsc"}}),
    ],
)
def test_nothing_is_built_that_the_application_does_not_wait_for(
    checkout: Checkout, *, cdk: Mapping[str, object], package: Mapping[str, object]
) -> None:
    checkout.package("aws-cdk-lib", "2.224.0")
    with_tools(checkout, "2.1148.1")
    written(checkout, {"package.json": package, "cdk.json": cdk})

    tried(of_cdk, checkout.request())

    (ran,) = checkout.ran()
    assert "--build" not in ran


def test_a_failing_cli_says_how_to_build_first_where_there_is_a_script_for_it(
    checkout: Checkout,
) -> None:
    checkout.package("aws-cdk-lib", "2.224.0")
    checkout.package("aws-cdk", "2.9999.0", status=1)
    with_tools(checkout, "2.1148.1")
    written(checkout, {"package.json": {"scripts": {"build": "tsc"}}, "cdk.json": {"app": "x"}})
    assert 'let cdk.json say so: `"build": "npm run build"`' in tried(of_cdk, checkout.request())

    written(checkout, {"cdk.json": {"app": "x", "build": "npm run build"}})
    assert "say so" not in tried(of_cdk, checkout.request())


def written(checkout: Checkout, files: Mapping[str, object]) -> None:
    for name, content in files.items():
        (checkout.root / name).write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        (".nvmrc", "v14\n", ".nvmrc asks for node v14, and this builder has 20.1.0."),
        (".node-version", "22.3.1", ".node-version asks for node 22.3.1,"),
        ("package.json", '{"engines": {"node": ">=22.18"}}', "package.json asks for node >=22.18,"),
        ("package.json", '{"engines": {"node": ">=14"}}', None),
        ("package.json", '{"engines": {"node": "*"}}', None),
        ("package.json", "[]", None),
        (".nvmrc", "lts/*", None),
        (".nvmrc", "20", None),
    ],
)
def test_a_failing_cli_says_so_where_another_node_was_asked_for(
    checkout: Checkout,
    monkeypatch: pytest.MonkeyPatch,
    *,
    file: str,
    content: str,
    told: str | None,
) -> None:
    for package, version in (("aws-cdk-lib", "2.224.0"), ("sst", "2.49.8")):
        checkout.package(package, version, status=1)
    checkout.package("aws-cdk", "2.9999.0", status=1)
    with_tools(checkout, "2.1148.1")
    (checkout.root / "node").write_text("#!/bin/sh\necho v20.1.0\n")
    (checkout.root / "node").chmod(0o755)
    monkeypatch.setenv("PATH", f"{checkout.root}:{os.environ['PATH']}")
    (checkout.root / file).write_text(content)

    for way in (of_cdk, of_sst):
        said = tried(way, checkout.request())
        assert told in said if told else "asks for node" not in said


@pytest.mark.parametrize("on_the_machine", [True, False])
def test_a_build_that_wants_docker_is_told_what_to_do_instead(
    checkout: Checkout,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    *,
    on_the_machine: bool,
) -> None:
    checkout.package("aws-cdk-lib", "2.224.0")
    with_tools(checkout, "2.1148.1")
    (checkout.root / "tools" / "bin" / "cdk").write_text("#!/bin/sh\ndocker run x\n")
    if on_the_machine:
        there = checkout.root / "docker"
        there.write_text("#!/bin/sh\necho 'Is the daemon running?'\n")
        there.chmod(0o755)
        monkeypatch.setenv("PATH", f"{checkout.root}:{os.environ['PATH']}")

    assert "`cdk synth` ended with 1" in tried(of_cdk, checkout.request())

    (said,) = [line for line in capfd.readouterr().err.splitlines() if error_line(line)]
    assert error_line(said) == said
    assert "needs Docker" in said
    assert "lambda.Code.fromAsset" in said


def test_cdk_1_is_refused_by_its_version_and_says_where_to_go(checkout: Checkout) -> None:
    checkout.package("@aws-cdk/core", "1.204.0")

    said = tried(of_cdk, checkout.request())

    assert "CDK 1.204.0" in said
    assert "move the application to CDK 2" in said


def test_what_was_looked_up_stands_beside_what_the_repository_holds(checkout: Checkout) -> None:
    checkout.package("aws-cdk-lib", "2.224.0")
    with_tools(checkout, "2.1148.1")
    Path("cdk.context.json").write_text('{"kept": "theirs", "both": "theirs"}')

    tried(of_cdk, checkout.request(context={"asked": "ours", "both": "ours"}))

    assert json.loads(Path("cdk.context.json").read_text()) == {
        "kept": "theirs",
        "both": "theirs",
        "asked": "ours",
    }


def test_lookups_count_also_when_the_cli_failed_for_want_of_them(checkout: Checkout) -> None:
    checkout.package("aws-cdk-lib", "2.224.0")
    checkout.package("aws-cdk", "2.9999.0", status=1)
    with_tools(checkout, "2.1148.1")
    room = checkout.root.with_name("room")
    (room / "cdk.out").mkdir(parents=True)
    asked = [{"key": "k", "provider": "ssm", "props": {}}]
    (room / "cdk.out" / "manifest.json").write_text(json.dumps({"missing": asked}))

    with pytest.raises(LookupsMissing):
        of_cdk(checkout.request(), room / "assembly")


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("3.17.1", "an engine of their own"),
        ("4.0.0-beta.1", "an engine of their own"),
        ("1.18.4", "upgrade to SST 2"),
    ],
)
def test_an_sst_that_is_not_deployed_here_is_refused_by_its_version(
    checkout: Checkout, *, version: str, why: str
) -> None:
    checkout.package("sst", version)

    said = tried(of_sst, checkout.request())

    assert version in said
    assert why in said
    assert checkout.ran() == []


def test_an_sst_that_is_not_installed_is_told_so(checkout: Checkout) -> None:
    assert "not installed" in tried(of_sst, checkout.request())


def test_sst_builds_for_the_stage_and_region_and_forgets_what_was_built_before(
    checkout: Checkout,
) -> None:
    checkout.package("sst", "2.49.8")
    stale = checkout.root / ".sst" / "dist"
    stale.mkdir(parents=True)
    (stale / "manifest.json").write_text("{}")

    assert "No cloud assembly was made" in tried(of_sst, checkout.request())

    (ran,) = checkout.ran()
    assert ran.endswith("build --stage dev --region eu-west-1")


@pytest.mark.parametrize(
    ("settings", "stacks"),
    [
        ("", ("CDKToolkit", "SSTBootstrap")),
        ('cdk: { toolkitStackName: "Tools", }', ("Tools", "SSTBootstrap")),
        ("bootstrap: { tags: {a: 'b'}, stackName: 'Boot' }", ("CDKToolkit", "Boot")),
        ("stackName: 'shop'", ("CDKToolkit", "SSTBootstrap")),
        ("cdk: { toolkitStackName: `${name}-tools` }", ("CDKToolkit", "SSTBootstrap")),
    ],
)
def test_sst_may_ask_for_the_bootstraps_that_its_settings_name(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, *, settings: str, stacks: tuple[str, ...]
) -> None:
    checkout.package("sst", "2.49.8")
    (checkout.root / "sst.config.ts").write_text(f"export default {{ {settings} }}")
    told: list[tuple[str, ...]] = []

    @contextmanager
    def answering(*, stacks: tuple[str, ...], **_place: object) -> Iterator[str]:
        told.append(stacks)
        yield "http://127.0.0.1:1"

    monkeypatch.setattr(sst, "answering", answering)
    tried(of_sst, checkout.request())

    assert told == [stacks]


def test_a_package_of_a_workspace_is_found_above_the_application(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.package("sst", "2.49.8")
    (checkout.root / "services" / "api").mkdir(parents=True)
    monkeypatch.chdir(checkout.root / "services" / "api")

    found = toolkit.installed("sst", checkout.root)

    assert found == checkout.root / "node_modules" / "sst"
    assert toolkit.installed("left-pad", checkout.root) is None


def test_nothing_outside_of_the_checkout_is_found(checkout: Checkout) -> None:
    Checkout(checkout.root.parent).package("sst", "2.49.8")

    assert toolkit.installed("sst", checkout.root) is None


@pytest.mark.parametrize(("older", "newer"), [("2.9.0", "2.10.0"), ("2.80.0", "2.1148.1")])
def test_versions_are_compared_as_numbers(older: str, newer: str) -> None:
    assert toolkit.as_numbers(older) < toolkit.as_numbers(newer)

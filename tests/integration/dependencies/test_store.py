"""Installed dependencies are kept by what they depend on; no step can harm what is kept."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from services.builder.adapters.dependencies import store as dependency_store
from services.builder.adapters.dependencies.store import DependencyStore
from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.isolation.sandbox import Command, Exit, Sandbox
from services.builder.adapters.workspace import RunFolder, RunFolders
from tests.support.git import folder_of_files

DIGEST = "a" * 64
FILES = {"package.json": "{}", "package-lock.json": '{"lockfileVersion": 3}'}


@pytest.fixture
def store(tmp_path: Path) -> DependencyStore:
    return DependencyStore(tmp_path / "store", most_bytes=1 << 20)


def installed(tmp_path: Path, name: str = "one", content: str = "module.exports = 1") -> Path:
    """A checkout after an install, with a workspace of its own dependencies."""
    return folder_of_files(
        tmp_path / name,
        {
            **FILES,
            "node_modules/left-pad/index.js": content,
            "packages/api/node_modules/right-pad/index.js": content,
        },
    )


def keep(store: DependencyStore, source: Path, digest: str = DIGEST, *, wish: str = "") -> bool:
    with store.keep(digest, source, ("", "packages/api"), wish=wish) as kept:
        return kept is not None


def test_what_was_installed_is_moved_into_the_store_and_given_back(
    store: DependencyStore, tmp_path: Path
) -> None:
    source = installed(tmp_path)

    assert keep(store, source)

    assert not (source / "node_modules").exists()
    with store.use(DIGEST) as kept:
        assert kept is not None
        trees = dict(kept.trees)
    assert trees.keys() == {"", "packages/api"}
    assert (trees[""] / "left-pad" / "index.js").read_text() == "module.exports = 1"
    assert store.count_and_bytes()[0] == 1


def test_nothing_is_kept_where_nothing_was_installed(
    store: DependencyStore, tmp_path: Path
) -> None:
    source = folder_of_files(tmp_path / "source", dict(FILES))
    (source / "node_modules").symlink_to("/usr")

    assert not keep(store, source)
    with store.use(DIGEST) as kept:
        assert kept is None


def test_what_was_just_kept_is_lent_as_it_is_and_stays_while_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DependencyStore(tmp_path / "store", most_bytes=1)
    look = Mock(side_effect=dependency_store._listing)
    monkeypatch.setattr(dependency_store, "_listing", look)

    with store.keep(DIGEST, installed(tmp_path), ("",)) as kept:
        assert kept is not None
        keep(store, installed(tmp_path, "two"), "b" * 64)
        assert (dict(kept.trees)[""] / "left-pad").is_dir()

    assert look.call_count == 2  # once for each: nobody else can have been there
    with store.use(DIGEST) as kept:
        assert kept is not None


def test_what_another_run_has_kept_meanwhile_is_lent_instead(
    store: DependencyStore, tmp_path: Path
) -> None:
    keep(store, installed(tmp_path, "one", "1"))

    with store.keep(DIGEST, installed(tmp_path, "two", "2"), ("",)) as kept:
        assert kept is not None
        tree = dict(kept.trees)[""]

    assert (tree / "left-pad" / "index.js").read_text() == "1"


def test_it_is_known_what_an_installation_was_resolved_from(
    store: DependencyStore, tmp_path: Path
) -> None:
    keep(store, installed(tmp_path, "one"))
    keep(store, installed(tmp_path, "two"), "b" * 64, wish="w")

    assert store.has_resolved("w")
    assert not store.has_resolved("v")
    assert not store.has_resolved("")


@pytest.mark.parametrize("harm", ["write", "add", "remove", "chmod", "touch back"])
def test_what_was_changed_in_the_store_is_never_given_again(
    store: DependencyStore, tmp_path: Path, harm: str
) -> None:
    keep(store, installed(tmp_path))
    with store.use(DIGEST) as kept:
        assert kept is not None
        file = dict(kept.trees)[""] / "left-pad" / "index.js"
    before = file.stat()
    match harm:
        case "write":
            file.write_text("module.exports = 2")
        case "add":
            file.with_name("evil.js").write_text("")
        case "remove":
            file.unlink()
        case "chmod":
            file.chmod(0o777)
        case _:
            file.write_text("module.exports = 9")
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    with store.use(DIGEST) as kept:
        assert kept is None

    assert store.count_and_bytes() == (0, 0)


def test_what_was_used_longest_ago_goes_when_the_store_is_full(tmp_path: Path) -> None:
    store = DependencyStore(tmp_path / "store", most_bytes=150_000)
    for number, digest in enumerate(("a" * 64, "b" * 64, "c" * 64)):
        keep(store, installed(tmp_path, str(number), "x" * 25_000), digest)
        os.utime(tmp_path / "store" / digest, (number, number))
        if number == 1:
            with store.use("a" * 64):  # which makes it the newest
                os.utime(tmp_path / "store" / digest, (1, 1))

    assert sorted(path.name[0] for path in (tmp_path / "store").iterdir()) == ["a", "c"]


def test_what_a_run_uses_stays_however_full_the_store_is(tmp_path: Path) -> None:
    store = DependencyStore(tmp_path / "store", most_bytes=1)
    keep(store, installed(tmp_path, "one"))
    with store.use(DIGEST) as kept:
        keep(store, installed(tmp_path, "two"), "b" * 64)
        assert kept is not None
        assert kept.path.exists()
    keep(store, installed(tmp_path, "three"), "c" * 64)
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["c" * 64]


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[RunFolder]:
    async with RunFolders(tmp_path / "runs").fresh("one") as folder:
        yield folder


async def shell(run: RunFolder, script: str, *layers: Path) -> Exit:
    """A step with layers over its dependencies, as a run has them."""
    profile = prepare(hidden=[])
    if not profile.bubblewrap.layers:
        pytest.skip("no bubblewrap here can layer folders")
    command = Command(
        ("/bin/sh", "-c", script), layers=tuple(run.layer(lower, "") for lower in layers)
    )

    async def ignore(_chunk: bytes) -> None:
        return

    return await Sandbox(profile, run.path).run(command, on_output=ignore, timeout=30)


async def test_a_step_writes_in_place_and_finds_it_in_the_next_and_the_store_is_unharmed(
    store: DependencyStore, run: RunFolder, tmp_path: Path
) -> None:
    keep(store, installed(tmp_path))
    with store.use(DIGEST) as kept:
        assert kept is not None
        tree = dict(kept.trees)[""]
        harmed = await shell(
            run,
            "cd node_modules && echo evil > left-pad/index.js && chmod 777 left-pad"
            " && rm -f left-pad/other && echo new > made.js",
            tree,
        )
        again = await shell(
            run, "grep -q evil node_modules/left-pad/index.js && test -f node_modules/made.js", tree
        )

    assert (harmed.code, again.code) == (0, 0)
    with store.use(DIGEST) as kept:
        assert kept is not None
        assert (dict(kept.trees)[""] / "left-pad" / "index.js").read_text() == "module.exports = 1"


async def test_a_step_cannot_reach_the_layer_below_or_its_own_from_outside(
    store: DependencyStore, run: RunFolder, tmp_path: Path
) -> None:
    keep(store, installed(tmp_path))
    with store.use(DIGEST) as kept:
        assert kept is not None
        tree = dict(kept.trees)[""]
        ended = await shell(
            run,
            f'test -z "$(ls /workspace/layers)" && ! test -e {tree}'
            " && ! mv /workspace/layers /workspace/x",
            tree,
        )

    assert ended.code == 0


async def test_a_link_where_dependencies_belong_is_refused(
    store: DependencyStore, run: RunFolder, tmp_path: Path
) -> None:
    keep(store, installed(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (run.source / "node_modules").symlink_to(tmp_path / "elsewhere")
    with store.use(DIGEST) as kept:
        assert kept is not None
        with pytest.raises(NotADirectoryError):
            await shell(run, "true", dict(kept.trees)[""])

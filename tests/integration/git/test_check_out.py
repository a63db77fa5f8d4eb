"""Reading repositories from a real git server over HTTP."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.git_server import GitServer
from services.builder.adapters.git import failures, options
from services.builder.adapters.git.asking import GitLimits
from services.builder.adapters.git.repositories import Git
from services.builder.adapters.isolation.sandbox import Command, Exit
from services.builder.adapters.isolation.watch import OnOutput
from tests.support.forges import TOKEN, Forge
from tests.support.git import folder_of_files, git
from tests.support.sandboxes import Boxed

NO_COMMIT = "0123456789" * 4


async def test_exactly_the_commit_is_checked_out(
    box: Boxed, reader: Git, server: GitServer
) -> None:
    first = server.head("shop")
    server.commit("shop", {"later.txt": "x"}, "Go on")
    await reader.check_out(server.url("shop"), first, on_output=box.keep)
    source = box.folder / "source"
    assert (source / "function" / "version.mjs").read_text() == "export const version = 1;\n"
    assert not (source / "later.txt").exists()
    assert await box.ask("git rev-parse HEAD && git status --porcelain") == first


async def test_a_commit_of_another_branch_needs_no_branch_name(
    box: Boxed, reader: Git, server: GitServer
) -> None:
    there = server.commit("shop", {"feature.txt": "x"}, "Try it", branch="feature/one")
    await reader.check_out(server.url("shop"), there, on_output=box.keep)
    assert (box.folder / "source" / "feature.txt").exists()


async def test_a_commit_that_does_not_exist_is_named(
    box: Boxed, reader: Git, server: GitServer
) -> None:
    with pytest.raises(failures.CommitNotFound, match=f"no commit {NO_COMMIT} in http.*push it"):
        await reader.check_out(server.url("shop"), NO_COMMIT, branch="main", on_output=box.keep)


@pytest.mark.parametrize(
    "commit", ["HEAD", "main", "--upload-pack=touch x", "a" * 39, "A" * 40, ""]
)
async def test_only_a_full_sha_is_a_commit(forge: Forge, commit: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        await forge.reader.check_out(forge.server.url("shop"), commit, on_output=forge.box.keep)
    assert not (forge.box.folder / "source" / ".git").exists()


async def test_where_no_commit_is_given_by_its_sha_its_branch_is_searched(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git's first protocol gives only what a branch ends with, unless the server allows more."""
    monkeypatch.setitem(options._SETTINGS, "protocol.version", "0")
    url, wanted = forge.server.url("shop"), forge.server.head("shop")
    newest = forge.server.commit("shop", {"later.txt": "x"}, "Go on")
    for setting in ("allowAnySHA1InWant", "allowReachableSHA1InWant", "allowTipSHA1InWant"):
        git("config", f"uploadpack.{setting}", "false", folder=tmp_path / "served" / "shop.git")
    await forge.reader.check_out(url, wanted, branch="main", on_output=forge.box.keep)
    assert "unadvertised object" in forge.box.text
    assert await forge.box.ask("git rev-parse HEAD") == wanted != newest


async def test_the_head_of_a_branch_is_what_the_remote_says(reader: Git, server: GitServer) -> None:
    newest = server.commit("shop", {"later.txt": "x"}, "Go on", branch="dev")
    assert await reader.head_of(server.url("shop"), "dev") == newest
    assert await reader.head_of(server.url("shop"), "main") == server.head("shop") != newest


async def test_a_branch_that_does_not_exist_is_named(reader: Git, server: GitServer) -> None:
    with pytest.raises(failures.BranchNotFound, match="no branch gone in http"):
        await reader.head_of(server.url("shop"), "gone")


async def test_a_branch_whose_name_ends_like_another_is_not_taken_for_it(
    reader: Git, server: GitServer
) -> None:
    server.commit("shop", {"later.txt": "x"}, "Go on", branch="refs/heads/dev")
    with pytest.raises(failures.BranchNotFound):
        await reader.head_of(server.url("shop"), "dev")


@pytest.mark.parametrize(
    "branch",
    [
        "--upload-pack=touch x",
        "a..b",
        "a\nb",
        "main@{0}",
        "x.lock",
        "-",
        "ma*",
        "a b",
        "a\\b",
        "HEAD",
    ],
)
async def test_what_is_no_branch_name_is_refused_before_git_runs(
    reader: Git, server: GitServer, branch: str
) -> None:
    with pytest.raises(ValueError, match="branch"):
        await reader.head_of(server.url("shop"), branch)


async def test_a_repository_that_does_not_exist_is_named(
    box: Boxed, reader: Git, server: GitServer
) -> None:
    with pytest.raises(failures.RepositoryNotFound, match=r"no http.*/gone\.git.*clone token"):
        await reader.check_out(server.url("gone"), NO_COMMIT, on_output=box.keep)
    with pytest.raises(failures.RepositoryNotFound):
        await reader.head_of(server.url("gone"), "main")


async def test_a_server_that_is_away_is_not_a_missing_repository(box: Boxed) -> None:
    away = "http://127.0.0.1:9"
    with pytest.raises(failures.RemoteUnreachable, match="could not be reached"):
        await Git(box.sandbox, (away,)).head_of(f"{away}/shop.git", "main")


async def test_a_private_repository_asks_for_a_clone_token(forge: Forge, private: str) -> None:
    with pytest.raises(failures.AccessDenied, match=r"does not exist or is private.*clone token"):
        await forge.reader.check_out(private, forge.server.head("vault"), on_output=forge.box.keep)
    with pytest.raises(failures.AccessDenied, match="refuses the application's clone token"):
        await forge.reader.head_of(private, "main", token=SecretStr("wrong-token"))


async def test_the_clone_token_is_nowhere_afterwards(forge: Forge, private: str) -> None:
    token = SecretStr(TOKEN)
    commit = await forge.reader.head_of(private, "main", token=token)
    await forge.reader.check_out(
        private, commit, token=token, branch="main", on_output=forge.box.keep
    )
    assert (forge.box.folder / "source" / "package.json").exists()
    held = [path.read_bytes() for path in forge.box.folder.rglob("*") if path.is_file()]
    assert held
    for shown in (TOKEN, "eC1hY2Nlc3MtdG9rZW", "Authorization"):
        assert all(shown.encode() not in content for content in [*held, forge.box.output])


async def test_the_clone_token_is_seen_in_no_command_line(
    forge: Forge, private: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, ...]] = []
    run = forge.box.sandbox.run

    async def spy(command: Command, *, on_output: OnOutput, timeout: float) -> Exit:  # noqa: ASYNC109 - as `run`
        started.append(command.argv)
        return await run(command, on_output=on_output, timeout=timeout)

    monkeypatch.setattr(forge.box.sandbox, "run", spy)
    await forge.reader.head_of(private, "main", token=SecretStr(TOKEN))
    assert started
    assert TOKEN not in str(started)
    assert "Authorization" not in str(started)


async def test_a_file_beyond_the_limit_stops_the_fetch(
    box: Boxed, server: GitServer, tmp_path: Path
) -> None:
    noise = folder_of_files(tmp_path / "noise")
    (noise / "big.bin").write_bytes(os.urandom(3 << 20))
    commit = server.create_repository("big", noise)
    small = Git(box.sandbox, (server.origin,), GitLimits(tree_bytes=1 << 20))
    with pytest.raises(failures.RepositoryTooLarge, match=r"may hold .* 1 MiB"):
        await small.check_out(server.url("big"), commit, on_output=box.keep)
    packs = (box.folder / "source" / ".git" / "objects" / "pack").iterdir()
    assert [path.stat().st_size for path in packs] == [1 << 20]


async def test_a_commit_that_unfolds_beyond_the_limit_is_not_written_out(
    box: Boxed, server: GitServer, tmp_path: Path
) -> None:
    commit = server.create_repository(
        "bomb", folder_of_files(tmp_path / "b", {"a": "0" * (3 << 20)})
    )
    small = Git(box.sandbox, (server.origin,), GitLimits(tree_bytes=1 << 20))
    with pytest.raises(failures.RepositoryTooLarge):
        await small.check_out(server.url("bomb"), commit, on_output=box.keep)
    assert not (box.folder / "source" / "a").exists()


async def test_a_commit_of_too_many_files_is_not_written_out(box: Boxed, server: GitServer) -> None:
    few = Git(box.sandbox, (server.origin,), GitLimits(files=1))
    with pytest.raises(failures.RepositoryTooLarge, match="may hold 1 files"):
        await few.check_out(server.url("shop"), server.head("shop"), on_output=box.keep)

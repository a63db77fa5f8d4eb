"""What a git client meets at our own git server."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.git_repository import GitFailed, RepositoryExists
from cli.git_server import GitServer
from tests.support.git import FILES, clone, folder_of_files, git

SHOP = "acme/shop"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with GitServer(tmp_path / "repositories") as server:
        yield server


@pytest.fixture
def first(server: GitServer, tmp_path: Path) -> str:
    """The first commit of a public repository."""
    return server.create_repository(SHOP, folder_of_files(tmp_path / "shop"))


def test_a_clone_holds_the_files_of_the_folder(
    server: GitServer, first: str, tmp_path: Path
) -> None:
    copy = clone(server.url(SHOP), tmp_path / "copy")

    assert {name: (copy / name).read_text() for name in FILES} == FILES
    assert git("rev-parse", "HEAD", folder=copy).stdout.strip() == first == server.head(SHOP)


def test_what_the_folder_ignores_is_left_out(server: GitServer, tmp_path: Path) -> None:
    files = {".gitignore": "node_modules/\n", "index.mjs": "", "node_modules/left/index.js": ""}
    server.create_repository("pad", folder_of_files(tmp_path / "pad", files))

    copy = clone(server.url("pad"), tmp_path / "copy")

    assert sorted(file.name for file in copy.iterdir()) == [".git", ".gitignore", "index.mjs"]


@pytest.mark.usefixtures("first")
def test_a_commit_changes_adds_and_deletes_files(server: GitServer, tmp_path: Path) -> None:
    changes = {"function/version.mjs": "2", "docs/new.md": "new", "package.json": None}

    second = server.commit(SHOP, changes, "Second version")

    copy = clone(server.url(SHOP), tmp_path / "copy")
    assert git("log", "-1", "--format=%H %s", folder=copy).stdout == f"{second} Second version\n"
    assert (copy / "function/version.mjs").read_text() == "2"
    assert (copy / "docs/new.md").read_text() == "new"
    assert not (copy / "package.json").exists()


def test_a_new_branch_starts_from_main_and_leaves_it(server: GitServer, first: str) -> None:
    on_branch = server.commit(SHOP, {"a": "1"}, "Try", branch="feature/a")
    again = server.commit(SHOP, {"a": "2"}, "Try again", branch="feature/a")

    assert server.head(SHOP) == first
    assert server.head(SHOP, "feature/a") == again != on_branch


def test_any_commit_can_be_fetched_by_its_sha(
    server: GitServer, first: str, tmp_path: Path
) -> None:
    server.commit(SHOP, {"a": "1"}, "Second")
    git("init", "--quiet", str(tmp_path / "run"))

    fetched = git(
        "fetch", "--quiet", "--depth", "1", server.url(SHOP), first, folder=tmp_path / "run"
    )

    assert fetched.returncode == 0, fetched.stderr
    assert git("rev-parse", "FETCH_HEAD", folder=tmp_path / "run").stdout.strip() == first


@pytest.mark.usefixtures("first")
def test_a_commit_that_does_not_exist_cannot_be_fetched(server: GitServer, tmp_path: Path) -> None:
    git("init", "--quiet", str(tmp_path / "run"))

    fetched = git("fetch", server.url(SHOP), "f" * 40, folder=tmp_path / "run")

    assert fetched.returncode != 0
    assert "not our ref" in fetched.stderr


def test_a_private_repository_needs_its_token(server: GitServer, tmp_path: Path) -> None:
    folder = folder_of_files(tmp_path / "shop")
    server.create_repository("acme/secret", folder, token="t0ken")
    url = server.url("acme/secret")

    for refused in (url, url.replace("://", "://x-access-token:wrong@")):
        answer = httpx.get(f"{refused}/info/refs?service=git-upload-pack")
        assert answer.status_code == httpx.codes.UNAUTHORIZED
        assert git("clone", refused, str(tmp_path / "refused")).returncode != 0

    clone(url.replace("://", "://x-access-token:t0ken@"), tmp_path / "copy")


@pytest.mark.parametrize("authorization", ["Basic", "Basic !", "Basic /w==", "Bearer t0ken"])
def test_junk_for_a_token_is_refused(server: GitServer, tmp_path: Path, authorization: str) -> None:
    server.create_repository("secret", folder_of_files(tmp_path / "shop"), token="t0ken")

    answer = httpx.get(
        f"{server.url('secret')}/info/refs?service=git-upload-pack",
        headers={"Authorization": authorization},
    )

    assert answer.status_code == httpx.codes.UNAUTHORIZED


def test_nobody_can_push(server: GitServer, first: str, tmp_path: Path) -> None:
    copy = clone(server.url(SHOP), tmp_path / "copy")
    git("commit", "--allow-empty", "-m", "Mine", folder=copy)

    assert git("push", "origin", "HEAD:main", folder=copy).returncode != 0
    assert server.head(SHOP) == first


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize(
    "path",
    ["/", "/acme/other.git/info/refs", "/acme/shop.git/HEAD", "/%2e%2e/acme/shop.git/info/refs"],
)
def test_only_what_is_served_is_found(server: GitServer, path: str) -> None:
    assert httpx.get(server.origin + path).status_code == httpx.codes.NOT_FOUND


@pytest.mark.usefixtures("first")
def test_a_repository_is_never_replaced(server: GitServer, tmp_path: Path) -> None:
    with pytest.raises(RepositoryExists, match="take another name"):
        server.create_repository(SHOP, tmp_path / "shop")


@pytest.mark.usefixtures("first")
def test_the_head_of_an_unknown_branch_is_an_error(server: GitServer) -> None:
    with pytest.raises(GitFailed):
        server.head(SHOP, "nowhere")


def test_a_stopped_server_frees_its_port(tmp_path: Path) -> None:
    with GitServer(tmp_path / "one") as first:
        port = int(first.origin.rpartition(":")[2])

    with GitServer(tmp_path / "two", port) as second:
        assert second.origin == first.origin

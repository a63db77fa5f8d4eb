"""What a repository, its server or a name could make git do: reliability.md 7.2, T16 to T24.

A marker file tells that code ran. The `without…` tests show that each vector is real: it works
with a git that has not been told otherwise.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from services.builder.adapters.git import failures
from services.builder.adapters.git.repositories import Git
from tests.support.forges import Forge
from tests.support.git import folder_of_files, git
from tests.support.sandboxes import Boxed

COMMIT = "0123456789" * 4


@dataclass
class Sink:
    """A server that counts requests, and sends each on to `elsewhere` when that is set."""

    port: int = 0
    elsewhere: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def listening(elsewhere: str = "") -> Iterator[Sink]:
    sink = Sink(elsewhere=elsewhere)

    class Exchange(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sink.asked.append(self.path)
            self.send_response(HTTPStatus.FOUND if sink.elsewhere else HTTPStatus.NOT_FOUND)
            self.send_header("Location", sink.elsewhere + self.path)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
    sink.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


REFUSED = [
    "--upload-pack=touch${IFS}marker",
    "ext::sh -c touch% marker",
    "file:///etc",
    "/etc",
    "../served/shop.git",
    "ssh://-oProxyCommand=touch marker/x",
    "git@github.com:o/r.git",
    "git://github.com/o/r.git",
    "http://github.com/o/r.git",
    "https://github.com:8443/o/r.git",
    "https://github.com.evil.example/o/r.git",
    "https://github.com@evil.example/o/r.git",
    "https://token@github.com/o/r.git",
    "https://github.com/o/../../r.git",
    "https://github.com/o/r.git?x=1",
    "https://github.com/o/r.git#x",
    "https://github.com/o/r\n.git",
    "https://github.com\\@evil.example/o/r",
    "https://github.com",
    "",
]


@pytest.mark.parametrize("repository", REFUSED)
async def test_what_is_not_at_an_allowed_origin_is_refused_before_git_runs(
    box: Boxed, repository: str
) -> None:
    reader = Git(box.sandbox, ("https://github.com",))
    with pytest.raises(failures.OriginRefused, match="TRELLIS_GIT_ORIGINS"):
        await reader.check_out(repository, COMMIT, on_output=box.keep)
    with pytest.raises(failures.OriginRefused):
        await reader.head_of(repository, "main")
    assert list((box.folder / "source").iterdir()) == []


async def test_a_redirect_to_another_server_is_not_followed(box: Boxed) -> None:
    with listening() as other, listening(elsewhere=other.origin) as first:
        with pytest.raises(failures.GitFailure):
            await Git(box.sandbox, (first.origin,)).head_of(f"{first.origin}/shop.git", "main")
        assert first.asked
        assert other.asked == []
        git("ls-remote", f"{first.origin}/shop.git")
        assert other.asked, "without the option git follows, or this test shows nothing"


async def test_hooks_and_programs_of_a_checked_out_repository_do_not_run(forge: Forge) -> None:
    """Planted beforehand in the folder, which is worse than a repository can do."""
    templates = forge.box.folder / "source" / ".git" / "hooks"
    templates.mkdir(parents=True)
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (templates / hook).write_text("#!/bin/sh\ntouch /workspace/marker\n")
        (templates / hook).chmod(0o755)
    (forge.box.folder / "source" / ".git" / "config").write_text(
        '[core]\n\trepositoryformatversion = 0\n\tfsmonitor = "touch /workspace/marker; false"\n'
        '[protocol]\n\tallow = always\n[credential]\n\thelper = "!touch /workspace/marker"\n'
    )
    await forge.reader.check_out(
        forge.server.url("shop"), forge.server.head("shop"), on_output=forge.box.keep
    )
    assert (forge.box.folder / "source" / "package.json").exists()
    assert not (forge.box.folder / "marker").exists()
    await forge.box.sh("git checkout -q --detach HEAD; git status")
    assert (forge.box.folder / "marker").exists(), "without the options they run"


async def test_no_program_is_asked_for_a_password(forge: Forge, private: str) -> None:
    (forge.box.folder / "source" / ".git").mkdir()
    (forge.box.folder / "source" / ".git" / "config").write_text(
        '[core]\n\trepositoryformatversion = 0\n\taskPass = "touch /workspace/marker;"\n'
        '[credential]\n\thelper = "!touch /workspace/marker;"\n'
    )
    with pytest.raises(failures.AccessDenied):
        await forge.reader.check_out(private, COMMIT, on_output=forge.box.keep)
    assert not (forge.box.folder / "marker").exists()
    await forge.box.sh(f"git fetch {private} main")
    assert (forge.box.folder / "marker").exists(), "without the options they are asked"


async def test_a_bare_repository_inside_a_checkout_is_not_obeyed(
    forge: Forge, tmp_path: Path
) -> None:
    bare = {
        "inner/HEAD": "ref: refs/heads/main\n",
        "inner/config": '[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = "."\n'
        '\tfsmonitor = "touch /workspace/marker; false"\n',
        "inner/objects/keep": "",
        "inner/refs/keep": "",
    }
    commit = forge.server.create_repository("matryoshka", folder_of_files(tmp_path / "m", bare))
    await forge.reader.check_out(forge.server.url("matryoshka"), commit, on_output=forge.box.keep)
    assert (forge.box.folder / "source" / "inner" / "HEAD").exists()
    await forge.box.sh("cd inner && git -c safe.bareRepository=explicit status")
    assert not (forge.box.folder / "marker").exists()
    await forge.box.sh("cd inner && git -c safe.bareRepository=all status")
    assert (forge.box.folder / "marker").exists(), "without the option it is obeyed"


async def test_lfs_and_submodules_of_a_repository_reach_no_server(
    forge: Forge, tmp_path: Path
) -> None:
    with listening() as sink:
        files = {
            ".lfsconfig": f"[lfs]\n\turl = {sink.origin}/lfs\n",
            ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
            "large.bin": "version https://git-lfs.github.com/spec/v1\n"
            f"oid sha256:{'0' * 64}\nsize 12345\n",
            ".gitmodules": f'[submodule "one"]\n\tpath = one\n\turl = {sink.origin}/one.git\n'
            '[submodule "two"]\n\tpath = two\n\turl = ext::sh -c touch% /workspace/marker\n'
            '[submodule "three"]\n\tpath = three\n\turl = file:///etc\n',
        }
        forge.server.create_repository("modules", folder_of_files(tmp_path / "modules", files))
        commit = with_submodules(tmp_path / "served" / "modules.git")
        await forge.reader.check_out(forge.server.url("modules"), commit, on_output=forge.box.keep)
        assert (
            (forge.box.folder / "source" / "large.bin").read_text().startswith("version https://")
        )
        assert list((forge.box.folder / "source" / "two").iterdir()) == []
        assert sink.asked == []
        assert not (forge.box.folder / "marker").exists()


def with_submodules(bare: Path) -> str:
    """Add the entries of three submodules to the newest commit, and return the new one."""
    entries = git("ls-tree", "main", folder=bare).stdout
    links = [f"160000,{COMMIT},{name}" for name in ("one", "two", "three")]
    git("read-tree", "main", folder=bare)
    for link in links:
        git("update-index", "--add", "--cacheinfo", link, folder=bare)
    tree = git("write-tree", folder=bare).stdout.strip()
    commit = git("commit-tree", tree, "-p", "main", "-m", "Link", folder=bare).stdout.strip()
    assert entries
    assert commit
    git("update-ref", "refs/heads/main", commit, folder=bare)
    return commit


async def test_links_out_of_the_folder_lead_nowhere(forge: Forge, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of the host")
    folder = folder_of_files(tmp_path / "links")
    (folder / "host").symlink_to(secret)
    (folder / "shadow").symlink_to("/etc/shadow")
    (folder / "up").symlink_to("../../../../../../../..")
    commit = forge.server.create_repository("links", folder)
    await forge.reader.check_out(forge.server.url("links"), commit, on_output=forge.box.keep)
    assert (forge.box.folder / "source" / "host").is_symlink()
    assert not (await forge.box.sh("cat host shadow")).succeeded
    assert "of the host" not in forge.box.text
    assert "root" not in (await forge.box.ask("ls up"))


async def test_a_file_that_is_named_like_an_option_is_a_file(forge: Forge, tmp_path: Path) -> None:
    odd = {"--upload-pack=touch marker": "1", "-c": "2", "new\nline": "3", "é\t": "4"}
    commit = forge.server.create_repository("odd", folder_of_files(tmp_path / "odd", odd))
    await forge.reader.check_out(forge.server.url("odd"), commit, on_output=forge.box.keep)
    found = {
        path.name: path.read_text()
        for path in (forge.box.folder / "source").glob("*")
        if path.is_file()
    }
    assert found == odd


async def test_a_server_that_names_another_commit_is_not_believed(
    forge: Forge, tmp_path: Path
) -> None:
    """The one that was asked for is the one that is checked out, or none."""
    other = forge.server.commit("shop", {"x": "y"}, "Other")
    git("update-ref", f"refs/heads/{COMMIT}", other, folder=tmp_path / "served" / "shop.git")
    with pytest.raises(failures.CommitNotFound):
        await forge.reader.check_out(
            forge.server.url("shop"), COMMIT, branch="main", on_output=forge.box.keep
        )
    assert not (forge.box.folder / "source" / "x").exists()

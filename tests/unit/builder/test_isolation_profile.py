"""What a step sees: the options of bubblewrap, and what of the host may be among them."""

from pathlib import Path

import pytest

from services.builder.adapters.isolation.bubblewrap import Bubblewrap, IsolationMissing
from services.builder.adapters.isolation.passing import PassRefused, read_pass
from services.builder.adapters.isolation.profile import (
    HOME,
    Mount,
    MountRefused,
    Profile,
    Shown,
    check_mount,
    environment_of,
    options,
)

BUBBLEWRAP = Bubblewrap(Path("/usr/bin/bwrap"), ("--unshare-user",), own_user=True)


def test_only_proxy_registry_and_ca_variables_pass_by_default(tmp_path: Path) -> None:
    environ = {
        "HTTPS_PROXY": "http://proxy:3128",
        "no_proxy": "localhost",
        "npm_config_registry": "https://npm.example",
        "PIP_INDEX_URL": "https://pypi.example",
        "NODE_EXTRA_CA_CERTS": "/nowhere/ca.pem",
        "npm_config__authToken": "secret",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "TRELLIS_SECRETS": "secret",
        "GITHUB_TOKEN": "secret",
        "LD_PRELOAD": "secret",
    }
    passed = read_pass("default", environ, tmp_path)
    assert "secret" not in passed.environment.values()
    assert len(passed.environment) == 5


def test_more_passes_when_it_is_named(tmp_path: Path) -> None:
    environ = {"npm_config__authToken": "a", "NPM_TOKEN": "b", "PATH": "c", "HTTP_PROXY": "d"}
    assert read_pass("npm_config_*, NPM_TOKEN", environ, tmp_path).environment == {
        "npm_config__authToken": "a",
        "NPM_TOKEN": "b",
    }


def test_a_glob_never_lets_aws_or_trellis_through(tmp_path: Path) -> None:
    environ = {"AWS_SESSION_TOKEN": "a", "TRELLIS_NATS": "b", "OTHER": "c"}
    assert read_pass("*", environ, tmp_path).environment == {"OTHER": "c"}


@pytest.mark.parametrize("word", ["AWS_PROFILE", "TRELLIS_SECRETS", "AWS_CA_BUNDLE"])
def test_naming_credentials_is_refused(word: str, tmp_path: Path) -> None:
    with pytest.raises(PassRefused, match=f"may not hold '{word}'.*never reach a step"):
        read_pass(f"default {word}", {}, tmp_path)


@pytest.mark.parametrize("word", ["a-b", "A=B", "./file", "a/b", "$HOME"])
def test_a_word_that_is_neither_name_nor_path_is_refused(word: str, tmp_path: Path) -> None:
    with pytest.raises(PassRefused, match="neither the name of a variable nor an absolute path"):
        read_pass(word, {}, tmp_path)


def test_a_file_of_the_home_appears_in_the_home_of_the_step(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text("registry=https://npm.example\n")
    passed = read_pass("~/.npmrc", {}, tmp_path)
    assert passed.mounts == (Mount(tmp_path / ".npmrc", f"{HOME}/.npmrc"),)


@pytest.mark.parametrize("word", ["~/.missing", "/no/such/file", "~/../x", "~/", "~"])
def test_a_path_that_is_not_there_or_leads_out_is_refused(word: str, tmp_path: Path) -> None:
    (tmp_path.parent / "x").touch()
    with pytest.raises(PassRefused, match="TRELLIS_BUILDER_PASS"):
        read_pass(word, {}, tmp_path)


def test_a_file_that_a_passed_variable_names_is_shown(tmp_path: Path) -> None:
    ca = tmp_path / "company.pem"
    ca.touch()
    passed = read_pass("default", {"NODE_EXTRA_CA_CERTS": str(ca)}, tmp_path)
    assert passed.mounts == (Mount(ca, str(ca)),)


def test_what_is_hidden_cannot_be_shown_nor_what_is_below_it(tmp_path: Path) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "data" / "deep")
    for source in ("data", "data/deep", "link"):
        with pytest.raises(MountRefused, match="Trellis's own"):
            check_mount(Mount(tmp_path / source, "/opt/x"), [tmp_path / "data"])


@pytest.mark.parametrize("source", ["/", str(Path.home()), str(Path.home().parent)])
def test_a_whole_home_cannot_be_shown(source: str) -> None:
    with pytest.raises(MountRefused, match="holds a home folder"):
        check_mount(Mount(Path(source), "/opt/x"), [])


@pytest.mark.parametrize(
    "target", ["/workspace", "/workspace/home/.npmrc", "opt/x", "/opt/../workspace/x"]
)
def test_nothing_is_mounted_where_a_step_can_leave_links(target: str) -> None:
    with pytest.raises(MountRefused, match="outside /workspace"):
        check_mount(Mount(Path("/usr/share"), target), [])


def test_a_hidden_folder_below_something_shown_is_covered(tmp_path: Path) -> None:
    hidden = tmp_path / "shown" / "hidden"
    hidden.mkdir(parents=True)
    profile = Profile(bubblewrap=BUBBLEWRAP, hidden=(hidden,))
    shown = Shown((Mount(tmp_path / "shown", "/opt/shown"),))
    words = options(profile, tmp_path, shown=shown, memory=lambda _: 3)
    covering = words.index("/opt/shown/hidden")
    assert words[covering - 1] == "--tmpfs"
    assert covering > words.index("/opt/shown")


def test_the_workspace_is_all_that_can_be_written(tmp_path: Path) -> None:
    words = options(Profile(bubblewrap=BUBBLEWRAP), tmp_path, memory=lambda _: 3)
    assert words[-5:] == ["--bind", str(tmp_path), "/workspace", "--remount-ro", "/"]
    assert words.count("--bind") == 1


def test_a_variable_of_the_command_wins_over_what_passes() -> None:
    profile = Profile(
        bubblewrap=BUBBLEWRAP, path=("/opt/node/bin",), environment={"A": "1", "B": "1"}
    )
    environment = environment_of(profile, {"B": "2", "LANG": "de"})
    assert environment["PATH"].startswith("/opt/node/bin:/usr/local/bin:")
    assert (environment["A"], environment["B"], environment["LANG"]) == ("1", "2", "de")
    assert environment["HOME"] == HOME


def test_a_machine_without_bubblewrap_is_told_how_to_get_it() -> None:
    said = str(IsolationMissing([]))
    assert "`apt-get install bubblewrap`" in said
    assert "--security-opt unmask=ALL --security-opt seccomp=unconfined" in said
    assert "runs are refused" in said

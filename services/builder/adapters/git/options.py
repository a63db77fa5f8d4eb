"""What git is told each time, so that no repository and no name makes it run anything.

Each option has a vector in `tests/integration/git` that works without it.
"""

from base64 import b64encode

from pydantic import SecretStr

from services.builder.adapters.git.origins import Remote

_TOKEN_USER = "x-access-token"  # noqa: S105 - the user name that GitHub takes with any token

_SETTINGS = {
    "protocol.allow": "never",
    "http.followRedirects": "false",
    "safe.bareRepository": "explicit",
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.askPass": "",
    "credential.helper": "",
    "init.templateDir": "",
    "init.defaultBranch": "main",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "advice.detachedHead": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
}


def git(*words: str) -> tuple[str, ...]:
    """A command line of git with the settings that keep it harmless."""
    told = (word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}"))
    return ("git", *told, *words)


def variables(remote: Remote, token: SecretStr | None) -> dict[str, str]:
    """The variables of one command: what it may speak, and with a token who asks.

    The token is a header that this one command sends to this one origin: it is in no argument,
    in no URL and in no file.
    """
    given = {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ALLOW_PROTOCOL": remote.scheme,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "LC_ALL": "C",
    }
    if token is None:
        return given
    pair = b64encode(f"{_TOKEN_USER}:{token.get_secret_value()}".encode()).decode()
    return {
        **given,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{remote.origin}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {pair}",
    }

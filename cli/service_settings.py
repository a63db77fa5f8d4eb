"""What each service of `trellis up` is told by its environment: what it needs, and nothing more.

What `up` was given itself (`TRELLIS_…`) is read once by every service's own settings, so that what
is wrong with it is said before anything is started.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from dashboard.settings import DashboardSettings
from services.builder.adapters.isolation.passing import PassRefused, read_pass
from services.builder.settings import BuilderSettings
from services.chassis.settings import PREFIX, ChassisSettings, SettingsRejected, read_settings
from services.ingest.settings import IngestSettings
from services.logs.settings import LogsSettings
from services.orchestrator.settings import OrchestratorSettings
from services.projections.settings import ProjectionsSettings

KINDS: Final[Mapping[str, type[ChassisSettings]]] = MappingProxyType(
    {
        "orchestrator": OrchestratorSettings,
        "ingest": IngestSettings,
        "projections": ProjectionsSettings,
        "logs": LogsSettings,
        "builder": BuilderSettings,
        "dashboard": DashboardSettings,
    }
)
"""The services of one machine, in the order in which they are named."""

_ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType({"dashboard": "dashboard"})

_EVERY_SERVICE = {"data", "nats", "nats_unsafe", "nats_replicas", "log_level", "failpoints"}
_SHARED: Final[Mapping[str, set[str]]] = MappingProxyType(
    {
        "orchestrator": {
            "event_store", "heartbeat_seconds", "lease_seconds", "reconcile_seconds",
        },
        "ingest": {
            "keys", "directory", "secrets", "git_origins", "identity_public_key",
            "reconcile_seconds",
        },
        "projections": {"event_store", "views", "identity_public_key"},
        "logs": {"log_archive", "identity_public_key"},
        "builder": {
            "keys", "secrets", "artifacts", "git_origins", "heartbeat_seconds", "lease_seconds",
        },
        "dashboard": {"identity_public_key"},
    }
)  # fmt: skip
"""Of the settings that services share, those that each of them uses."""

_OF_THE_MACHINE = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_NO_PROXY = ("no_proxy", "NO_PROXY")
_OF_A_PROXY = (*_PROXIES, *(name.upper() for name in _PROXIES), *_NO_PROXY)
_OF_THE_COMMAND_LINE = {"domain", "url", "token", "host", "port"}
_LOOPBACK = "127.0.0.1,localhost"


def module_of(service: str) -> str:
    """Name the module that runs a service."""
    return _ELSEWHERE.get(service, f"services.{service}")


def settings_of(service: str, environ: Mapping[str, str]) -> ChassisSettings:
    """Read the settings that a service will have.

    Raises:
        SettingsRejected: naming every variable that holds what it must not.
    """
    given = {
        name.removeprefix(PREFIX).lower(): value for name, value in told(service, environ).items()
    }
    return read_settings(KINDS[service], **given)


def check(environ: Mapping[str, str]) -> None:
    """Let every service's settings read what `up` was given.

    Raises:
        SettingsRejected: naming all that is wrong, for all services.
    """
    refusals: dict[str, str] = {}
    for service in KINDS:
        try:
            settings_of(service, environ)
        except SettingsRejected as rejected:
            refusals |= rejected.refusals
    try:
        environment_of("builder", environ)
    except PassRefused as refused:
        refusals["TRELLIS_BUILDER_PASS"] = str(refused)
    if refusals:
        raise SettingsRejected(refusals)


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Give a sentence for each `TRELLIS_…` that nothing reads, with the one that was meant."""
    fields = {field for kind in KINDS.values() for field in kind.model_fields}
    known = {PREFIX + field.upper() for field in fields | _OF_THE_COMMAND_LINE}
    sentences = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            meant = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {meant[0]}?" if meant else ""
            sentences.append(f"{name} is not a setting of Trellis.{hint}")
    return sentences


def told(service: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the `TRELLIS_…` variables that a service uses, of those that `up` was given."""
    own = KINDS[service].model_fields.keys() - ChassisSettings.model_fields.keys()
    used = _EVERY_SERVICE | _SHARED[service] | own
    names = {PREFIX + field.upper() for field in used}
    return {name: value for name, value in environ.items() if name in names and value}


def environment_of(service: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Give everything that a service's process sees.

    Raises:
        PassRefused: TRELLIS_BUILDER_PASS asks for what may not pass.
    """
    found = {name: environ[name] for name in _OF_THE_MACHINE if name in environ}
    if service == "builder":
        found |= _of_the_builder(environ)
    if service == "ingest" and environ.get(f"{PREFIX}GITHUB_TOKEN"):
        found |= _beside_the_proxy({name: environ[name] for name in _OF_A_PROXY if name in environ})
    return found | told(service, environ)


def _of_the_builder(environ: Mapping[str, str]) -> dict[str, str]:
    """What may pass to steps, and how AWS is reached; what is on this machine, without a proxy."""
    setting = environ.get(f"{PREFIX}BUILDER_PASS") or "default"
    home = Path(environ.get("HOME") or Path.home())
    found = dict(read_pass(setting, environ, home).environment)
    if "AWS_CA_BUNDLE" in environ:
        found["AWS_CA_BUNDLE"] = environ["AWS_CA_BUNDLE"]
    return _beside_the_proxy(found)


def _beside_the_proxy(found: dict[str, str]) -> dict[str, str]:
    if any(found.get(name) or found.get(name.upper()) for name in _PROXIES):
        for name in _NO_PROXY:
            found[name] = ",".join(part for part in (found.get(name), _LOOPBACK) if part)
    return found

"""What one environment may reach for, known from our own configuration alone."""

from dataclasses import dataclass

from trellis_contracts.names import ApplicationId, EnvironmentId


@dataclass(frozen=True, slots=True)
class Owner:
    """To whom a stack belongs; written on it as tags, and read back before it is touched."""

    application_id: ApplicationId
    environment_id: EnvironmentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What an assembly of this environment may name. None of it comes from the assembly.

    `stack_names` are those of the settings and of the release that runs; `roles` the ARNs of the
    roles that we would assume for it (none while environments have keys of their own).
    """

    owner: Owner
    account: str
    region: str
    stage: str
    bucket: str
    stack_names: frozenset[str]
    roles: frozenset[str] = frozenset()

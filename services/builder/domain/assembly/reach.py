"""What one environment may reach for, known from our own configuration alone."""

from dataclasses import dataclass

from trellis_contracts.names import ApplicationId, EnvironmentId


@dataclass(frozen=True, slots=True)
class Owner:
    """To whom a stack belongs; written on it as tags, and read back before it is touched.

    `recorded` are the ids of stacks in the release that runs: they stay its own also when the
    framework's own CLI has taken the tags off. `adopts` are names of stacks that a person has
    handed to it; they must be nobody's in Trellis. `called` is its name, for people.
    """

    application_id: ApplicationId
    environment_id: EnvironmentId
    recorded: frozenset[str] = frozenset()
    adopts: frozenset[str] = frozenset()
    called: str = ""


NOBODYS = frozenset({"CDKToolkit", "SSTBootstrap", "trellis-bootstrap"})
"""Stacks that a whole account shares: no application may have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What an assembly of this environment may name. None of it comes from the assembly.

    `stack_names` are those of the settings and of the release that runs; None where the framework
    names its stacks, so that their tags in the account decide alone. `roles` are the ARNs of the
    roles that we would assume for it (none while environments have keys of their own).
    """

    owner: Owner
    account: str
    region: str
    stage: str
    bucket: str
    stack_names: frozenset[str] | None
    roles: frozenset[str] = frozenset()

    def holds(self, stack: str) -> bool:
        """Whether a stack of this name can be this environment's."""
        if stack in NOBODYS:
            return False
        return self.stack_names is None or stack in self.stack_names

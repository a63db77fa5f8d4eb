"""An assembly that passed the check: the only kind that a deployer takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.builder.domain.assembly.reach import Reach


@dataclass(frozen=True, slots=True)
class CheckedAsset:
    """A file to be uploaded, and its key in our bucket: the digest of its bytes."""

    path: str
    key: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedStack:
    """A stack of this environment, with its template as text and every parameter.

    `secrets` gives the name of the secret that fills a NoEcho parameter; `after` the names of the
    stacks that must be there before; `tags` are the application's own. `protected` says whether
    AWS is to refuse its deletion, None that the framework says nothing.
    """

    name: str
    template: str
    parameters: Mapping[str, str]
    secrets: Mapping[str, str]
    assets: tuple[CheckedAsset, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    protected: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAssembly:
    """Nothing in it leads out of its folder or out of its environment's reach.

    `stacks` are in the order in which they are deployed.
    """

    framework: str
    framework_version: str
    reach: Reach
    stacks: tuple[CheckedStack, ...]

    @property
    def secret_names(self) -> frozenset[str]:
        """The secrets that its parameters are filled from."""
        return frozenset(name for stack in self.stacks for name in stack.secrets.values())

    @property
    def names(self) -> tuple[str, ...]:
        """The stacks' names, in order."""
        return tuple(stack.name for stack in self.stacks)

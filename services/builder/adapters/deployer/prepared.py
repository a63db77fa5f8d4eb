"""An assembly that is ready to be deployed: checked, with its folder and its secrets at hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from services.builder.adapters.deployer.errors import SecretMissing
from services.builder.adapters.deployer.reading import read_assembly
from services.builder.domain.assembly.check import check_assembly
from services.builder.domain.assembly.checked import CheckedAssembly, CheckedStack
from services.builder.domain.assembly.reach import Reach

_SHORTEST_TO_HIDE = 3


@dataclass(frozen=True)
class Prepared:
    """What `Deployer.deploy` takes. Secrets are put in at the last moment, here."""

    assembly: CheckedAssembly
    folder: Path
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)

    def check_secrets(self) -> None:
        """See that every secret is there.

        Raises:
            SecretMissing: naming the parameters that stay without a value.
        """
        missing = [
            parameter
            for stack in self.assembly.stacks
            for parameter, secret in stack.secrets.items()
            if secret not in self.secrets
        ]
        if missing:
            raise SecretMissing(missing)

    def parameters(self, stack: CheckedStack) -> dict[str, str]:
        """Give every parameter of a stack its value; call `check_secrets` before."""
        filled = {
            parameter: self.secrets[secret].get_secret_value()
            for parameter, secret in stack.secrets.items()
        }
        return {**stack.parameters, **filled}

    def hide(self, text: str) -> str:
        """Take the secrets' values out of what AWS says."""
        for secret in self.secrets.values():
            value = secret.get_secret_value()
            if len(value) >= _SHORTEST_TO_HIDE:
                text = text.replace(value, "***")
        return text


def prepare_assembly(
    folder: Path, reach: Reach, secrets: Mapping[str, SecretStr] | None = None
) -> Prepared:
    """Read and check what lies in a folder.

    Raises:
        Refusal: it reaches for what is not its environment's.
    """
    return Prepared(check_assembly(read_assembly(folder), reach), folder, secrets or {})

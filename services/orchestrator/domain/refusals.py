"""How `decide` says no: each refusal has a code, a rule that never changes, and a sentence.

Illegal
├── IllegalApplication, IllegalEnvironment     there is none of that id
├── IllegalRecreation, IllegalName             an application that cannot be made
├── IllegalAutomatic, IllegalUnbound           settings that contradict a rule
├── IllegalBranchName                          no branch can be called that
├── IllegalVariable, IllegalSecret             one name, two meanings
├── IllegalRemoval, IllegalSize, IllegalVersion
└── …    of deployments: `deployment_refusals`; of changes and ends: `lifecycle_refusals`
"""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from trellis_contracts.asking import RefusalCode, Refused


class Illegal(Exception):
    """A command or a fact that may not be; its text says why and what to do instead."""

    code: ClassVar[RefusalCode] = RefusalCode.CONFLICT
    rule: ClassVar[str]

    def refused(self, asked: UUID) -> Refused:
        """Give the answer to the message of this id."""
        return Refused(id=asked, code=self.code, rule=self.rule, sentence=str(self))


class IllegalApplication(Illegal):
    """There is no such application."""

    code = RefusalCode.UNKNOWN
    rule = "application-unknown"

    def __init__(self, application_id: UUID) -> None:
        super().__init__(
            f"There is no application {application_id}: `trellis apps list` shows what there is."
        )


class IllegalEnvironment(Illegal):
    """There is no such environment."""

    code = RefusalCode.UNKNOWN
    rule = "environment-unknown"

    def __init__(self, environment_id: UUID) -> None:
        super().__init__(
            f"There is no environment {environment_id} here: "
            "`trellis status` shows each application's environments."
        )


class IllegalRecreation(Illegal):
    """The id already belongs to an application, or to an environment."""

    rule = "application-exists"

    def __init__(self, name: str, what: str = "application") -> None:
        super().__init__(f"This id belongs to the {what} {name}: create with a new id.")


class IllegalName(Illegal):
    """Another application, or another environment of this one, has the name."""

    rule = "name-taken"

    def __init__(self, name: str, what: str = "application") -> None:
        super().__init__(f"There is already an {what} called {name}: choose another name.")


class IllegalAutomatic(Illegal):
    """A push must never deploy to production."""

    code = RefusalCode.INVALID
    rule = "production-is-never-automatic"

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"{environment} is a production environment, which no push may deploy to: "
            "bind the branch to another environment and promote from there."
        )


class IllegalUnbound(Illegal):
    """Automatic says nothing without a branch."""

    code = RefusalCode.INVALID
    rule = "automatic-needs-a-branch"

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"{environment} cannot deploy automatically without a branch: set its branch as well."
        )


class IllegalBranchName(Illegal):
    """No branch can have such a name."""

    code = RefusalCode.INVALID
    rule = "no-such-branch-name"

    def __init__(self, branch: str) -> None:
        super().__init__(f"{branch!r} is not the name of a branch, nor a glob of such names.")


class IllegalVariable(Illegal):
    """The name is a secret's."""

    rule = "name-is-a-secret"

    def __init__(self, name: str, environment: str) -> None:
        super().__init__(
            f"{name} is a secret of {environment}: remove the secret first, or use another name."
        )


class IllegalSecret(Illegal):
    """The name is a variable's."""

    rule = "name-is-a-variable"

    def __init__(self, name: str, environment: str) -> None:
        super().__init__(
            f"{name} is a variable of {environment}, which everybody can read: "
            "remove the variable first, or use another name."
        )


class IllegalRemoval(Illegal):
    """There is nothing of that name to remove."""

    code = RefusalCode.UNKNOWN
    rule = "not-set"

    def __init__(self, name: str, environment: str, present: Sequence[str]) -> None:
        there = ", ".join(sorted(present)) or "nothing"
        super().__init__(f"{environment} has no {name} to remove: set there is {there}.")


class IllegalSize(Illegal):
    """The variables of one environment would no longer fit into a message."""

    code = RefusalCode.INVALID
    rule = "variables-too-large"

    def __init__(self, environment: str, size: int, most: int) -> None:
        super().__init__(
            f"The variables of {environment} would take {size} bytes, {most} are the most: "
            "keep what is large in a file or a parameter store."
        )


class IllegalVersion(Illegal):
    """A newer version of a stored value is known already."""

    rule = "older-version"

    def __init__(self, what: str, version: int, newest: int) -> None:
        super().__init__(
            f"Version {newest} of {what} is in use, {version} is older: store the value again."
        )

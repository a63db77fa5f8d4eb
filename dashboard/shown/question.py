"""A question of the dialog, and the command that it stands for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trellis_contracts.views import ApplicationView, DeploymentView, EnvironmentView


@dataclass(frozen=True)
class Choice:
    """Something to choose."""

    value: str = ""
    label: str = ""


@dataclass(frozen=True)
class Fact:
    """Something to know before one agrees."""

    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class Question:
    """What the dialog says, and what it wants to be told."""

    title: str = ""
    sentence: str = ""
    button: str = ""
    danger: bool = False
    warning: str = ""
    facts: tuple[Fact, ...] = ()
    choices: tuple[Choice, ...] = ()
    needs_name: str = ""
    name_label: str = "Name of the environment"
    wants_commit: bool = False
    wants_reason: bool = False
    placeholder: str = ""


@dataclass(frozen=True)
class Request:
    """A question with the command that it stands for, as far as that is known.

    `path` is below that of the environment, or of the application, that is asked about. One that
    `tries` is tried with the body `tried` when the dialog opens, to say at once what would be
    refused. One that `foresees` can be previewed with that body. `leads_to` is where to go when it
    is done.
    """

    question: Question
    path: str
    body: Mapping[str, object] | None = None
    method: str = "POST"
    tries: bool = False
    tried: Mapping[str, object] | None = None
    foresees: bool = False
    leads_to: str = ""


@dataclass(frozen=True)
class Scene:
    """What is known of an environment when something is asked of it."""

    application: ApplicationView
    at: EnvironmentView
    history: Sequence[DeploymentView]

"""Gives every parameter of a template its value, or says which have none."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from services.builder.adapters.frameworks.synthesiser.loading import Template, Value
from services.builder.adapters.frameworks.synthesiser.problems import (
    NotPossible,
    ParametersMissing,
)

STAGE = "Stage"
_TRUE = (True, "true", "True")


@dataclass
class Filled:
    """Values by parameter, and for parameters that a secret fills, the secret's name."""

    values: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


def fill(
    template: Template, *, stage: str, variables: Mapping[str, str], secrets: Collection[str]
) -> Filled:
    """Fill every parameter, defaults included, so that a deploy never depends on the one before.

    A secret of its name fills a NoEcho parameter, a variable of its name any; `Stage` gets the
    stage unless a variable says otherwise; then comes the default.

    Raises:
        ParametersMissing: some have no value.
        NotPossible: a secret would fill a parameter that everybody can read.
    """
    filled = Filled()
    missing: list[str] = []
    for name, parameter in _declared(template).items():
        default = parameter.get("Default")
        if name in secrets and _is_hidden(parameter):
            filled.secrets[name] = name
        elif name in variables:
            filled.values[name] = variables[name]
        elif name == STAGE:
            filled.values[name] = stage
        elif default is not None:
            filled.values[name] = as_text(default)
        elif name in secrets:
            raise NotPossible(
                f"The secret {name} may fill the parameter {name} only if everybody cannot read "
                "it: give it `NoEcho: true`, or set a variable instead."
            )
        else:
            missing.append(name)
    if missing:
        hidden = tuple(name for name in missing if _is_hidden(_declared(template)[name]))
        raise ParametersMissing(tuple(name for name in missing if name not in hidden), hidden)
    return filled


def as_text(value: Value) -> str:
    """Give a value as CloudFormation writes it in a parameter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(as_text(one) for one in value)
    return str(value)


def _declared(template: Template) -> dict[str, dict[str, Value]]:
    declared = template.get("Parameters") or {}
    if not isinstance(declared, dict) or not all(isinstance(p, dict) for p in declared.values()):
        raise NotPossible("The template's Parameters must be a mapping of names to declarations.")
    return declared


def _is_hidden(parameter: Mapping[str, Value]) -> bool:
    return parameter.get("NoEcho") in _TRUE

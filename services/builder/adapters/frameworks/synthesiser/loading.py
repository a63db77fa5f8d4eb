"""Reads a template, YAML with CloudFormation's short tags or JSON, into plain values."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from services.builder.adapters.frameworks.synthesiser.problems import NotPossible

Value = Any
Template = dict[str, Any]

LARGEST = 4 << 20
MOST_VALUES = 200_000
DEEPEST = 100

_MAPPING, _SEQUENCE = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"
_PLAIN = {"Ref", "Condition"}

_NUMBER = re.compile(r"^[-+]?(0|[1-9][0-9]*)$")
_FRACTION = re.compile(r"^[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?$")
_TRUTH = re.compile(
    r"^(yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$"
)
_NOTHING = re.compile(r"^(~|null|Null|NULL|)$")


class _Loader(yaml.SafeLoader):
    """YAML 1.1 as CloudFormation takes it: no dates, no octal or base-60 numbers."""

    yaml_implicit_resolvers: dict[str, Any] = {}


def load_template(file: Path) -> Template:
    """Read a template and give it in its long form.

    Raises:
        NotPossible: it is too large, no YAML or JSON, or no template.
    """
    if file.stat().st_size > LARGEST:
        raise NotPossible(f"{file.name} is larger than {LARGEST >> 20} MiB: split it.")
    try:
        text = file.read_text(encoding="utf-8")
        loaded = json.loads(text) if file.suffix == ".json" else yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as wrong:
        raise NotPossible(_at(file, wrong)) from None
    except (ValueError, yaml.YAMLError, RecursionError) as wrong:
        raise NotPossible(
            f"{file.name} cannot be read: {str(wrong) or 'it is too deep'}."
        ) from None
    if not isinstance(loaded, dict) or not isinstance(loaded.get("Resources"), dict):
        raise NotPossible(f"{file.name} has no Resources: it is not a CloudFormation template.")
    _refuse_what_is_endless(loaded, file)
    return loaded


def _at(file: Path, wrong: yaml.MarkedYAMLError) -> str:
    mark = wrong.problem_mark
    where = f"{file.name} line {mark.line + 1}" if mark else file.name
    return f"{where} cannot be read: {wrong.problem or wrong.context}."


def _refuse_what_is_endless(loaded: Template, file: Path) -> None:
    """Aliases make a small file large, or endless, when it is written in full."""
    waiting: list[tuple[Value, int]] = [(loaded, 0)]
    count = 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if count > MOST_VALUES or depth > DEEPEST:
            raise NotPossible(
                f"{file.name} is too large once its aliases are written out: "
                f"more than {MOST_VALUES:,} values, or deeper than {DEEPEST}."
            )
        inner = value.values() if isinstance(value, dict) else value
        if isinstance(value, dict | list):
            waiting.extend((one, depth + 1) for one in inner)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Value]:
    loader.flatten_mapping(node)
    mapping: dict[str, Value] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        name = key if isinstance(key, str) else str(key_node.value)
        if name in mapping:
            problem = f"{name} is there twice"
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        mapping[name] = loader.construct_object(value_node, deep=True)
    return mapping


def _short_form(
    loader: _Loader, name: str, node: yaml.MappingNode | yaml.SequenceNode | yaml.ScalarNode
) -> Value:
    """`!Sub x` is `{"Fn::Sub": x}`; Ref and Condition have no prefix."""
    if isinstance(node, yaml.MappingNode):
        inner: Value = _mapping(loader, node)
    elif isinstance(node, yaml.SequenceNode):
        inner = loader.construct_sequence(node, deep=True)
    else:
        inner = loader.construct_scalar(node)
    if name == "GetAtt" and isinstance(inner, str):
        inner = inner.split(".", 1)
    return {name if name in _PLAIN else f"Fn::{name}": inner}


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node))


def _resolve(tag: str, pattern: re.Pattern[str], first: str) -> None:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", pattern, list(first))


_resolve("bool", _TRUTH, "yYnNtTfFoO")
_resolve("int", _NUMBER, "-+0123456789")
_resolve("float", _FRACTION, "-+0123456789")
_resolve("null", _NOTHING, "~nN")
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", _NOTHING, [""])
_resolve("merge", re.compile(r"^<<$"), "<")
_Loader.add_constructor(_MAPPING, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_multi_constructor("!", _short_form)

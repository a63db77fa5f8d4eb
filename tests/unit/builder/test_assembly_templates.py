"""Templates are read as CloudFormation reads them, and parameters get their values."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from services.builder.adapters.frameworks.synthesiser.loading import load_template
from services.builder.adapters.frameworks.synthesiser.parameters import fill
from services.builder.adapters.frameworks.synthesiser.problems import (
    NotPossible,
    ParametersMissing,
)


def loaded(folder: Path, text: str, name: str = "template.yaml") -> dict[str, Any]:
    file = folder / name
    file.write_text(text)
    return load_template(file)


def value(folder: Path, yaml: str) -> object:
    """What a value of a template is read as."""
    return loaded(folder, f"Resources: {{}}\nValue: {yaml}\n")["Value"]


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref Table", {"Ref": "Table"}),
        ("!Condition Prod", {"Condition": "Prod"}),
        ("!GetAtt Table.Arn", {"Fn::GetAtt": ["Table", "Arn"]}),
        ("!GetAtt Nested.Outputs.Url", {"Fn::GetAtt": ["Nested", "Outputs.Url"]}),
        ("!GetAtt [Table, Arn]", {"Fn::GetAtt": ["Table", "Arn"]}),
        ('!Sub "${A}-b"', {"Fn::Sub": "${A}-b"}),
        ('!Sub ["${A}", {A: !Ref B}]', {"Fn::Sub": ["${A}", {"A": {"Ref": "B"}}]}),
        ("!Join [',', [a, !Ref B]]", {"Fn::Join": [",", ["a", {"Ref": "B"}]]}),
        ("!If [Prod, 1, 2]", {"Fn::If": ["Prod", 1, 2]}),
        ("!GetAZs ''", {"Fn::GetAZs": ""}),
        ("!ImportValue x", {"Fn::ImportValue": "x"}),
        ("!Transform {Name: M, Parameters: {A: 1}}",
         {"Fn::Transform": {"Name": "M", "Parameters": {"A": 1}}}),
    ],
)  # fmt: skip
def test_a_short_tag_is_its_long_form(tmp_path: Path, short: str, long: object) -> None:
    assert value(tmp_path, short) == long


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("2012-10-17", "2012-10-17"),
        ("012345678901", "012345678901"),
        ("123456789012", 123456789012),
        ("22:22", "22:22"),
        ("0x1F", "0x1F"),
        ("yes", True),
        ("off", False),
        ("True", True),
        ("1.5", 1.5),
        ("-3", -3),
        ("null", None),
        ("", None),
        ("Off-peak", "Off-peak"),
        ("'yes'", "yes"),
        ("=", "="),
    ],
)
def test_a_scalar_is_what_cloudformation_takes_it_for(
    tmp_path: Path, yaml: str, expected: object
) -> None:
    assert value(tmp_path, yaml) == expected


def test_json_is_read_too(tmp_path: Path) -> None:
    text = '{"Resources": {"A": {"Type": "T"}}}'
    assert loaded(tmp_path, text, "template.json") == {"Resources": {"A": {"Type": "T"}}}


def test_merges_and_aliases_are_written_out(tmp_path: Path) -> None:
    text = "X: &x {A: 1}\nResources: {R: {<<: *x, B: 2}}\nY: *x\n"
    read = loaded(tmp_path, text)
    assert read["Resources"]["R"] == {"A": 1, "B": 2}
    assert read["Y"] == {"A": 1}


LAUGHS = "\n".join(
    (
        "a: &a [x, x, x, x, x, x, x, x, x]",
        *(
            f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
            for before, name in itertools.pairwise("abcdefg")
        ),
        "Resources: {R: *g}",
    )
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Resources: {A: 1, A: 2}", "A is there twice"),
        ("Resources: [", "line"),
        ("- a", "no Resources"),
        ("Resources: []", "no Resources"),
        ("Resources: {A: !!python/object/apply:os.system [id]}", "could not determine"),
        ("Resources: &r {A: *r}", "recursive"),
        ("Resources: {A: " + "[" * 3000 + "]" * 3000 + "}", "cannot be read"),
        (LAUGHS, "aliases"),
    ],
)  # fmt: skip
def test_what_is_no_template_is_said_so_and_ends_soon(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(NotPossible, match=said):
        loaded(tmp_path, text)


def test_a_line_is_named_where_a_template_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match=r"template\.yaml line 4"):
        loaded(tmp_path, "Resources:\n  A:\n    Type: [\n")


TEMPLATE = {
    "Resources": {},
    "Parameters": {
        "Stage": {"Type": "String", "Default": "none"},
        "Greeting": {"Type": "String", "Default": "Hello"},
        "Size": {"Type": "Number", "Default": 10},
        "Debug": {"Type": "String", "Default": True},
        "Zones": {"Type": "CommaDelimitedList", "Default": ["a", "b"]},
        "Password": {"Type": "String", "NoEcho": True, "Default": "changeme"},
    },
}


def test_every_parameter_is_given_defaults_too() -> None:
    filled = fill(TEMPLATE, stage="dev", variables={"Greeting": "Hi", "OTHER": "x"}, secrets=())

    assert filled.values == {
        "Stage": "dev",
        "Greeting": "Hi",
        "Size": "10",
        "Debug": "true",
        "Zones": "a,b",
        "Password": "changeme",
    }


def test_a_secret_is_named_and_never_there() -> None:
    filled = fill(TEMPLATE, stage="dev", variables={}, secrets={"Password"})

    assert filled.secrets == {"Password": "Password"}
    assert "Password" not in filled.values


def test_a_variable_says_what_the_stage_is_if_it_wants_to() -> None:
    assert (
        fill(TEMPLATE, stage="dev", variables={"Stage": "blue"}, secrets=()).values["Stage"]
        == "blue"
    )


def test_what_has_no_value_is_named_secrets_apart() -> None:
    template = {
        "Resources": {},
        "Parameters": {"A": {"Type": "String"}, "B": {"Type": "String", "NoEcho": "true"}},
    }

    with pytest.raises(ParametersMissing) as missing:
        fill(template, stage="dev", variables={}, secrets=())

    assert (missing.value.parameters, missing.value.no_echo) == (("A",), ("B",))


def test_a_secret_does_not_fill_what_everybody_can_read() -> None:
    template = {"Resources": {}, "Parameters": {"Token": {"Type": "String"}}}

    with pytest.raises(NotPossible, match="NoEcho"):
        fill(template, stage="dev", variables={}, secrets={"Token"})

"""The application in a checkout is found by its files, wherever it lies, or asked for."""

import json
from pathlib import Path

import pytest

from services.builder.adapters.frameworks.known import find_application
from services.builder.adapters.frameworks.port import FrameworkUnknown, SeveralApplications
from tests.support.git import folder_of_files

TEMPLATE = json.dumps({"Resources": {"F": {"Type": "AWS::SNS::Topic"}}})
CDK = json.dumps({"app": "npx tsx bin/app.ts"})
SST = "export default {}"


@pytest.mark.parametrize(
    ("files", "framework", "folder"),
    [
        ({"template.json": TEMPLATE}, "CloudFormation or SAM", ""),
        ({"cdk.json": CDK}, "AWS CDK", ""),
        ({"sst.config.ts": SST}, "SST", ""),
        ({"sst.config.mjs": SST, "cdk.json": CDK, "template.json": TEMPLATE}, "SST", ""),
        ({"cdk.json": CDK, "template.json": TEMPLATE}, "AWS CDK", ""),
        ({"readme.md": "", "infra/cdk.json": CDK}, "AWS CDK", "infra"),
        ({"a/b/c/d/cdk.json": CDK}, "AWS CDK", "a/b/c/d"),
        ({"cdk.json": CDK, "other/cdk.json": CDK}, "AWS CDK", ""),
        ({"src/cdk.json": CDK, "src/inner/template.json": TEMPLATE}, "AWS CDK", "src"),
        ({"src/cdk.json": CDK, "node_modules/x/cdk.json": CDK}, "AWS CDK", "src"),
        ({"src/cdk.json": CDK, ".git/cdk.json": CDK, "test/cdk.json": CDK}, "AWS CDK", "src"),
        ({"cdk.json": json.dumps({"context": {}}), "src/cdk.json": CDK}, "AWS CDK", "src"),
    ],
)
def test_an_application_is_found(
    tmp_path: Path, *, files: dict[str, str], framework: str, folder: str
) -> None:
    folder_of_files(tmp_path, files)

    found = find_application(tmp_path)

    assert (found.name, found.folder) == (framework, folder)


def test_several_applications_are_all_named(tmp_path: Path) -> None:
    folder_of_files(tmp_path, {"shop/cdk.json": CDK, "blog/sst.config.ts": SST})

    with pytest.raises(SeveralApplications) as several:
        find_application(tmp_path)

    assert several.value.folders == ("blog", "shop")


@pytest.mark.parametrize(
    "files", [{"a/b/c/d/e/cdk.json": CDK}, {"cdk.json": "{"}, {"cdk.json": "[]"}, {"x": ""}]
)
def test_what_is_too_deep_or_no_application_is_not_found(
    tmp_path: Path, files: dict[str, str]
) -> None:
    folder_of_files(tmp_path, files)

    with pytest.raises(FrameworkUnknown):
        find_application(tmp_path)


def test_a_cdk_json_without_an_app_is_told_what_it_lacks(tmp_path: Path) -> None:
    folder_of_files(tmp_path, {"cdk.json": json.dumps({"context": {}})})

    with pytest.raises(FrameworkUnknown, match=r"cdk\.json with an `app`"):
        find_application(tmp_path)


def test_a_folder_that_was_named_is_the_only_one_looked_into(tmp_path: Path) -> None:
    folder_of_files(tmp_path, {"shop/readme.md": "", "shop/deep/cdk.json": CDK})

    with pytest.raises(FrameworkUnknown):
        find_application(tmp_path, "shop")


def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = folder_of_files(tmp_path / "outside", {"cdk.json": CDK})
    source = folder_of_files(tmp_path / "source", {"readme.md": ""})
    (source / "linked").symlink_to(outside)

    with pytest.raises(FrameworkUnknown):
        find_application(source)

"""A run whose dependencies are in the store does what the first one did, but install."""

import json
from pathlib import Path

import pytest

from services.builder.adapters.isolation.preparation import prepare
from tests.support.building import Site
from tests.support.git import folder_of_files
from trellis_contracts.runs import RunSucceeded

TEMPLATE = "Resources: {Queue: {Type: AWS::SQS::Queue}}"
ONLY_PNPM = 'case "$npm_config_user_agent" in pnpm*) echo by pnpm;; *) exit 9;; esac'
"""What `npx only-allow pnpm` looks at."""
SHA = "41Cifkg6e8TylSpdtTpeLVMqvSBEVzTttHvERD741+pnZ8ANv0004MRL43QKPDlK9cGvNp6NZWZUBlbGXYxxng=="
LOCK = f"""
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      is-number: {{specifier: 7.0.0, version: 7.0.0}}
packages:
  is-number@7.0.0:
    resolution: {{integrity: sha512-{SHA}}}
snapshots:
  is-number@7.0.0: {{}}
"""


@pytest.mark.timeout(180)
async def test_own_scripts_are_run_by_the_manager_of_the_lock_file(
    site: Site, tmp_path: Path
) -> None:
    if not prepare(hidden=[]).bubblewrap.layers:
        pytest.skip("no bubblewrap here can layer folders")
    package = {
        "name": "x",
        "dependencies": {"is-number": "7.0.0"},
        "scripts": {"preinstall": ONLY_PNPM},
    }
    files = {
        "package.json": json.dumps(package),
        "pnpm-lock.yaml": LOCK,
        "template.yaml": TEMPLATE,
        "examples/of-nobody/package.json": '{"scripts": {"postinstall": "exit 8"}}',
    }
    site.forge.create_repository("shop", folder_of_files(tmp_path / "shop", files))

    for _ in range(2):
        run = await site.deploy(site.target("shop"))
        ended = await site.books.outcome(run.run_id, within=120)
        assert isinstance(ended, RunSucceeded), (ended, site.books.lines())

    said = site.books.lines()
    assert any("nothing to install" in line for line in said)
    assert said.count("by pnpm") == 2


@pytest.mark.timeout(180)
async def test_a_folder_that_yarn_copies_is_that_of_each_commit(site: Site, tmp_path: Path) -> None:
    package = {
        "name": "x",
        "dependencies": {"shared": "file:./shared"},
        "scripts": {"postinstall": "node -e \"console.log('shared is', require('shared'))\""},
    }
    files = {
        "package.json": json.dumps(package),
        "yarn.lock": '# yarn lockfile v1\n\n\n"shared@file:./shared":\n  version "1.0.0"\n',
        "template.yaml": TEMPLATE,
        "shared/package.json": '{"name": "shared", "version": "1.0.0"}',
    }
    site.forge.create_repository("shop", folder_of_files(tmp_path / "shop", files))

    for written in ("first", "second"):
        shared = {"shared/index.js": f"module.exports = '{written}'"}
        site.forge.commit("shop", shared, f"The {written} one")
        site.books.chunks.clear()  # each run counts its lines from one
        run = await site.deploy(site.target("shop"))
        ended = await site.books.outcome(run.run_id, within=120)

        said = site.books.lines()
        assert isinstance(ended, RunSucceeded), (ended, said)
        assert f"shared is {written}" in said
        assert any("file:./shared of the repository is copied" in line for line in said)

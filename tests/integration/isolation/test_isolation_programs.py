"""Node and npm are found wherever they live, and what lies around them is not shown."""

from pathlib import Path

import pytest

from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.isolation.programs import Programs, find_node
from tests.support.sandboxes import boxed

NODE = '#!/bin/sh\nif [ "$1" = -p ]; then echo "$0"; else echo "node of $0"; fi\n'
NPM = "#!/bin/sh\necho npm\n"


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def version_manager(tmp_path: Path) -> Path:
    """A home with a version manager's node, and a secret beside it."""
    home = tmp_path / "home"
    program(home / ".nvm" / "v22" / "bin" / "node", NODE)
    program(home / ".nvm" / "v22" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", NPM)
    (home / ".nvm" / "v22" / "secret").write_text("secret")
    return home / ".nvm" / "v22"


async def test_the_node_of_a_version_manager_comes_first(
    bubblewrap: Path, version_manager: Path, tmp_path: Path
) -> None:
    environ = {"PATH": f"{version_manager / 'bin'}:/usr/bin:/bin"}
    profile = prepare(hidden=[], environ=environ, bubblewraps=[bubblewrap])
    box = boxed(profile, tmp_path / "run")
    assert await box.ask("node; npm") == "node of /opt/node/bin/node\nnpm"
    assert not (await box.sh(f"ls {version_manager} || ls /opt/node/secret")).succeeded


def test_behind_the_shim_of_a_version_manager_its_node_is_found(
    version_manager: Path, tmp_path: Path
) -> None:
    node = version_manager / "bin" / "node"
    shim = program(tmp_path / "shims" / "node", f'#!/bin/sh\nexec {node} "$@"\n')
    found = find_node({"PATH": f"{shim.parent}:/usr/bin:/bin"})
    assert found.mounts[0].source == node


def test_a_machine_without_node_shows_none(tmp_path: Path) -> None:
    assert find_node({"PATH": str(tmp_path)}) == Programs()

"""The pages are the same bytes wherever and whenever they are built."""

from pathlib import Path

import pytest

from dashboard import building, export

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.mark.skipif(not export.is_fresh(), reason="the pages are not built: make dashboard")
def test_an_empty_home_and_another_folder_make_the_same_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    building.build(tmp_path / "room", tmp_path / "web")

    assert files(tmp_path / "web") == files(export.WEB)
    assert not (tmp_path / "home" / ".local").exists()

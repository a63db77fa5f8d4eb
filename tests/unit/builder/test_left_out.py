"""What the repository names and a checkout does not hold is said, not passed over in silence."""

from pathlib import Path

import pytest

from services.builder.adapters.git.left_out import left_out
from tests.support.git import folder_of_files

MODULES = '[submodule "libs/ui"]\n\tpath = libs/ui\n\turl = https://git.example/ui.git\n'
ATTRIBUTES = "# media\n*.ts text\n*.psd filter=lfs diff=lfs merge=lfs -text\n/site/** filter=lfs\n"


def test_submodules_and_what_lfs_keeps_are_named(tmp_path: Path) -> None:
    files = {".gitmodules": MODULES, ".gitattributes": ATTRIBUTES}

    submodules, lfs = left_out(folder_of_files(tmp_path / "source", files))

    assert submodules.startswith("Submodules are not checked out (libs/ui):")
    assert lfs.startswith("Files that Git LFS keeps are not fetched (*.psd, /site/**):")


def test_many_of_them_are_not_all_named(tmp_path: Path) -> None:
    files = {".gitmodules": "".join(f"path = libs/{number}\n" for number in range(9))}

    (said,) = left_out(folder_of_files(tmp_path / "source", files))

    assert "libs/4, …)" in said
    assert "libs/5" not in said


@pytest.mark.parametrize(
    "files", [{}, {".gitattributes": "* text=auto\n# *.psd filter=lfs\n"}, {".gitmodules": "\n"}]
)
def test_where_all_is_there_nothing_is_said(tmp_path: Path, files: dict[str, str]) -> None:
    assert list(left_out(folder_of_files(tmp_path / "source", files | {"readme.md": ""}))) == []

"""Local code becomes the same bytes every time, and nothing outside the repository gets in."""

import os
import zipfile
from pathlib import Path

import pytest

from services.builder.adapters.frameworks.synthesiser import packing
from services.builder.adapters.frameworks.synthesiser.packing import Packed, Packer
from services.builder.adapters.frameworks.synthesiser.problems import NotPossible
from tests.support.git import folder_of_files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return folder_of_files(
        tmp_path / "source",
        {
            "function/index.mjs": "export {}",
            "function/lib/a.mjs": "a",
            "function/node_modules/dep/index.js": "dep",
            "function/.git/config": "secret",
            "function/sub/.git": "gitdir: ../..",
        },
    )


def pack(root: Path, named: str = "function", *, zipped: bool = True) -> tuple[Packed, Path]:
    assembly = root.parent / f"assembly-{len(list(root.parent.iterdir()))}"
    assembly.mkdir()
    packer = Packer(assembly, root)
    packed = packer.pack(packer.find(named, root), zipped=zipped)
    return packed, assembly / packed.path


def test_everything_but_git_is_packed_with_fixed_times_and_modes(root: Path) -> None:
    (root / "function/lib/a.mjs").chmod(0o740)

    _, file = pack(root)

    with zipfile.ZipFile(file) as archive:
        found = {i.filename: i for i in archive.infolist()}
    assert list(found) == ["index.mjs", "lib/a.mjs", "node_modules/dep/index.js"]
    assert {i.date_time for i in found.values()} == {(1980, 1, 1, 0, 0, 0)}
    assert found["index.mjs"].external_attr >> 16 == 0o100644
    assert found["lib/a.mjs"].external_attr >> 16 == 0o100755


def test_neither_time_nor_order_nor_place_changes_the_bytes(root: Path, tmp_path: Path) -> None:
    first, file = pack(root)
    other = tmp_path / "elsewhere" / "source"
    for path in sorted((p for p in root.rglob("*") if p.is_file()), reverse=True):
        copy = other / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        copy.chmod(0o604)
        os.utime(copy, (1, 1))

    second, copied = pack(other)

    assert second == first
    assert copied.read_bytes() == file.read_bytes()


def test_a_link_inside_the_repository_is_packed_as_what_it_leads_to(root: Path) -> None:
    folder_of_files(root, {"shared/x.mjs": "x"})
    (root / "function/shared").symlink_to("../shared")
    (root / "function/x.mjs").symlink_to("../shared/x.mjs")
    (root / "function/loop").symlink_to(".")
    (root / "function/nowhere").symlink_to("not-there")

    _, file = pack(root)

    with zipfile.ZipFile(file) as archive:
        assert archive.read("shared/x.mjs") == archive.read("x.mjs") == b"x"
        assert not any("loop" in name or "nowhere" in name for name in archive.namelist())


@pytest.mark.parametrize("to", ["/etc/passwd", "../../outside", "/etc"])
def test_a_link_out_of_the_repository_is_refused(root: Path, tmp_path: Path, to: str) -> None:
    (tmp_path / "outside").write_text("secret")
    (root / "function/out").symlink_to(to)

    with pytest.raises(NotPossible, match="out of the repository"):
        pack(root)


@pytest.mark.parametrize("named", ["../..", "/etc/passwd", "not-there", "a\0b"])
def test_what_a_template_names_must_be_in_the_repository(root: Path, named: str) -> None:
    with pytest.raises(NotPossible):
        pack(root, named)


def test_a_single_file_is_packed_and_a_packed_one_is_kept(root: Path) -> None:
    _, file = pack(root, "function/index.mjs")
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["index.mjs"]
    (root / "ready.zip").write_bytes(file.read_bytes())

    packed, kept = pack(root, "ready.zip")

    assert kept.read_bytes() == file.read_bytes()
    assert packed.key == f"assets/{packed.sha256}.zip"


def test_a_definition_is_copied_and_must_be_a_file(root: Path) -> None:
    folder_of_files(root, {"api.yaml": "openapi: 3"})

    packed, copy = pack(root, "api.yaml", zipped=False)

    assert (copy.read_text(), packed.key[-5:]) == ("openapi: 3", ".yaml")
    with pytest.raises(NotPossible, match="must be a file"):
        pack(root, "function", zipped=False)


def test_too_much_and_nothing_are_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "empty").mkdir()
    with pytest.raises(NotPossible, match="is empty"):
        pack(root, "empty")
    monkeypatch.setattr(packing, "LARGEST_UNPACKED", 5)
    with pytest.raises(NotPossible, match="too large: it may have 0 MiB"):
        pack(root)


def test_a_name_that_no_zip_can_hold_is_refused(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root / "function") + b"/\xff.mjs")).write_text("")

    with pytest.raises(NotPossible, match="rename it"):
        pack(root)

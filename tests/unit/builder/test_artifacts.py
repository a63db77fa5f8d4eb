"""An artifact comes back as it was kept, or not at all."""

import io
import os
import resource
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from services.builder.adapters.artifacts import (
    ArtifactDamaged,
    ArtifactMissing,
    Artifacts,
    ArtifactsRefused,
    open_artifacts,
)
from services.builder.adapters.sealing import Sealed, derived_key
from tests.support.git import folder_of_files

FILES = {"manifest.json": "{}", "nested/template.json": "SECRET-IN-A-TEMPLATE"}


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return opened(tmp_path)


def opened(tmp_path: Path) -> Artifacts:
    return open_artifacts(f"file://{tmp_path}/kept", tmp_path / "keys" / "artifacts.key")


def file_of(tmp_path: Path, artifact: str) -> Path:
    return tmp_path / "kept" / artifact[:2] / f"{artifact}.assembly"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_is_kept_comes_back(tmp_path: Path, artifacts: Artifacts) -> None:
    folder = folder_of_files(tmp_path / "assembly", FILES)

    artifact = artifacts.keep(folder)
    opened(tmp_path).open(artifact, tmp_path / "back")

    assert contents(tmp_path / "back") == contents(folder)


def test_the_same_content_is_the_same_artifact_wherever_and_whenever(
    tmp_path: Path, artifacts: Artifacts
) -> None:
    one, two = (folder_of_files(tmp_path / name, FILES) for name in ("one", "two"))
    os.utime(two / "manifest.json", (1, 1))
    (two / "manifest.json").chmod(0o755)

    assert artifacts.keep(one) == artifacts.keep(two)
    assert len(list((tmp_path / "kept").rglob("*.assembly"))) == 1
    folder_of_files(two, {"manifest.json": "{ }"})
    assert artifacts.keep(one) != artifacts.keep(two)


def test_the_id_says_nothing_to_who_has_not_the_key(tmp_path: Path) -> None:
    folder = folder_of_files(tmp_path / "assembly", FILES)
    ids = {
        open_artifacts(f"file://{tmp_path}/kept-{n}", tmp_path / f"key-{n}").keep(folder)
        for n in range(2)
    }

    assert len(ids) == 2


def test_nothing_of_the_content_lies_in_the_file(tmp_path: Path, artifacts: Artifacts) -> None:
    artifact = artifacts.keep(folder_of_files(tmp_path / "assembly", FILES))

    sealed = file_of(tmp_path, artifact).read_bytes()

    assert b"SECRET" not in sealed
    assert b"manifest" not in sealed


def test_a_flipped_bit_anywhere_is_refused_and_leaves_nothing(
    tmp_path: Path, artifacts: Artifacts
) -> None:
    artifact = artifacts.keep(folder_of_files(tmp_path / "assembly", FILES))
    file = file_of(tmp_path, artifact)
    honest = file.read_bytes()
    for place in (0, 20, 60, len(honest) // 2, len(honest) - 1):
        altered = bytearray(honest)
        altered[place] ^= 1
        file.write_bytes(altered)

        with pytest.raises(ArtifactDamaged, match="backup"):
            artifacts.open(artifact, tmp_path / "back")
        assert not (tmp_path / "back").exists()


def test_an_artifact_that_was_cut_swapped_or_grew_is_refused(
    tmp_path: Path, artifacts: Artifacts
) -> None:
    folder = folder_of_files(tmp_path / "assembly", FILES)
    (folder / "asset.zip").write_bytes(os.urandom(3 << 20))
    artifact, file = artifacts.keep(folder), None
    file = file_of(tmp_path, artifact)
    honest, chunk, head = file.read_bytes(), (1 << 20) + 16, 17 + 32
    first, second = honest[head : head + chunk], honest[head + chunk : head + 2 * chunk]
    for damaged in (
        honest[: head + chunk],
        honest[:-1],
        honest[:head] + second + first + honest[head + 2 * chunk :],
        honest + first,
        honest[:10],
        b"",
    ):
        file.write_bytes(damaged)
        with pytest.raises(ArtifactDamaged):
            artifacts.open(artifact, tmp_path / "back")


def test_another_artifact_in_its_place_is_refused(tmp_path: Path, artifacts: Artifacts) -> None:
    one = artifacts.keep(folder_of_files(tmp_path / "one", FILES))
    two = artifacts.keep(folder_of_files(tmp_path / "two", {"manifest.json": "other"}))
    file_of(tmp_path, one).write_bytes(file_of(tmp_path, two).read_bytes())

    with pytest.raises(ArtifactDamaged, match="digest"):
        artifacts.open(one, tmp_path / "back")


def test_what_is_not_kept_says_so(tmp_path: Path, artifacts: Artifacts) -> None:
    with pytest.raises(ArtifactMissing, match="not kept"):
        artifacts.open("0" * 64, tmp_path / "back")


@pytest.mark.parametrize(
    ("name", "kind", "to"),
    [
        ("../out", tarfile.REGTYPE, ""),
        ("/tmp/out", tarfile.REGTYPE, ""),
        ("link", tarfile.SYMTYPE, "/etc/passwd"),
        ("link", tarfile.LNKTYPE, "manifest.json"),
        ("pipe", tarfile.FIFOTYPE, ""),
        ("device", tarfile.CHRTYPE, ""),
    ],
)
def test_an_entry_that_leads_out_is_refused_even_when_sealed_with_the_key(
    tmp_path: Path, artifacts: Artifacts, *, name: str, kind: bytes, to: str
) -> None:
    artifact = artifacts.keep(folder_of_files(tmp_path / "assembly", FILES))
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, to
        tar.addfile(member)
    key = (tmp_path / "keys" / "artifacts.key").read_bytes()
    with file_of(tmp_path, artifact).open("wb") as file:
        sealed = Sealed(file, derived_key(key, b"trellis artifact contents"))
        sealed.write(made.getvalue())
        sealed.close()

    with pytest.raises(ArtifactDamaged, match="cannot be part"):
        artifacts.open(artifact, tmp_path / "back")


def test_a_link_is_not_kept(tmp_path: Path, artifacts: Artifacts) -> None:
    folder = folder_of_files(tmp_path / "assembly", FILES)
    (folder / "out").symlink_to("/etc/passwd")

    with pytest.raises(ArtifactsRefused):
        artifacts.keep(folder)

    assert not list((tmp_path / "kept").rglob("*.assembly"))
    assert not list((tmp_path / "kept").glob(".keeping*"))


@pytest.mark.usefixtures("artifacts")
def test_the_key_is_private_and_made_once(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "artifacts.key"
    before = key.read_bytes()

    opened(tmp_path)

    assert key.read_bytes() == before
    assert key.stat().st_mode & 0o777 == 0o600
    assert list(key.parent.iterdir()) == [key]


def test_a_lost_key_is_not_replaced_by_a_new_one(tmp_path: Path, artifacts: Artifacts) -> None:
    artifacts.keep(folder_of_files(tmp_path / "assembly", FILES))
    (tmp_path / "keys" / "artifacts.key").unlink()

    with pytest.raises(ArtifactsRefused, match="restore it"):
        opened(tmp_path)


def test_the_wrong_key_opens_nothing(tmp_path: Path, artifacts: Artifacts) -> None:
    artifact = artifacts.keep(folder_of_files(tmp_path / "assembly", FILES))
    (tmp_path / "keys" / "artifacts.key").write_bytes(os.urandom(32))

    with pytest.raises(ArtifactDamaged, match="another key"):
        opened(tmp_path).open(artifact, tmp_path / "back")


@pytest.mark.parametrize("url", ["s3://bucket", "file:relative", "file://host/a", "/a"])
def test_a_place_that_is_not_known_says_what_is(tmp_path: Path, url: str) -> None:
    with pytest.raises(ArtifactsRefused, match="file:///"):
        open_artifacts(url, tmp_path / "key")


def test_the_key_may_not_lie_beside_what_it_seals(tmp_path: Path) -> None:
    with pytest.raises(ArtifactsRefused, match="must not lie among"):
        open_artifacts(f"file://{tmp_path}/kept", tmp_path / "kept" / "key")


def test_a_large_assembly_is_kept_in_little_memory(tmp_path: Path, artifacts: Artifacts) -> None:
    folder = folder_of_files(tmp_path / "assembly", FILES)
    block = os.urandom(1 << 20)
    with (folder / "asset.zip").open("wb") as file:
        for _ in range(64):
            file.write(block)
    tracemalloc.start()
    try:
        artifact = artifacts.keep(folder)
        artifacts.open(artifact, tmp_path / "back")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 12 << 20
    assert (tmp_path / "back" / "asset.zip").stat().st_size == 64 << 20


def test_a_full_disk_is_not_taken_for_damage(tmp_path: Path, artifacts: Artifacts) -> None:
    folder = folder_of_files(tmp_path / "assembly", FILES)
    (folder / "asset.zip").write_bytes(bytes(1 << 20))
    artifact = artifacts.keep(folder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            artifacts.open(artifact, tmp_path / "back")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert not (tmp_path / "back").exists()

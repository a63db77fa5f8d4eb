"""How the command line finds the `up` of this machine, and who may take that away."""

from pathlib import Path

import pytest

from cli.data_folder import DataFolder, FolderOwned
from cli.up import Up, UpSettings
from cli.whereabouts import point_no_more, point_to


async def test_an_up_that_was_refused_does_not_hide_the_one_that_runs(tmp_path: Path) -> None:
    pointer, first = tmp_path / "state" / "last-up", DataFolder(tmp_path / "data")
    first.claim("http://127.0.0.1:8600")
    point_to(pointer, first)
    second = Up(UpSettings(data=first.path, pointer=pointer, environ={}))
    try:
        with pytest.raises(FolderOwned):
            await second.start()
        await second.stop()
        assert pointer.read_text().strip() == str(first.path)
    finally:
        first.release()


def test_the_pointer_of_another_folder_stays(tmp_path: Path) -> None:
    pointer = tmp_path / "last-up"
    mine, newer = DataFolder(tmp_path / "mine"), DataFolder(tmp_path / "newer")
    point_to(pointer, mine)
    point_to(pointer, newer)
    point_no_more(pointer, mine)
    assert pointer.read_text().strip() == str(newer.path)
    point_no_more(pointer, newer)
    assert not pointer.exists()

"""What a URL opens, what it does not, and where a store's file may lie."""

import re
import stat
from pathlib import Path

import pytest

from services.chassis.event_store import open_event_store
from services.chassis.event_store.filesystem import file_system_of, refuse_network_file_system
from services.chassis.event_store.port import NetworkFileSystem, UnsupportedStore

MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
31 22 0:25 / /srv rw,relatime shared:9 - nfs4 files:/srv rw,vers=4.2
40 31 254:1 / /srv/local rw,relatime - xfs /dev/vdb rw
41 22 0:30 / /mnt/my\040share rw,relatime - fuse.sshfs me@there: rw
50 22 0:31 / /over rw,relatime - ext4 /dev/vdc rw
51 50 0:32 / /over rw,relatime - 9p host rw
""".strip()


async def test_the_folder_is_made_and_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "event%20s.db"
    store = open_event_store(f"sqlite:///{tmp_path}/new%20folder/event%2520s.db")
    assert await store.healthy()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await store.close()


@pytest.mark.parametrize("scheme", ["esdb", "esdb+discover", "kurrentdb"])
def test_a_server_is_named_with_its_extra_and_without_its_password(scheme: str) -> None:
    with pytest.raises(UnsupportedStore) as refusal:
        open_event_store(f"{scheme}://admin:changeit@host:2113?tls=false")
    assert "'eventstoredb'" in str(refusal.value)
    assert "later release" in str(refusal.value)
    assert "changeit" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["postgresql://host/events", "nats://host", "events.db", "", "sqlite://host/events.db"]
)
def test_any_other_url_is_told_the_right_form(url: str) -> None:
    with pytest.raises(UnsupportedStore, match=re.escape("sqlite:///absolute/path/events.db")):
        open_event_store(url)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/trellis/events.db", "ext4"),
        ("/srv/trellis/events.db", "nfs4"),
        ("/srv/local/events.db", "xfs"),
        ("/srv/localized/events.db", "nfs4"),
        ("/mnt/my share/events.db", "fuse.sshfs"),
        ("/over/events.db", "9p"),
    ],
)
def test_the_innermost_mount_decides(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind


def test_a_network_file_system_is_refused(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    for folder in ("/srv", "/mnt/my share", "/over"):
        with pytest.raises(NetworkFileSystem, match="local disk"):
            refuse_network_file_system(Path(folder) / "events.db", mounts=mounts)
    refuse_network_file_system(Path("/srv/local/events.db"), mounts=mounts)

"""Links that were laid where the auditor writes."""

from datetime import UTC, datetime
from pathlib import Path

from auditor.sources.snapshot import SnapshotSource, SnapshotWriter


def test_a_link_under_the_partial_name_of_a_snapshot_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = tmp_path / "account.snapshot"
    (tmp_path / "account.snapshot.partial").symlink_to(victim)
    with SnapshotWriter(path, datetime(2026, 1, 1, tzinfo=UTC)):
        pass
    assert victim.read_text() == "precious"
    assert not path.is_symlink()
    assert list(SnapshotSource(path).collect()) == []

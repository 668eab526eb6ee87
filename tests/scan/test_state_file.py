"""The state file: whose it may be, and what a row that cannot be read does."""

import os
import sqlite3
from pathlib import Path

import pytest

from auditor.errors import ConfigError
from auditor.state import StateStore


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new/state.db"
    with StateStore(path) as state:
        state.put("family", [("arn:a", "1", {"x": 1})])
        assert state.get("family", {"arn:a": "1"}) == {"arn:a": {"x": 1}}
    assert (_mode(path), _mode(path.parent)) == (0o600, 0o700)


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch(mode=0o644)
    path.chmod(0o644)
    with StateStore(path):
        assert _mode(path) == 0o600


@pytest.mark.parametrize("there", [True, False])
def test_a_symbolic_link_is_not_followed(tmp_path: Path, *, there: bool) -> None:
    target = tmp_path / "elsewhere"
    if there:
        target.write_text("mine", encoding="utf-8")
        target.chmod(0o644)
    link = tmp_path / "state.db"
    link.symlink_to(target)
    with pytest.raises(ConfigError, match=r"state\.db cannot be written: it is a symbolic link .*--no-state"):
        StateStore(link)
    if there:
        assert (target.read_text(encoding="utf-8"), _mode(target)) == ("mine", 0o644)
    else:
        assert not target.exists()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "state.db")
    with pytest.raises(ConfigError, match="is no file"):
        StateStore(tmp_path / "state.db")


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.db"
    with StateStore(path):
        pass
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(ConfigError, match=r"belongs to another user \(give another place with --state"):
        StateStore(path)


@pytest.mark.parametrize("facts", ["'{broken'", "''", "x'ff'", "CAST(x'ff' AS TEXT)", "7.5e999", repr("[" * 100_000)])
def test_a_row_that_is_no_json_is_read_again(tmp_path: Path, facts: str) -> None:
    path = tmp_path / "state.db"
    versions = {"arn:a": "1", "arn:b": "1"}
    with StateStore(path) as state:
        state.put("family", [(arn, "1", {"x": arn}) for arn in versions])
    database = sqlite3.connect(path)
    database.execute(f"UPDATE facts SET facts = {facts} WHERE arn = 'arn:a'")  # noqa: S608  the parameters above
    database.commit()
    database.close()
    with StateStore(path) as state:
        assert "arn:a" not in state.get("family", versions)
        state.put("family", [("arn:a", "1", {"x": "again"})])
        assert state.get("family", versions) == {"arn:a": {"x": "again"}, "arn:b": {"x": "arn:b"}}

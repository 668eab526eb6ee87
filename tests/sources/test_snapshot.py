"""Snapshots: what goes in comes out, and nothing that was cut short or edited is believed."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import InputError
from auditor.model.codec import encode
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.sagemaker import TrainingJob
from auditor.model.unknown import Reason
from auditor.sources.snapshot import SnapshotSource, SnapshotWriter

AT = datetime(2026, 1, 1, tzinfo=UTC)
ORIGIN = Origin("live", Observation("sagemaker:DescribeTrainingJob", "r", "t"))
GAP = Gap(Scope("111122223333", "eu-west-1", "AWS::IAM::Role"), "iam:ListRoles", Reason.ACCESS_DENIED, "no")


def _job(name: str) -> TrainingJob:
    who = Identity(TrainingJob.cfn_type, name, f"arn:{name}", "aws", "111122223333", "eu-west-1")
    facts = {"TrainingJobName": name, "Environment": {"PASSWORD": "correct-horse"}, "Tags": []}
    return TrainingJob.build(facts, who, ORIGIN)


ITEMS: list[Resource | Gap] = [_job("a"), GAP, _job("ünïcode\n")]


def _shown(items: list[Resource | Gap]) -> list[object]:
    return [item if isinstance(item, Gap) else encode(item) for item in items]


def _lines(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def write_snapshot(path: Path, items: Iterable[Any], meta: Mapping[str, Any] | None = None) -> None:
    with SnapshotWriter(path, AT, meta) as writer:
        for item in items:
            writer.add(item)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "scan.jsonl.gz"
    write_snapshot(path, ITEMS, {"accounts": ["111122223333"]})
    return path


def test_what_goes_in_comes_out(saved: Path) -> None:
    source = SnapshotSource(saved)
    assert _shown(list(source.collect())) == _shown(ITEMS)
    assert source.header["accounts"] == ["111122223333"]
    assert SnapshotSource(saved).read_header()["at"] == AT.isoformat()


def test_the_same_facts_give_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    write_snapshot(tmp_path / "other.gz", ITEMS, {"accounts": ["111122223333"]})
    assert (tmp_path / "other.gz").read_bytes() == saved.read_bytes()


def test_it_is_for_its_owner_alone_and_holds_no_secret(saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    assert b"correct-horse" not in b"".join(_lines(saved))


def test_a_scan_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "scan.gz"

    def broken_off() -> Iterator[Gap]:
        yield GAP
        raise KeyError

    with pytest.raises(KeyError):
        write_snapshot(path, broken_off())
    assert list(tmp_path.iterdir()) == []


def test_an_empty_scan_is_a_snapshot(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "s.gz", [])
    assert list(SnapshotSource(tmp_path / "s.gz").collect()) == []


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.95])
def test_a_file_cut_short_is_refused(saved: Path, keep: float) -> None:
    data = saved.read_bytes()
    saved.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(InputError, match=r"cut short|damaged"):
        list(SnapshotSource(saved).collect())


def _rewrite(path: Path, lines: list[bytes]) -> str:
    path.write_bytes(gzip.compress(b"".join(lines)))
    with pytest.raises(InputError) as caught:
        list(SnapshotSource(path).collect())
    return str(caught.value)


def test_an_edited_file_is_refused(saved: Path) -> None:
    head, first, *rest = _lines(saved)
    assert "was changed" in _rewrite(saved, [head, first.replace(b'"arn:a"', b'"arn:z"'), *rest])
    assert "was changed" in _rewrite(saved, [head, *rest])
    assert "cut short" in _rewrite(saved, [head, first, *rest[:-1]])
    assert "after the end" in _rewrite(saved, [head, first, *rest, first])
    assert "not JSON" in _rewrite(saved, [head, b"{\n", *rest])
    assert "not a JSON object" in _rewrite(saved, [head, b"[]\n", *rest])
    assert "form of" in _rewrite(saved, [head, b'{"gap": {"scope": 1, "operation": "", "detail": ""}}\n'])
    assert "missing or not known" in _rewrite(saved, [head, b'{"type": "AWS::No::Type"}\n'])


def test_what_is_no_snapshot_is_refused(saved: Path, tmp_path: Path) -> None:
    head = json.loads(_lines(saved)[0])
    newer = json.dumps({**head, "version": 99}).encode() + b"\n"
    assert "version 99" in _rewrite(saved, [newer])
    assert "not a snapshot" in _rewrite(saved, [b'{"a": 1}\n'])
    saved.write_bytes(b"hello")
    with pytest.raises(InputError, match="not a gzip file"):
        list(SnapshotSource(saved).collect())
    saved.write_bytes(b"")
    with pytest.raises(InputError, match=r"empty|cut short"):
        SnapshotSource(saved).read_header()
    with pytest.raises(InputError, match="No such file"):
        list(SnapshotSource(tmp_path / "none.gz").collect())

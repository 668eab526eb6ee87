from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.delivery.store import BucketStore, FolderStore, ObjectStore, StoreError, check_key

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.demo.server import EmbeddedAws

BUCKET = "reports-bucket"
NOT_KEYS = ("", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".hidden", "a/.b", "a\\b", "a\nb", "a\0b", "x" * 1025)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, server: EmbeddedAws) -> ObjectStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    server.reset()
    client = server.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_object(Bucket=BUCKET, Key="elsewhere/a", Body=b"not ours")
    return BucketStore(client, BUCKET, "runs/")


def test_what_is_put_is_there(store: ObjectStore) -> None:
    assert store.put("run-1/part-0.jsonl.gz", b"\x00\xff", media_type="application/gzip")
    assert store.get("run-1/part-0.jsonl.gz") == b"\x00\xff"
    assert store.exists("run-1/part-0.jsonl.gz")
    assert store.put("run-1/part-0.jsonl.gz", b"again")
    assert store.get("run-1/part-0.jsonl.gz") == b"again"


def test_what_is_not_there_is_none(store: ObjectStore) -> None:
    assert store.get("run-1/nothing") is None
    assert not store.exists("run-1/nothing")
    assert list(store.list()) == []
    assert list(store.list("run-1/")) == []
    store.put("a", b"1")
    assert store.get("a/b") is None


def test_only_new_leaves_what_is_there(store: ObjectStore) -> None:
    assert store.put("ledger.json", b"first", only_new=True)
    assert not store.put("ledger.json", b"second", only_new=True)
    assert store.get("ledger.json") == b"first"


def test_keys_are_listed_by_prefix_in_order(store: ObjectStore) -> None:
    keys = ["b/1", "a/2", "a/10", "ab", "a/sub/x", "é/1"]
    for key in keys:
        store.put(key, b"")
    assert list(store.list()) == sorted(keys, key=str.encode)
    assert list(store.list("a/")) == ["a/10", "a/2", "a/sub/x"]
    assert list(store.list("a/1")) == ["a/10"]
    assert list(store.list("a")) == ["a/10", "a/2", "a/sub/x", "ab"]


@pytest.mark.parametrize("key", NOT_KEYS)
def test_what_is_no_key_is_refused(store: ObjectStore, key: str) -> None:
    with pytest.raises(StoreError):
        store.get(key)
    with pytest.raises(StoreError):
        store.put(key, b"")
    with pytest.raises(StoreError):
        store.exists(key)


@pytest.mark.parametrize("prefix", ["/", "../", "a/../", "a//"])
def test_what_could_begin_no_key_is_refused(store: ObjectStore, prefix: str) -> None:
    with pytest.raises(StoreError):
        list(store.list(prefix))


@given(st.text())
def test_no_key_leads_out_of_a_folder(key: str) -> None:
    try:
        check_key(key)
    except StoreError:
        return
    assert os.path.normpath(f"root/{key}").startswith("root/")
    assert os.path.normpath(f"root/{key}") == f"root/{key}"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "link").symlink_to(tmp_path / "outside")
    store = FolderStore(tmp_path / "store")
    for act in (store.get, store.exists, lambda key: store.put(key, b"")):
        with pytest.raises(StoreError, match="leads out"):
            act("link/secret")
    assert list(store.list()) == []
    assert (tmp_path / "outside" / "secret").read_text() == "secret"


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        FolderStore(tmp_path / "file").put("a/b", b"")


def test_a_half_written_file_is_not_listed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("a/b", b"")
    (tmp_path / "a" / ".tmp123").write_bytes(b"half")
    assert list(store.list()) == ["a/b"]


def test_a_denied_bucket_is_no_empty_one(server: EmbeddedAws) -> None:
    server.reset()
    client = server.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    store = BucketStore(client, BUCKET)
    server.faults.deny("s3")
    with pytest.raises(StoreError, match="s3:GetObject and s3:ListBucket"):
        store.get("a")
    with pytest.raises(StoreError, match="s3:PutObject"):
        store.put("a", b"")
    with pytest.raises(StoreError, match="s3:ListBucket"):
        list(store.list())
    with pytest.raises(StoreError):
        store.exists("a")


def test_a_bucket_that_is_not_there_is_explained(server: EmbeddedAws) -> None:
    server.reset()
    with pytest.raises(StoreError, match="no-such-bucket"):
        BucketStore(server.client("s3"), "no-such-bucket").put("a", b"")

"""Bytes under keys, in a bucket or a folder: parts, cursors, ledgers and reports of runs on a schedule."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from auditor.errors import AuditError

# A part that begins with a dot could be `..`, or a file that is still being written.
_KEY = re.compile(r"(?:[^/\\\x00-\x1f.][^/\\\x00-\x1f]*/)*[^/\\\x00-\x1f.][^/\\\x00-\x1f]*")
_LONGEST_KEY = 1024
_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
_TAKEN = frozenset({"PreconditionFailed", "412"})
_BINARY = "application/octet-stream"

# Bytes, or an open file for what should not lie in memory.
Body = bytes | IO[bytes]


class StoreError(AuditError):
    """A store that cannot be read or written, or a key that is none."""


class ObjectStore(Protocol):
    """Bytes under keys. A key is `part/part/part`; no part begins with a dot.

    An object appears whole or not at all, and is there for whoever reads after `put` came back.
    """

    def get(self, key: str) -> bytes | None:
        """The bytes under a key; None where there are none.

        Raises:
            StoreError: the store cannot be read, or the key is none.
        """

    def put(self, key: str, body: Body, *, media_type: str = _BINARY, only_new: bool = False) -> bool:
        """Keep bytes under a key.

        Args:
            key: where.
            body: what; of an open file, what follows its position.
            media_type: as HTTP wants it; a folder does not keep it.
            only_new: leave what is there as it is.

        Returns:
            False where `only_new` was asked and the key was taken; True otherwise.

        Raises:
            StoreError: the store cannot be written, or the key is none.
        """

    def list(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with a prefix, in the order of their UTF-8 bytes.

        Raises:
            StoreError: the store cannot be read, or the prefix could begin no key.
        """

    def exists(self, key: str) -> bool:
        """Whether there is anything under a key.

        Raises:
            StoreError: the store cannot be read, or the key is none.
        """


class FolderStore:
    """An `ObjectStore` in a local folder.

    Args:
        root: the folder; made when something is first put there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore`."""
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise _unusable(self._root, key, error) from None

    def put(self, key: str, body: Body, *, media_type: str = _BINARY, only_new: bool = False) -> bool:
        """See `ObjectStore`."""
        del media_type
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
            with ExitStack() as undo:
                undo.callback(Path(name).unlink, missing_ok=True)
                with open(handle, "wb") as stream:  # noqa: PTH123  a descriptor, not a path
                    _copy(body, stream)
                    stream.flush()
                    os.fsync(stream.fileno())
                return _move(Path(name), path, only_new=only_new)
        except OSError as error:
            raise _unusable(self._root, key, error) from None

    def list(self, prefix: str = "") -> Iterator[str]:
        """See `ObjectStore`."""
        _check_prefix(prefix)
        folder = self._root / prefix.rpartition("/")[0]
        found = (
            (Path(place) / name).relative_to(self._root).as_posix()
            for place, _, names in os.walk(folder, onerror=self._refuse)
            for name in names
            if not name.startswith(".")
        )
        yield from sorted((key for key in found if key.startswith(prefix)), key=str.encode)

    def exists(self, key: str) -> bool:
        """See `ObjectStore`."""
        try:
            return self._path(key).is_file()
        except OSError as error:
            raise _unusable(self._root, key, error) from None

    def _path(self, key: str) -> Path:
        check_key(key)
        path = self._root / key
        # A link within the folder must not lead out of it.
        if not path.resolve().is_relative_to(self._root):
            raise StoreError(f"{key!r} leads out of the folder {self._root}", "remove the link")
        return path

    def _refuse(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            raise _unusable(self._root, "", error) from None


class BucketStore:
    """An `ObjectStore` in an S3 bucket; encryption is the bucket's default, as the deployed template sets it.

    Args:
        client: of S3, in the bucket's region.
        bucket: its name.
        prefix: before every key; empty, or ending in a slash.
        owner: the account that must own the bucket, so that a bucket of that name made by somebody else gets
            nothing; empty to not ask.
    """

    def __init__(self, client: Any, bucket: str, prefix: str = "", owner: str = "") -> None:
        self._client = client
        self._prefix = prefix
        self._bucket = bucket
        self._where = {"Bucket": bucket, **({"ExpectedBucketOwner": owner} if owner else {})}

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore`."""
        try:
            body: bytes = self._client.get_object(**self._where, Key=self._key(key))["Body"].read()
        except (BotoCoreError, ClientError) as error:
            if _code(error) in _ABSENT:
                return None
            raise self._refused("s3:GetObject", key, error) from None
        return body

    def put(self, key: str, body: Body, *, media_type: str = _BINARY, only_new: bool = False) -> bool:
        """See `ObjectStore`."""
        condition = {"IfNoneMatch": "*"} if only_new else {}
        try:
            self._client.put_object(**self._where, **condition, Key=self._key(key), Body=body, ContentType=media_type)
        except (BotoCoreError, ClientError) as error:
            if only_new and _code(error) in _TAKEN:
                return False
            raise self._refused("s3:PutObject", key, error) from None
        return True

    def list(self, prefix: str = "") -> Iterator[str]:
        """See `ObjectStore`."""
        _check_prefix(prefix)
        pages = self._client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(**self._where, Prefix=self._prefix + prefix):
                for item in page.get("Contents", ()):
                    yield item["Key"].removeprefix(self._prefix)
        except (BotoCoreError, ClientError) as error:
            raise self._refused("s3:ListBucket", prefix, error) from None

    def exists(self, key: str) -> bool:
        """See `ObjectStore`."""
        try:
            self._client.head_object(**self._where, Key=self._key(key))
        except (BotoCoreError, ClientError) as error:
            if _code(error) in _ABSENT:
                return False
            raise self._refused("s3:GetObject", key, error) from None
        return True

    def _key(self, key: str) -> str:
        check_key(key)
        return self._prefix + key

    def _refused(self, action: str, key: str, error: Exception) -> StoreError:
        # Without s3:ListBucket, S3 answers 403 for an object that is not there.
        remedy = f"grant {action} and s3:ListBucket on the bucket, and its key" if _denied(error) else ""
        return StoreError(f"s3://{self._bucket}/{self._prefix}{key}: {error}", remedy)


def check_key(key: str) -> None:
    """Refuse what is no key: an absolute path, `..`, an empty part, a backslash, a control character.

    Raises:
        StoreError: the key is none.
    """
    if not _KEY.fullmatch(key) or len(key.encode("utf-8", "replace")) > _LONGEST_KEY:
        raise StoreError(f"{key!r} is no key of a store", "name it part/part, with no part that begins with a dot")


def _check_prefix(prefix: str) -> None:
    if prefix:
        check_key(prefix + "x" if prefix.endswith("/") else prefix)


def _copy(body: Body, stream: IO[bytes]) -> None:
    if isinstance(body, bytes):
        stream.write(body)
    else:
        shutil.copyfileobj(body, stream)


def _move(written: Path, path: Path, *, only_new: bool) -> bool:
    if not only_new:
        written.replace(path)
        return True
    try:
        # Unlike a rename, a link fails where the name is taken.
        os.link(written, path)
    except FileExistsError:
        return False
    return True


def _unusable(root: Path, key: str, error: OSError) -> StoreError:
    return StoreError(f"{root / key if key else root}: {error.strerror or error}")


def _code(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def _denied(error: Exception) -> bool:
    return _code(error) in ("AccessDenied", "403")

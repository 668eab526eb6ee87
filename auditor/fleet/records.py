"""What the functions hand to each other: targets, keys in the bucket, and JSON under keys."""

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from auditor.delivery.store import ObjectStore
from auditor.errors import InputError

GLOBAL, REGION = "global", "region"
JSON_TYPE = "application/json"
GZIP_TYPE = "application/gzip"
_RUN = re.compile(r"[A-Za-z0-9][\w.-]{0,127}", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_PLACE = re.compile(r"[a-z0-9-]{1,32}")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class ScanTarget:
    """What one execution audits: an account's own facts, or one of its regions.

    Args:
        run: the run.
        partition: aws, aws-us-gov, aws-cn …
        account: 12 digits.
        region: the region; for `global` the partition's home region.
        role_arn: the role to assume; empty to read with the own credentials.
        external_id: for the role; empty for none.
        kind: `global` or `region`.
    """

    run: str
    partition: str
    account: str
    region: str
    role_arn: str
    external_id: str
    kind: str

    @classmethod
    def of(cls, given: Any) -> "ScanTarget":
        """The target that an event or a plan holds.

        Raises:
            InputError: it is none.
        """
        if not isinstance(given, Mapping):
            raise InputError("the target is no JSON object", key="target")
        try:
            found = cls(**{name: str(given[name] or "") for name in cls.__slots__})
        except KeyError as error:
            raise InputError("it is missing", key=f"target.{error.args[0]}") from None
        check_run(found.run)
        if not _ACCOUNT.fullmatch(found.account):
            raise InputError(f"{found.account!r} is no account of 12 digits", key="target.account")
        if not _PLACE.fullmatch(found.region):
            raise InputError(f"{found.region!r} is no region", key="target.region")
        if found.kind not in (GLOBAL, REGION):
            raise InputError(f"{found.kind!r} is neither {GLOBAL} nor {REGION}", key="target.kind")
        return found

    def as_json(self) -> dict[str, str]:
        """As `of` reads it."""
        return asdict(self)

    @property
    def place(self) -> str:
        """Account and region as keys have them; `global` stands for what is not of a region."""
        return f"{self.account}/{GLOBAL if self.kind == GLOBAL else self.region}"


def check_run(run: Any) -> str:
    """The name of a run, which is part of keys.

    Raises:
        InputError: it cannot be.
    """
    if not isinstance(run, str) or not _RUN.fullmatch(run):
        raise InputError(f"{run!r} is no name of a run", key="run", remedy="letters, digits, '.', '_' and '-' only")
    return run


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one run."""

    run: str

    @property
    def _root(self) -> str:
        return f"runs/{self.run}"

    def plan(self, name: str) -> str:
        """Part of the plan: `run`, `global`, `regions`, `excluded`."""
        return f"{self._root}/plan/{name}.json"

    def steering(self, name: str) -> str:
        """A text that the run was planned with."""
        return f"{self._root}/plan/config/{name}"

    def account_facts(self, account: str) -> str:
        """The facts that an account has once, as a snapshot."""
        return f"{self._root}/facts/{account}.jsonl.gz"

    def bucket_claim(self, account: str, bucket: str) -> str:
        """Which target of an account judges a bucket that several name."""
        return f"{self._root}/facts/{account}/buckets/{bucket}.json"

    def facts(self, target: ScanTarget, unit: str) -> str:
        """The resources of a unit that others are judged by."""
        return f"{self._root}/facts/{target.place}/{unit}.jsonl.gz"

    def waiting(self, target: ScanTarget, unit: str) -> str:
        """The resources of a unit whose rules wait for neighbours."""
        return f"{self._root}/state/{target.place}/{unit}.waiting.jsonl.gz"

    def findings(self, target: ScanTarget, unit: str) -> str:
        """The findings of a unit."""
        return f"{self._root}/findings/{target.place}/{unit}.jsonl.gz"

    def cursor(self, target: ScanTarget) -> str:
        """Which units of a target are done."""
        return f"{self._root}/state/{target.place}.json"

    def ledger(self, target: ScanTarget) -> str:
        """What came of a target."""
        return f"{self._root}/targets/{target.place}.json"

    def report(self, target: ScanTarget | None, suffix: str) -> str:
        """The report of a target, or of the run."""
        return f"{self._root}/report{suffix}" if target is None else f"{self._root}/reports/{target.place}{suffix}"


def unit_name(*words: str) -> str:
    """A unit's name as part of a key."""
    return "-".join(_UNSAFE.sub("-", word.removeprefix("AWS::")) for word in words if word)


def read_json(store: ObjectStore, key: str) -> Any:
    """The JSON under a key; None where there is none.

    Raises:
        InputError: it is not JSON.
        StoreError: the store cannot be read.
    """
    body = store.get(key)
    if body is None:
        return None
    try:
        return json.loads(gzip.decompress(body) if key.endswith(".gz") else body)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"is not JSON: {error}", file=key, remedy="start the run anew") from None


def write_json(store: ObjectStore, key: str, data: Any, *, only_new: bool = False) -> None:
    """Put JSON under a key, or with `only_new` where there is none; the same data gives the same bytes.

    Raises:
        StoreError: the store cannot be written.
    """
    body = json.dumps(data, separators=(",", ":"), sort_keys=True).encode()
    packed = key.endswith(".gz")
    media_type = GZIP_TYPE if packed else JSON_TYPE
    store.put(key, gzip.compress(body, mtime=0) if packed else body, media_type=media_type, only_new=only_new)

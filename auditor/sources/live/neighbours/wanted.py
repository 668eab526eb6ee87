"""What the resources that stream by refer to."""

import re
import threading
import types
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import get_args, get_origin

from auditor.model.resource import Resource
from auditor.model.shape import Shape

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("key", re.compile(r"Kms\w*Key|KMS\w*Key")),
    ("subnet", re.compile(r"^Subnet(s|Id|Ids)$")),
    ("group", re.compile(r"SecurityGroup(s|Id|Ids)(ForDomainBoundary)?$")),
    ("vpc", re.compile(r"^VpcId$")),
    ("bucket", re.compile(r"S3|Uri|Path|Location|Url")),
)
_SCALARS = frozenset({str, int, float, bool, datetime, type(None)})
_BUCKET = re.compile(r"s3a?n?://([a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(?:/|$)")
_SHAPES_OF = {"subnet": "subnet-", "group": "sg-", "vpc": "vpc-"}


class Wanted:
    """Gathers references; safe to use from several threads.

    Sets are kept by region, so that an alias of one region never stands for another region's key.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def note(self, resource: Resource) -> None:
        """Note what a resource names: keys, subnets, security groups, VPCs and buckets."""
        region = "" if resource.account_wide else resource.identity.region
        found = set(_references(resource))
        with self._lock:
            for kind, name in found:
                self._found["" if kind == "bucket" else region, kind].add(name)

    def keys(self, region: str) -> list[str]:
        """Spellings of KMS keys that were named in a region."""
        return self._sorted(region, "key")

    def subnets(self, region: str) -> list[str]:
        """Subnet ids that were named in a region."""
        return self._sorted(region, "subnet")

    def groups(self, region: str) -> list[str]:
        """Security group ids that were named in a region."""
        return self._sorted(region, "group")

    def vpcs(self, region: str) -> list[str]:
        """VPC ids that were named in a region."""
        return self._sorted(region, "vpc")

    def buckets(self) -> list[str]:
        """Bucket names in S3 URIs of any region."""
        return self._sorted("", "bucket")

    def _sorted(self, region: str, kind: str) -> list[str]:
        with self._lock:
            return sorted(self._found.get((region, kind), ()))


@cache
def _plan(kind: type[Shape]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Fields that hold references, and fields that may hold further structures."""
    named, nested = [], []
    for member, field in kind.fields_by_member.items():
        category = next((name for name, pattern in _PATTERNS if pattern.search(member)), "")
        annotation = kind.model_fields[field].annotation
        if category:
            named.append((field, category))
        if not _is_scalar(annotation):
            nested.append(field)
    return tuple(named), tuple(nested)


def _is_scalar(annotation: object) -> bool:
    if get_origin(annotation) is types.UnionType:
        return all(part in _SCALARS for part in get_args(annotation))
    return annotation in _SCALARS


def _references(shape: Shape) -> Iterator[tuple[str, str]]:
    named, nested = _plan(type(shape))
    # What was not observed is not in the instance's dict.
    values = shape.__dict__
    for field, category in named:
        value = values.get(field)
        for item in value if type(value) is tuple else (value,):
            if type(item) is str and item:
                yield from _reference(category, item)
    for field in nested:
        yield from _within(values.get(field))


def _reference(category: str, text: str) -> Iterator[tuple[str, str]]:
    if category == "bucket":
        found = _BUCKET.match(text)
        if found:
            yield "bucket", found[1]
    elif text.startswith(_SHAPES_OF.get(category, "")):
        yield category, text


def _within(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Shape):
        yield from _references(value)
    elif type(value) is tuple:
        for item in value:
            if isinstance(item, Shape):
                yield from _references(item)
    elif type(value) is dict:
        for item in value.values():
            yield from _within(item)

"""Gathering what resources refer to, as they stream by."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

from auditor.model.resource import Resource
from auditor.model.shape import Shape
from auditor.model.surroundings import Trail
from auditor.model.unknown import Unknown
from auditor.sources.shapes import nested_shape

_KEY = re.compile(r"Kms.*Key(Id)?$|KmsKey$")
_SUBNETS = re.compile(r"^Subnets$|^SubnetIds?$")
_GROUPS = re.compile(r"^SecurityGroups?(Ids?)?$")
_BUCKET = re.compile(r"^s3://([a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(/|$)")
_REGISTRY = re.compile(r"^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)")
_S3 = re.compile(r"S3|Uri$|Url$")
_IMAGE = re.compile(r"Image(Uri)?$")

Steps = tuple[str, ...]


class Wanted:
    """References by region, gathered from resources; cheap enough for a hundred thousand of them."""

    def __init__(self) -> None:
        self.keys: defaultdict[str, set[str]] = defaultdict(set)
        self.subnets: defaultdict[str, set[str]] = defaultdict(set)
        self.groups: defaultdict[str, set[str]] = defaultdict(set)
        self.repositories: defaultdict[str, set[str]] = defaultdict(set)
        self.buckets: set[str] = set()
        self.regions: set[str] = set()

    def note(self, resource: Resource) -> None:
        """Gather what a resource refers to."""
        region = resource.identity.region
        self.regions.add(region)
        if isinstance(resource, Trail):
            self._add(self.buckets, resource.peek("s3_bucket_name"))
            return
        for steps, kind in _paths(type(resource)):
            for value in _values(resource, steps):
                self._sort(region, kind, value, resource.identity.account)

    def _sort(self, region: str, kind: str, value: str, account: str) -> None:
        if kind == "key":
            self.keys[region].add(value)
        elif kind == "subnet":
            self.subnets[region].add(value)
        elif kind == "group":
            self.groups[region].add(value)
        elif kind == "bucket":
            found = _BUCKET.match(value)
            if found:
                self.buckets.add(found.group(1))
        else:
            image = _REGISTRY.match(value)
            if image and image.group(1) == account and image.group(2) == region:
                self.repositories[region].add(image.group(3))

    def _add(self, names: set[str], value: Any) -> None:
        if isinstance(value, str):
            names.add(value)


@cache
def _paths(kind: type[Shape]) -> tuple[tuple[Steps, str], ...]:
    return tuple(_find(kind, (), frozenset()))


def _find(kind: type[Shape], prefix: Steps, above: frozenset[type[Shape]]) -> Iterator[tuple[Steps, str]]:
    for member, field in kind.fields_by_member.items():
        inner = nested_shape(kind.model_fields[field].annotation)
        if inner is not None:
            if inner not in above:
                yield from _find(inner, (*prefix, field), above | {inner})
            continue
        for name, pattern in (
            ("key", _KEY),
            ("subnet", _SUBNETS),
            ("group", _GROUPS),
            ("image", _IMAGE),
            ("bucket", _S3),
        ):
            if pattern.search(member):
                yield (*prefix, field), name
                break


def _values(shape: Any, steps: Steps) -> Iterator[str]:
    value = shape.peek(steps[0])
    for item in value if isinstance(value, tuple) else (value,):
        if isinstance(item, Unknown) or item is None:
            continue
        if len(steps) > 1:
            yield from _values(item, steps[1:])
        elif isinstance(item, str) and item:
            yield item

"""What the resources that were found refer to: keys, subnets, security groups, buckets, repositories.

Which fields can hold a reference is worked out once per class; noting a resource then only reads those.
"""

import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from auditor.model.codec import encode
from auditor.model.resource import Resource
from auditor.model.sagemaker import BY_TYPE
from auditor.model.shape import Shape
from auditor.model.unknown import Unknown
from auditor.sources.shapes import nested_shape

# The kinds of references, and how the members that hold them are named in SageMaker's API.
KEYS, SUBNETS, GROUPS, VPCS, PLACES = "keys", "subnets", "security groups", "vpcs", "places"
_MEMBERS = (
    (KEYS, re.compile(r"Kms(Master)?Key(Id|Arn)?$")),
    (SUBNETS, re.compile(r"Subnets$|SubnetIds?$")),
    (GROUPS, re.compile(r"SecurityGroup(s|Ids|Id|IdForDomainBoundary)?$")),
    (VPCS, re.compile(r"VpcId$")),
    (PLACES, re.compile(r"S3|Ur[il]|Path$|Location$|Artifacts$|Image")),
)
_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/|$)")
_REPOSITORY = re.compile(r"(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)")
_SERVES = frozenset({"AWS::SageMaker::Endpoint", "AWS::SageMaker::InferenceComponent"})


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a class holds references.

    Args:
        leaves: API member and kind of reference.
        nested: API member and the plan of the structure, or list of structures, in it.
    """

    leaves: tuple[tuple[str, str], ...]
    nested: tuple[tuple[str, "Plan"], ...]


@dataclass(frozen=True, slots=True, order=True)
class RepositoryName:
    """An ECR repository as an image URI names it."""

    account: str
    region: str
    name: str


class Wanted:
    """Gathers references; safe to use from several threads.

    Args:
        regions: every region that is scanned, also those in which nothing is found.
    """

    def __init__(self, regions: Iterable[str] = ()) -> None:
        self.regions = tuple(regions)
        self._lock = threading.Condition()
        self._complete = False
        self._found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._repositories: defaultdict[str, set[RepositoryName]] = defaultdict(set)
        self._buckets: dict[str, str] = {}
        self._serving: set[str] = set()

    def note(self, resource: Resource) -> None:
        """Take the references of a SageMaker resource that is typed."""
        self.note_facts(type(resource), encode(resource)["facts"], resource.identity.region)

    def note_facts(self, kind: type[Resource], facts: Mapping[str, Any], region: str) -> None:
        """Take the references of a SageMaker resource; what was not observed is passed over.

        Args:
            kind: its type.
            facts: its API members, as the service or the codec spells them.
            region: where it is.
        """
        if kind.cfn_type not in BY_TYPE:
            return
        with self._lock:
            if kind.cfn_type in _SERVES:
                self._serving.add(region)
            before = len(self._found[KEYS, region])
            self._walk(facts, _plan(kind), region)
            if len(self._found[KEYS, region]) != before:
                self._lock.notify_all()

    def note_bucket(self, bucket: str, region: str) -> None:
        """Take a bucket; its region is where to ask first."""
        with self._lock:
            self._buckets.setdefault(bucket, region)

    def complete(self) -> None:
        """Say that no more references will come."""
        with self._lock:
            self._complete = True
            self._lock.notify_all()

    def as_they_come(self, kind: str, region: str) -> Iterator[tuple[str, ...]]:
        """References of one kind in a region, each once, as they are noted, until all are."""
        given: set[str] = set()
        while True:
            with self._lock:
                fresh = self._found.get((kind, region), set()) - given
                if not fresh:
                    if self._complete:
                        return
                    self._lock.wait()
                    continue
            given |= fresh
            yield tuple(sorted(fresh))

    def references(self, kind: str, region: str) -> tuple[str, ...]:
        """References of one kind in a region, sorted."""
        with self._lock:
            return tuple(sorted(self._found.get((kind, region), ())))

    def repositories(self, region: str) -> tuple[RepositoryName, ...]:
        """Repositories that resources of a region take images from."""
        with self._lock:
            return tuple(sorted(self._repositories.get(region, ())))

    def buckets(self) -> tuple[tuple[str, str], ...]:
        """Buckets of all regions, each with a region that refers to it."""
        with self._lock:
            return tuple(sorted(self._buckets.items()))

    def serves(self, region: str) -> bool:
        """Whether anything in a region can be scaled."""
        return region in self._serving

    def _walk(self, facts: Mapping[str, Any], plan: Plan, region: str) -> None:
        for member, kind in plan.leaves:
            for value in _items(facts.get(member)):
                if type(value) is str and value:
                    self._take(kind, value, region)
        for member, inner in plan.nested:
            for value in _items(facts.get(member)):
                if type(value) is dict:
                    self._walk(value, inner, region)

    def _take(self, kind: str, value: str, region: str) -> None:
        if kind != PLACES:
            self._found[kind, region].add(value)
            return
        bucket = _BUCKET.match(value)
        if bucket is not None:
            self._buckets.setdefault(bucket.group(1), region)
            return
        image = _REPOSITORY.match(value)
        if image is not None:
            self._repositories[region].add(RepositoryName(*image.groups()))


@cache
def _plan(kind: type[Shape], above: tuple[type[Shape], ...] = ()) -> Plan:
    leaves, nested = [], []
    for member, field in kind.fields_by_member.items():
        annotation = kind.model_fields[field].annotation
        inner = nested_shape(annotation)
        if inner is None:
            sort = next((name for name, pattern in _MEMBERS if pattern.search(member)), None)
            if sort is not None and _is_text(annotation):
                leaves.append((member, sort))
        elif inner not in (*above, kind):
            plan = _plan(inner, (*above, kind))
            if plan.leaves or plan.nested:
                nested.append((member, plan))
    return Plan(tuple(leaves), tuple(nested))


def _is_text(annotation: Any) -> bool:
    """Whether a field holds text or a list of texts."""
    if get_origin(annotation) in (Union, UnionType, tuple, Annotated):
        return any(_is_text(inner) for inner in get_args(annotation))
    return annotation is str


def _items(value: Any) -> list[Any]:
    if value is None or isinstance(value, Unknown):
        return []
    return value if isinstance(value, list) else [value]

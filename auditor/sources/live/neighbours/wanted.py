"""What the resources that were found refer to: keys, subnets, security groups, buckets, repositories.

Which fields can hold a reference is worked out once per class; noting a resource then only reads those.
"""

import re
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

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
        leaves: field and kind of reference.
        nested: field and the plan of the structure, or list of structures, in it.
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
        self._lock = threading.Lock()
        self._found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._repositories: defaultdict[str, set[RepositoryName]] = defaultdict(set)
        self._buckets: dict[str, str] = {}
        self._serving: set[str] = set()

    def note(self, resource: Resource) -> None:
        """Take the references of a SageMaker resource; what was not observed is passed over."""
        if resource.cfn_type not in BY_TYPE:
            return
        region = resource.identity.region
        with self._lock:
            if resource.cfn_type in _SERVES:
                self._serving.add(region)
            self._walk(resource, _plan(type(resource)), region)

    def note_bucket(self, bucket: str, region: str) -> None:
        """Take a bucket; its region is where to ask first."""
        with self._lock:
            self._buckets.setdefault(bucket, region)

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

    def _walk(self, shape: Shape, plan: Plan, region: str) -> None:
        for field, kind in plan.leaves:
            for value in _items(shape.peek(field)):
                if type(value) is str and value:
                    self._take(kind, value, region)
        for field, inner in plan.nested:
            for value in _items(shape.peek(field)):
                if isinstance(value, Shape):
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
                leaves.append((field, sort))
        elif inner not in (*above, kind):
            plan = _plan(inner, (*above, kind))
            if plan.leaves or plan.nested:
                nested.append((field, plan))
    return Plan(tuple(leaves), tuple(nested))


def _is_text(annotation: Any) -> bool:
    """Whether a field holds text or a list of texts."""
    if get_origin(annotation) in (Union, UnionType, tuple, Annotated):
        return any(_is_text(inner) for inner in get_args(annotation))
    return annotation is str


def _items(value: Any) -> tuple[Any, ...]:
    if value is None or isinstance(value, Unknown):
        return ()
    return value if isinstance(value, tuple) else (value,)

"""A resource: who it is, where each fact about it was observed, and the facts themselves."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Self

from .shape import Shape
from .unknown import CannotAssess, Unknown

# SageMaker Pipelines names the jobs of a step `pipelines-EXECUTION-STEP-RANDOM`.
_PIPELINE_JOB = re.compile(r"pipelines-([a-z0-9]{12})-")
# The source of what is not there yet: a step of a pipeline that was found in an account will make it.
STEP = "pipeline-step"


@dataclass(frozen=True, slots=True)
class Observation:
    """An answer of a live API.

    Args:
        operation: `service:Operation`, as IAM spells the service.
        request_id: the id AWS gave the request.
        at: when it was answered, ISO 8601 in UTC.
    """

    operation: str
    request_id: str = ""
    at: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.operation, self.at, self.request_id) if part)


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file that was given for judgement.

    Args:
        file: path relative to the repository, with forward slashes.
        line: 1-based; 0 where the format has no lines worth naming.
        logical_id: the name of the resource within the file.
    """

    file: str
    line: int = 0
    logical_id: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}#{self.logical_id}" if self.logical_id else place


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the facts of one resource come from.

    Args:
        source: `live`, `snapshot`, `request` …: the kind of source; `STEP` for what is not there yet.
        default: where it was observed, unless `members` says otherwise.
        members: top-level API member to the place where that one was observed.
        locate: gives the place of any API path, for files; asked only where a finding is made.
        scenario: what a document leaves open, and how it is decided here, as subject and value.
    """

    source: str
    default: Observation | Location
    members: Mapping[str, Observation | Location] = field(default_factory=dict)
    locate: Callable[[str], Location] | None = field(default=None, repr=False, compare=False)
    scenario: tuple[tuple[str, str], ...] = ()

    @property
    def from_step(self) -> bool:
        """Whether the resource is not in the account: the step of a pipeline there will make it."""
        return self.source == STEP

    def of(self, path: str) -> Observation | Location:
        """Where the value at an API path was observed."""
        if self.locate is not None:
            return self.locate(path)
        if not self.members:
            return self.default
        return self.members.get(path.partition(".")[0].partition("[")[0], self.default)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a resource is. Account and region are empty for what is not deployed yet.

    Args:
        type: CloudFormation's type name, also for types that CloudFormation does not have.
        name: the name a person would look for.
        arn: the ARN; empty for what is not deployed yet; for what a step of a live pipeline will make, the
            pipeline's, `#` and the step's name.
        partition: aws, aws-us-gov, aws-cn …
        account: 12 digits.
        region: the region; for account-global resources one fixed region per partition.
    """

    type: str
    name: str
    arn: str = ""
    partition: str = "aws"
    account: str = ""
    region: str = ""


class Lifecycle(StrEnum):
    """Whether a resource can still be changed; ended immutable jobs are historical."""

    CURRENT = "current"
    HISTORICAL = "historical"


class Resource(Shape):
    """Base of everything a rule can judge.

    Class attributes:
        cfn_type: CloudFormation's spelling of the type.
        service: the botocore service whose API describes it.
        name_member, arn_member: the API members that hold name and ARN; empty where there is none.
        account_wide: true for what exists once per account and not per region (IAM, buckets).
        ended_statuses: statuses in which an immutable job has ended.
        creator_fields: fields that tell what made it, the closest first.
        status_member: the field that holds the status.
    """

    cfn_type: ClassVar[str] = ""
    service: ClassVar[str] = "sagemaker"
    name_member: ClassVar[str] = ""
    arn_member: ClassVar[str] = ""
    account_wide: ClassVar[bool] = False
    status_field: ClassVar[str] = ""
    ended_statuses: ClassVar[frozenset[str]] = frozenset()
    creator_fields: ClassVar[tuple[str, ...]] = ("role_arn",)

    @classmethod
    def build(cls, raw: Mapping[str, Any], identity: Identity, origin: Origin) -> Self:
        """Type the facts of one resource.

        Args:
            raw: API members; an `Unknown` stands for what was not observed.
            identity: who it is.
            origin: where the facts were observed.
        """
        resource = cls.model_validate(dict(raw))
        resource.__dict__["_identity"] = identity
        resource.__dict__["_origin"] = origin
        return resource

    @property
    def identity(self) -> Identity:
        """Who this is."""
        found: Identity = self.__dict__["_identity"]
        return found

    @property
    def origin(self) -> Origin:
        """Where its facts were observed."""
        found: Origin = self.__dict__["_origin"]
        return found

    def names(self) -> tuple[str, ...]:
        """Every spelling by which another resource may refer to this one."""
        identity = self.identity
        return tuple(name for name in (identity.arn, identity.name) if name)

    def lifecycle(self) -> Lifecycle:
        """HISTORICAL once an immutable job has ended; CURRENT for everything else and where unknown."""
        if not self.status_field:
            return Lifecycle.CURRENT
        status = self.peek(self.status_field)
        ended = not isinstance(status, Unknown) and status in self.ended_statuses
        return Lifecycle.HISTORICAL if ended else Lifecycle.CURRENT

    def creator(self) -> str:
        """What made this resource, to group historical findings by.

        The pipeline execution that its name tells of, else the first of `creator_fields` that is set (a tuning
        or AutoML job, a model, a role); empty where nothing tells.
        """
        execution = _PIPELINE_JOB.match(self.identity.name)
        if execution:
            return f"pipeline execution {execution.group(1)}"
        for name in self.creator_fields:
            value = self.peek(name) if name in type(self).model_fields else None
            if isinstance(value, str) and value:
                return value
        return ""

    def tag_map(self) -> dict[str, str] | None:
        """Tags as a dict; empty where the resource has none, None where they were not observed."""
        if type(self).field_of("Tags") is None:
            return {}
        try:
            return {tag.key: tag.value for tag in self.peek("tags")}
        except CannotAssess:
            return None


class Tag(Shape):
    """A key and its value."""

    key: str = ""
    value: str = ""

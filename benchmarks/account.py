"""Synthetic accounts: any number of resources, the same ones for the same seed, rendered when asked for.

A kind (training jobs, models …) holds no record per resource: names, times and status follow from the
index, and the body from one of ``VARIANTS`` templates drawn at the start. So an account of 100,000 jobs costs
no more memory than one of a hundred.
"""

import json
import math
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from benchmarks import bodies, world

VARIANTS: Final = 64
PERIOD_S: Final = 30 * 86400 - 6 * 3600  # six hours short of 30 days: none leaves that window during a run
RUNNING_SHARE: Final = 0.002
PROPORTIONS: Final[Mapping[str, float]] = {
    "TrainingJob": 1.0,
    "Model": 0.20,
    "EndpointConfig": 0.10,
    "NotebookInstance": 0.05,
    "ProcessingJob": 0.10,
    "TransformJob": 0.05,
}
AT_THE_END: Final = {"SecondaryStatusTransitions", "FinalMetricDataList"}
OUTCOMES: Final = ("Failed",) * 4 + ("Stopped",) * 3 + ("Completed",) * 93
JOBS: Final = ("TrainingJob", "ProcessingJob", "TransformJob")


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What tells one kind of resource from another; shape and member names are botocore's."""

    type: str
    stem: str
    arn_part: str
    draw: Callable[[random.Random], bodies.Body]
    describe_shape: str
    search_shape: str = ""
    list_key: str
    times: tuple[str, ...] = ("CreationTime",)
    ended: tuple[str, ...] = ()
    summary_drawn: tuple[str, ...] = ()
    summary_times: tuple[str, ...] = ("CreationTime",)
    descending: bool = False
    not_found: tuple[str, str] = ("ResourceNotFound", "Requested resource not found.")


SPECS: Final = (
    Spec(
        type="TrainingJob",
        stem="ranking-train",
        arn_part="training-job",
        draw=bodies.training_job,
        describe_shape="DescribeTrainingJobResponse",
        search_shape="TrainingJob",
        list_key="TrainingJobSummaries",
        times=("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime"),
        ended=("TrainingEndTime",),
        summary_times=("CreationTime", "TrainingEndTime", "LastModifiedTime"),
    ),
    Spec(
        type="ProcessingJob",
        stem="features-daily",
        arn_part="processing-job",
        draw=bodies.processing_job,
        describe_shape="DescribeProcessingJobResponse",
        search_shape="ProcessingJob",
        list_key="ProcessingJobSummaries",
        times=("CreationTime", "ProcessingStartTime", "ProcessingEndTime", "LastModifiedTime"),
        ended=("ProcessingEndTime",),
        summary_times=("CreationTime", "ProcessingEndTime", "LastModifiedTime"),
    ),
    Spec(
        type="TransformJob",
        stem="pricing-batch",
        arn_part="transform-job",
        draw=bodies.transform_job,
        describe_shape="DescribeTransformJobResponse",
        search_shape="TransformJob",
        list_key="TransformJobSummaries",
        times=("CreationTime", "TransformStartTime", "TransformEndTime"),
        ended=("TransformEndTime",),
        summary_times=("CreationTime", "TransformEndTime"),
        descending=True,
    ),
    Spec(
        type="Model",
        stem="ranking-model",
        arn_part="model",
        draw=bodies.model,
        describe_shape="DescribeModelOutput",
        search_shape="Model",
        list_key="Models",
        descending=True,
        not_found=("ValidationException", "Could not find model."),
    ),
    Spec(
        type="EndpointConfig",
        stem="ranking-config",
        arn_part="endpoint-config",
        draw=bodies.endpoint_config,
        describe_shape="DescribeEndpointConfigOutput",
        list_key="EndpointConfigs",
        descending=True,
        not_found=("ValidationException", "Could not find endpoint configuration."),
    ),
    Spec(
        type="NotebookInstance",
        stem="notebook",
        arn_part="notebook-instance",
        draw=bodies.notebook_instance,
        describe_shape="DescribeNotebookInstanceOutput",
        list_key="NotebookInstances",
        times=("CreationTime", "", "", "LastModifiedTime"),
        summary_drawn=("Url", "InstanceType"),
        summary_times=("CreationTime", "LastModifiedTime"),
        not_found=("ValidationException", "RecordNotFound"),
    ),
)


def project(value: Any, shape: Shape, *, strict: bool) -> Any:
    """Return ``value`` with only the members that ``shape`` has, at every depth.

    Raises:
        ValueError: ``strict`` and ``value`` has a member that the shape lacks.
    """
    if isinstance(shape, StructureShape):
        unknown = value.keys() - shape.members.keys()
        if strict and unknown:
            raise ValueError(f"{shape.name} has no {sorted(unknown)}")
        return {
            key: project(item, shape.members[key], strict=strict) for key, item in value.items() if key not in unknown
        }
    if isinstance(shape, ListShape):
        return [project(item, shape.member, strict=strict) for item in value]
    return value


def _template(body: bodies.Body) -> str:
    """Return the JSON of ``body`` without its opening brace, as a ``%`` template of name and times."""
    text = json.dumps(body, separators=(",", ":"))[1:].replace("%", "%%").replace("@NAME@", "%(name)s")
    return re.sub(r'"@(T\d)@"', r"%(\1).3f", text)


@dataclass(eq=False)
class Kind:
    """All resources of one kind, oldest first; ``i`` is always the index in that order."""

    spec: Spec
    count: int
    seed: int
    now: float
    model: ServiceModel
    _describe: list[str] = field(default_factory=list)
    _search: list[str] = field(default_factory=list)
    _tags: list[list[bodies.Body]] = field(default_factory=list)
    _bodies: list[bodies.Body] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = random.Random(f"{self.seed}:{self.spec.type}")
        self.step = PERIOD_S / max(self.count, 1)
        self.oldest = self.now - PERIOD_S
        is_job = self.spec.type in JOBS
        self.running = math.ceil(self.count * RUNNING_SHARE) if is_job else 0
        drawn = [self.spec.draw(rng) for _ in range(VARIANTS)]
        self._tags = [bodies.tags(rng) for _ in range(VARIANTS)]
        # The second half are the same bodies while the job still runs.
        self._bodies = drawn + [{k: v for k, v in body.items() if k not in AT_THE_END} for body in drawn]
        for body, tags in zip(self._bodies, self._tags * 2, strict=True):
            described = project(body, self.model.shape_for(self.spec.describe_shape), strict=True)
            self._describe.append(_template(described))
            if self.spec.search_shape:
                record = project(body, self.model.shape_for(self.spec.search_shape), strict=False)
                self._search.append(_template({**record, "Tags": tags}))

    def _hash(self, i: int) -> int:
        return ((i + 1) * 2654435761 + self.seed * 40503) % 2**32 >> 8

    def _variant(self, i: int) -> int:
        return self._hash(i) % VARIANTS + (VARIANTS if self.is_running(i) else 0)

    def created(self, i: int) -> float:
        """Return the creation time of ``i`` in epoch seconds."""
        return round(self.oldest + (i + 0.5) * self.step, 3)

    def times(self, i: int) -> tuple[float, float, float, float]:
        """Return creation, start, end and last change of ``i`` in epoch seconds, none in the future."""
        created = self.created(i)
        started = created + 90
        if self.is_running(i):
            return created, min(started, self.now), self.now, min(started, self.now)
        ended = min(started + 600 + self._hash(i) % 10_000, self.now)
        return created, min(started, ended), ended, ended

    def modified(self, i: int) -> float:
        """Return the time of the last change of ``i`` in epoch seconds."""
        return self.times(i)[3]

    def is_running(self, i: int) -> bool:
        """Tell whether job ``i`` is still running: the newest of its kind are."""
        return i >= self.count - self.running

    def status(self, i: int) -> str:
        """Return the status of ``i``, or "" for kinds that have none."""
        if self.spec.type == "NotebookInstance":
            return "InService" if self._hash(i) % 3 else "Stopped"
        if self.spec.type not in JOBS:
            return ""
        if self.is_running(i):
            return "InProgress"
        return OUTCOMES[self._hash(i) % len(OUTCOMES)]

    def name(self, i: int) -> str:
        """Return the name of ``i``: stem, creation time as the SDK stamps it, and index."""
        stamp = time.strftime("%Y-%m-%d-%H-%M-%S", time.gmtime(self.created(i)))
        return f"{self.spec.stem}-{stamp}-{i:06d}"

    def arn(self, i: int) -> str:
        """Return the ARN of ``i``."""
        return world.arn("sagemaker", f"{self.spec.arn_part}/{self.name(i)}")

    def index(self, name: str) -> int | None:
        """Return the index of the resource called ``name``, or None."""
        digits = name.rpartition("-")[2]
        if not digits.isdecimal():
            return None
        i = int(digits)
        return i if i < self.count and self.name(i) == name else None

    def tags(self, i: int) -> list[bodies.Body]:
        """Return the tags of ``i``, equal to those in its Search record."""
        return self._tags[self._hash(i) % VARIANTS]

    def _head(self, i: int, name: str, members: tuple[str, ...]) -> str:
        kind, status = self.spec.type, self.status(i)
        arn = world.arn("sagemaker", f"{self.spec.arn_part}/{name}")
        head = f'{{"{kind}Name":"{name}","{kind}Arn":"{arn}",'
        if status:
            head += f'"{kind}Status":"{status}",'
        for member, moment in zip(self.spec.times, self.times(i), strict=False):
            if member in members and not (member in self.spec.ended and self.is_running(i)):
                head += f'"{member}":{moment:.3f},'
        return head

    def _ending(self, i: int, name: str) -> str:
        """Return the members that the last phase of a job adds."""
        status, (_, started, ended, _) = self.status(i), self.times(i)
        extra = '"FailureReason":"AlgorithmError: exit code 1",' if status == "Failed" else ""
        if self.spec.type != "TrainingJob":
            return extra
        secondary = "Training" if status == "InProgress" else status
        artifact = f"s3://ml-models/{name}/output/model.tar.gz"
        extra += f'"SecondaryStatus":"{secondary}","ModelArtifacts":{{"S3ModelArtifacts":"{artifact}"}},'
        if status != "InProgress":
            seconds = int(ended - started)
            extra += f'"TrainingTimeInSeconds":{seconds},"BillableTimeInSeconds":{seconds},'
        return extra

    def _render(self, i: int, templates: list[str]) -> str:
        name = self.name(i)
        values = {"name": name, **{f"T{n}": moment for n, moment in enumerate(self.times(i))}}
        body = templates[self._variant(i)] % values
        return self._head(i, name, self.spec.times) + self._ending(i, name) + body

    def describe(self, i: int) -> str:
        """Return the JSON of Describe's answer for ``i``."""
        return self._render(i, self._describe)

    def search_record(self, i: int) -> str:
        """Return the JSON of ``i`` as Search's record shape holds it, with its tags."""
        return self._render(i, self._search)

    def summary(self, i: int) -> str:
        """Return the JSON of ``i`` as List shows it."""
        name = self.name(i)
        head = self._head(i, name, self.spec.summary_times)
        if self.spec.type == "TrainingJob":
            return f'{head}"SecondaryStatus":"{"Training" if self.is_running(i) else self.status(i)}"}}'
        drawn = {key: self._bodies[self._variant(i)][key] for key in self.spec.summary_drawn}
        return head + _template(drawn) % {"name": name} if drawn else head[:-1] + "}"


@dataclass(frozen=True)
class Account:
    """A synthetic account: kinds by type name."""

    kinds: Mapping[str, Kind]

    @classmethod
    def of(cls, jobs: int, model: ServiceModel, *, seed: int = 1, now: float = 0, reference: bool = False) -> "Account":
        """Return the account of ``jobs`` training jobs and the rest in proportion.

        Args:
            jobs: number of training jobs.
            model: botocore's model of SageMaker, whose shapes decide what Search holds.
            seed: another seed gives other configurations.
            now: the moment, in epoch seconds, that ends the 30 days of creation times.
            reference: leave out processing and transform jobs, as the account did on which other auditors
                were measured.
        """
        left_out = {"ProcessingJob", "TransformJob"} if reference else set()
        counts = {kind: 0 if kind in left_out else round(jobs * share) for kind, share in PROPORTIONS.items()}
        return cls({spec.type: Kind(spec, counts[spec.type], seed, now, model) for spec in SPECS})

    def counts(self) -> dict[str, int]:
        """Return the number of resources by kind."""
        return {name: kind.count for name, kind in self.kinds.items()}

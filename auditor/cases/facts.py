"""From the facts of a case to resources: samples, partitions, identities, and what is hidden."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from auditor.cases.book import Case, Entry, laid_over, put, steps
from auditor.errors import InputError
from auditor.model import dockerfile, identity, kms, network, surroundings
from auditor.model.gap import Gap, Scope
from auditor.model.inventory import Inventory
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.sagemaker import RESOURCES
from auditor.model.unknown import Reason, Unknown

ACCOUNT = "111122223333"
REGIONS = {"aws": "eu-west-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
# Case files spell ARNs and regions of the first partition.
_PARTITION, _HOME = next(iter(REGIONS.items()))
_ARN = f"arn:{_PARTITION}:"
_LIVE = Origin("live", Observation("cases:Given", "", "2026-01-15T00:00:00+00:00"))


@cache
def kinds() -> Mapping[str, type[Resource]]:
    """Every type of resource by the last part of its type and by its class (`Key` and `KmsKey`).

    The types of SageMaker go first, where two share a name.
    """
    found = {kind.cfn_type.rpartition("::")[2]: kind for kind in RESOURCES}
    for module in (dockerfile, identity, kms, network, surroundings):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Resource) and value.cfn_type:
                found.setdefault(value.__name__, value)
                found.setdefault(value.cfn_type.rpartition("::")[2], value)
    return found


def kind_of(entry: Entry, name: str) -> type[Resource]:
    """The type of resource of a name in a case file.

    Raises:
        InputError: there is none.
    """
    try:
        return kinds()[name]
    except KeyError:
        raise InputError(f"no type of resource is called {name!r}", file=entry.file, key=entry.rule) from None


@cache
def _samples() -> dict[str, dict[str, Any]]:
    folder = files("auditor.cases")
    out: dict[str, dict[str, Any]] = {}
    for name in ("samples.json", "neighbours.json"):
        out.update(json.loads(folder.joinpath(name).read_text(encoding="utf-8")))
    return out


def sample_of(kind: type[Resource]) -> dict[str, Any]:
    """The least that makes a healthy resource of a type, in API spelling."""
    return _samples().get(kind.cfn_type, {})


@dataclass(frozen=True, slots=True)
class Stage:
    """What one judgement is made on.

    Args:
        kind: type of the subject.
        facts: API members of the subject, or None where there is no subject.
        neighbours: each with its type and API members.
        gaps: what is hidden.
        now: the time of the scan.
        partition: the partition all of it lives in.
    """

    kind: type[Resource]
    facts: dict[str, Any] | None
    neighbours: tuple[tuple[type[Resource], dict[str, Any]], ...]
    gaps: tuple[Gap, ...]
    now: str
    partition: str = "aws"

    @property
    def region(self) -> str:
        """The region of the subject."""
        return REGIONS[self.partition]

    def identity(self, kind: type[Resource], facts: Mapping[str, Any]) -> Identity:
        """Who a resource of the case is."""
        name, arn = facts.get(kind.name_member), facts.get(kind.arn_member)
        return Identity(
            kind.cfn_type,
            name if isinstance(name, str) else "sample",
            arn if isinstance(arn, str) else "",
            self.partition,
            str(facts.get("$account", ACCOUNT)),
            str(facts.get("$region", self.region)),
        )

    def subject(self) -> Resource | None:
        """The subject, as a live source builds it."""
        if self.facts is None:
            return None
        return self.kind.build(self.facts, self.identity(self.kind, self.facts), _LIVE)

    def inventory(self) -> Inventory:
        """The neighbours and gaps."""
        return Inventory(
            (kind.build(facts, self.identity(kind, facts), _LIVE) for kind, facts in self.neighbours),
            self.gaps,
        )


def stage(entry: Entry, case: Case, partition: str = "aws") -> Stage:
    """Set up a case: its facts over those of the entry, over the sample of its type.

    Raises:
        InputError: the facts cannot be laid over the sample.
    """
    try:
        return _stage(entry, case, partition)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        message = f"the facts do not fit the resource: {type(error).__name__}: {error}"
        raise InputError(message, file=entry.file, key=f"{entry.rule}.{case.name}") from error


def _stage(entry: Entry, case: Case, partition: str) -> Stage:
    kind = kind_of(entry, entry.resource)
    neighbours: list[tuple[type[Resource], dict[str, Any]]] = []
    gaps: list[Gap] = []
    for name, given in {**entry.neighbours, **case.neighbours}.items():
        other = kind_of(entry, name)
        if isinstance(given, Mapping):
            gaps.append(gap_over(other, Reason(given["$gap"])))
        else:
            neighbours.extend((other, _whole(other, (item,), partition)) for item in given)
    facts = _whole(kind, (entry.facts, *case.before, case.facts), partition)
    return Stage(kind, facts, tuple(neighbours), tuple(gaps), case.now or entry.now, partition)


def _whole(kind: type[Resource], layers: Iterable[Mapping[str, Any]], partition: str) -> dict[str, Any]:
    facts = sample_of(kind)
    for layer in layers:
        facts = laid_over(facts, layer)
    moved_facts: dict[str, Any] = moved(_named(kind, facts), partition)
    return moved_facts


def gap_over(kind: type[Resource], reason: Reason = Reason.ACCESS_DENIED) -> Gap:
    """A gap that hides every resource of a type."""
    return Gap(Scope(type=kind.cfn_type), f"{kind.service}:Given", reason, "as the case says")


def moved(value: Any, partition: str) -> Any:
    """Facts as another partition spells them."""
    if isinstance(value, str):
        out = value.replace("${Partition}", partition).replace(_ARN, f"arn:{partition}:")
        return out if partition == "aws" else out.replace(_HOME, REGIONS[partition])
    if isinstance(value, dict):
        return {key: moved(item, partition) for key, item in value.items()}
    if isinstance(value, list):
        return [moved(item, partition) for item in value]
    return value


def _named(kind: type[Resource], facts: Mapping[str, Any]) -> dict[str, Any]:
    name, arn = facts.get(kind.name_member), facts.get(kind.arn_member)
    if isinstance(arn, str) and "{name}" in arn:
        return {**facts, kind.arn_member: arn.replace("{name}", str(name))}
    return dict(facts)


def hidden(facts: Mapping[str, Any], kind: type[Resource], reason: Reason = Reason.ACCESS_DENIED) -> dict[str, Any]:
    """Facts of a resource of which no more than name and ARN is known."""
    kept = {kind.name_member, kind.arn_member}
    out = {key: value for key, value in facts.items() if key in kept or key.startswith("$")}
    for member in kind.fields_by_member:
        if member not in kept:
            out[member] = Unknown(reason, "as the case says")
    return out


def without(facts: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """Facts without what some paths lead to."""
    out = laid_over({}, facts)
    for path in paths:
        for whole in spread(out, path):
            put(out, whole, None)
    return out


def spread(facts: Any, path: str) -> Iterator[str]:
    """A path with `[]` as the paths of every item there is; nothing where the way does not exist."""
    head, brackets, rest = path.partition("[]")
    if not brackets:
        *way, _ = steps(path)
        if reach(facts, way) is not None:
            yield path
        return
    items = reach(facts, steps(head))
    for index in range(len(items) if isinstance(items, list) else 0):
        yield from spread(facts, f"{head}[{index}]{rest}")


def reach(facts: Any, way: Iterable[str | int]) -> Any:
    """What a way leads to, or None."""
    for step in way:
        if isinstance(facts, dict) and isinstance(step, str):
            facts = facts.get(step)
        elif isinstance(facts, list) and isinstance(step, int) and step < len(facts):
            facts = facts[step]
        else:
            return None
    return facts

"""What a source of facts is, and what the gate tells it.

A kind of file is one module (or package) `auditor.sources.<kind>` that offers two functions:

    def recognises(document: Document) -> bool
    def source(document: Document, context: GateContext) -> Source

`recognises` looks at the content only, quickly, and never raises; `source` makes what reads the document.
Heavy packages are imported within what `source` makes, not by the module. The module gets its row in the table
of `auditor.sources.detect`, with the top-level keys that make it worth asking.

What is yielded of one file is a world of its own: names in it never resolve in another file. A source yields

- each resource, made with `to_api(…).resource(…)` of `auditor.sources.spelling`, which gives every member its line;
- for what it did not understand of one resource, and for a type of SageMaker's that it does not know, a `Gap` with
  type and name of the resource and UNSUPPORTED_SYNTAX: it is listed, and the run stays complete;
- for what it did not understand of the document as a whole, a `Gap` without a type: the run is incomplete;
- the gap of `surroundings`, so that no rule takes what the document does not hold for what does not exist;

and raises `InputError` only for a document of which nothing can be judged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.unknown import Reason

_PARTITIONS = {
    "cn-": "aws-cn",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where something will be deployed, as far as it is known.

    Args:
        partition: aws, aws-us-gov, aws-cn ….
        account: 12 digits, or empty.
        region: the region, or empty.
    """

    partition: str = "aws"
    account: str = ""
    region: str = ""

    @classmethod
    def of(cls, region: str, account: str = "") -> "Deployment":
        """The deployment to a region; its name tells the partition (AWS General Reference, "ARNs")."""
        found = (partition for start, partition in _PARTITIONS.items() if region.startswith(start))
        return cls(next(found, "aws"), account, region)


@dataclass(frozen=True, slots=True)
class GateContext:
    """What the user said about the files to be judged.

    Args:
        deployment: where they will be deployed.
        parameters: values of template or pipeline parameters by name; a list is its items joined by commas.
        operation: for request files, `create-training-job` or `CreateTrainingJob`; empty to tell from the file.
        unchanged: whether what a plan leaves as it is is judged too.
        needs: the types of resources that rules look at while they judge a type; None where that is not known.
    """

    deployment: Deployment = Deployment()
    parameters: Mapping[str, str] = field(default_factory=dict)
    operation: str = ""
    unchanged: bool = False
    needs: Mapping[str, frozenset[str]] | None = None


@dataclass(frozen=True, slots=True)
class NextWorld:
    """Yielded before each of the ways in which a document may be deployed, the first included.

    What follows, up to the next one, is a world of its own; its resources say in `Origin.scenario` which one. Of
    the findings of one rule on one resource the worst is kept, with the scenarios in which it holds.
    """


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Yielded for a resource that is judged in another world of the same document, and can be found in this one."""

    resource: Resource


class Source(Protocol):
    """Where facts come from."""

    def collect(self) -> Iterator[Resource | Neighbour | Gap | NextWorld]:
        """What was found, and what could not be looked at.

        Raises:
            InputError: nothing of it can be judged; names file, line and remedy.
        """


def surroundings(shown: str, what: str, deployment: Deployment) -> Gap:
    """The gap that hides what an account holds around what a document says.

    It was left out by choice: the document is all that was to be looked at.

    Args:
        shown: the document.
        what: what it is, such as "a request".
        deployment: where it will be deployed.
    """
    detail = (
        f"{shown} is {what}; it says nothing of what is around it"
        " (judge it together with the files that make that, or scan the account)"
    )
    return Gap(Scope(deployment.account, deployment.region), "", Reason.EXCLUDED, detail)


class Reference(str):
    """A value that will be what a resource of the same document is called once it exists.

    It is present and can be followed: its text is the name (`Identity.name`) that the resource has in what the
    source yields, so that `Related.find` leads there. Where a number or a boolean is wanted, it is unknown.
    """

    __slots__ = ()

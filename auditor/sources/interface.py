"""What a source of facts is, and what the gate tells it.

A kind of file is one module (or package) `auditor.sources.<kind>` that offers two functions:

    def recognises(document: Document) -> bool
    def source(document: Document, context: GateContext) -> Source

`recognises` looks at the content only, quickly, and never raises; `source` makes what reads the document.
Heavy packages are imported within what `source` makes, not by the module. The module gets its row in the table
of `auditor.sources.detect`, with the top-level keys that make it worth asking.

What a source yields of one file is a world of its own: names in it never resolve in another file. It yields
each resource with `Spelled.resource` of `auditor.sources.spelling`, a `Gap` for what it did not understand, and
raises `InputError` only for a document of which nothing can be judged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from auditor.model.gap import Gap
from auditor.model.resource import Resource


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


@dataclass(frozen=True, slots=True)
class GateContext:
    """What the user said about the files to be judged.

    Args:
        deployment: where they will be deployed.
        parameters: values of template or pipeline parameters by name; a list is its items joined by commas.
        operation: for request files, `create-training-job` or `CreateTrainingJob`; empty to tell from the file.
    """

    deployment: Deployment = Deployment()
    parameters: Mapping[str, str] = field(default_factory=dict)
    operation: str = ""


class Source(Protocol):
    """Where facts come from."""

    def collect(self) -> Iterator[Resource | Gap]:
        """What was found, and what could not be looked at.

        Raises:
            InputError: nothing of it can be judged; names file, line and remedy.
        """


class Reference(str):
    """A value that will be what a resource of the same document is called once it exists.

    It is present and can be followed: its text is the name (`Identity.name`) that the resource has in what the
    source yields, so that `Related.find` leads there. Where a number or a boolean is wanted, it is unknown.
    """

    __slots__ = ()

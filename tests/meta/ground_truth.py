"""Writes `ground_truth.csv`: members of DescribeX answers that bear on security, and their rules.

A leaf member belongs to it if its name matches the words below; `test_ground_truth.py` keeps it true.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape

from auditor.model.kinds import every_kind
from auditor.reads import Table, table
from auditor.sources.shapes import nested_shape

TARGET = Path(__file__).with_name("ground_truth.csv")
# Nested answers: the resource is a member of its own.
_OUTER = ("Workforce", "Workteam")
# Parts of a cluster, an app and the like that are no resources of their own here.
_DERIVED = frozenset({"ClusterEvent", "ClusterNode"})
_WORDS = re.compile(
    r"Kms|Vpc(?!Config$)|Subnet|SecurityGroup|NetworkInterface|RoleArn|ExecutionRole|IdleTimeout"
    r"|EnableInterContainerTrafficEncryption|EnableNetworkIsolation|EnableCapture|DirectInternetAccess|RootAccess"
    r"|MinimumInstanceMetadataServiceVersion|AppNetworkAccessType|EnableIamSessionBasedIdentity|Cidrs|SourceIp"
    r"|LogGroup|LogStream"
)


def pairs() -> Iterator[tuple[str, str]]:
    """Type and path of every leaf member whose name matches, over all DescribeX operations."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    for operation in sorted(model.operation_names):
        name = operation.removeprefix("Describe")
        if name == operation or name in _DERIVED:
            continue
        for path in _leaves(model.operation_model(operation).output_shape, "", ()):
            if _WORDS.search(path.rpartition(".")[2]):
                yield name, path.removeprefix(f"{name}.") if name in _OUTER else path


def _leaves(shape: Shape | None, path: str, above: tuple[str, ...]) -> Iterator[str]:
    if isinstance(shape, ListShape):
        inner = shape.member
        yield from _leaves(inner, path if not isinstance(inner, StructureShape) else f"{path}[]", above)
    elif isinstance(shape, MapShape):
        yield from _leaves(shape.value, path, above)
    elif isinstance(shape, StructureShape):
        if shape.name not in above:
            for name, member in shape.members.items():
                yield from _leaves(member, f"{path}.{name}" if path else name, (*above, shape.name))
    else:
        yield path


def modelled(name: str, path: str) -> bool:
    """Whether the model has a path."""
    kind: type[Any] | None = every_kind().get(f"AWS::SageMaker::{name}")
    for step in path.split("."):
        field = kind.field_of(step.removesuffix("[]")) if kind else None
        if kind is None or field is None:
            return False
        kind = nested_shape(kind.model_fields[field].annotation)
    return True


def ruled_by(reads: Table, name: str, path: str) -> tuple[str, ...]:
    """The rules that read a path."""
    kind = f"AWS::SageMaker::{name}"
    return tuple(sorted(rule for rule, found in reads.items() if path in found.get(kind, ())))


def text(reads: Table) -> str:
    """The file's content: type, path, whether it is modelled, the rules that read it or `not covered`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("type", "path", "modelled", "rules"))
    for name, path in pairs():
        rules = " ".join(ruled_by(reads, name, path)) or "not covered"
        writer.writerow((name, path, "yes" if modelled(name, path) else "no", rules))
    return out.getvalue()


if __name__ == "__main__":
    TARGET.write_text(text(table()), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name} written\n")

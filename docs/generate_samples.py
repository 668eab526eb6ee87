"""Writes `auditor/cases/samples.json`: for each resource type the least that its Create operation accepts."""

import argparse
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import ServiceModel, Shape, StructureShape

from auditor.model.resource import Resource
from auditor.model.sagemaker import RESOURCES

TARGET = Path("auditor/cases/samples.json")
ACCOUNT, REGION = "111122223333", "eu-west-1"
# Create spells these otherwise than Describe.
RENAMED = {
    "AWS::SageMaker::NotebookInstance": {
        "SecurityGroupIds": "SecurityGroups",
        "LifecycleConfigName": "NotebookInstanceLifecycleConfigName",
    }
}
_MADE = "2026-01-10T09:00:00+00:00"
_WORDS = {
    "RoleArn": "arn:${Partition}:iam::" + ACCOUNT + ":role/service-role/sample-execution-role",
    "InstanceType": "ml.m5.xlarge",
    "InstanceCount": 1,
    "S3Uri": "s3://sample-bucket/data",
    "S3OutputPath": "s3://sample-bucket/output",
    "S3OutputLocation": "s3://sample-bucket/output",
    "AppNetworkAccessType": "PublicInternetOnly",
}


@cache
def sagemaker() -> ServiceModel:
    """Botocore's model of SageMaker."""
    return botocore.session.get_session().get_service_model("sagemaker")


def short(kind: type[Resource]) -> str:
    """The last part of a type."""
    return kind.cfn_type.rpartition("::")[2]


def sample(kind: type[Resource]) -> dict[str, Any]:
    """The least that Create accepts, in Describe's spelling, with the members that say who it is."""
    shape = sagemaker().operation_model(f"Create{short(kind)}").input_shape
    renamed = RENAMED.get(kind.cfn_type, {})
    facts = {renamed.get(key, key): value for key, value in _structure(shape).items()}
    # In the answer these two hold the resource itself, so that their own members come first.
    if kind.name_member:
        facts[kind.name_member] = "sample"
    if kind.arn_member:
        facts[kind.arn_member] = arn(kind)
    facts.setdefault("Tags", [])
    for field, member in ((f, m) for m, f in kind.fields_by_member.items()):
        if field == kind.status_field:
            facts[member] = _status(kind, member)
    if "CreationTime" in kind.fields_by_member:
        facts["CreationTime"] = _MADE
    return {key: facts[key] for key in sorted(facts)}


def _status(kind: type[Resource], member: str) -> str:
    """The word for a job that runs: some types spell it INPROGRESS or IN_PROGRESS."""
    answer = sagemaker().operation_model(f"Describe{short(kind)}").output_shape
    shape = answer.members.get(member) if isinstance(answer, StructureShape) else None
    words = getattr(shape, "enum", [])
    return next((word for word in words if word.replace("_", "").lower() == "inprogress"), "InProgress")


def arn(kind: type[Resource]) -> str:
    """An ARN of the type."""
    name = "".join(f"-{c.lower()}" if c.isupper() else c for c in short(kind)).lstrip("-")
    return f"arn:${{Partition}}:sagemaker:{REGION}:{ACCOUNT}:{name}/sample"


def _structure(shape: Shape | None, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    if not isinstance(shape, StructureShape):
        return {}
    required = list(shape.required_members)
    if shape.is_tagged_union and not required:
        required = [next(iter(shape.members))]
    return {name: _value(name, shape.members[name], (*seen, shape.name)) for name in required}


def _value(name: str, shape: Shape, seen: tuple[str, ...]) -> Any:
    if shape.type_name == "structure":
        return _structure(shape, seen)
    if shape.type_name == "list":
        return [_value(name, shape.member, seen)]  # type: ignore[attr-defined]
    if shape.type_name == "map":
        return {}
    enum = getattr(shape, "enum", [])
    word = _WORDS.get(name)
    if word is not None and (not enum or word in enum):
        return word
    if enum:
        return enum[0]
    return _scalar(name, shape)


def _scalar(name: str, shape: Shape) -> Any:
    if shape.type_name in ("integer", "long"):
        return max(1, int(shape.metadata.get("min", 1)))
    if shape.type_name == "string":
        return _text(name, int(shape.metadata.get("min", 0)))
    return {"float": 1.0, "double": 1.0, "boolean": False, "timestamp": _MADE}[shape.type_name]


def _text(name: str, shortest: int) -> str:
    if name.endswith("Arn"):
        return f"arn:${{Partition}}:sagemaker:{REGION}:{ACCOUNT}:sample/sample"
    return "s3://sample-bucket/data" if "S3" in name else "sample".ljust(shortest, "x")


def text() -> str:
    """The file's content."""
    return json.dumps({kind.cfn_type: sample(kind) for kind in RESOURCES}, indent=1, sort_keys=True) + "\n"


def main() -> int:
    """Write the file, or with `--check` say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        return int(TARGET.read_text(encoding="utf-8") != text())
    TARGET.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import xform_name

from auditor.demo.extension.kinds import KINDS
from auditor.demo.extension.shapes import compiled, prune, violations

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

_MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
_ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
_CANDIDATES = (
    "sample-1",
    "1",
    "arn:aws:iam::123456789012:role/sample",
    "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-1111-2222-3333-444455556666",
    "arn:aws:lambda:eu-west-1:123456789012:function:sample",
    "s3://sample-bucket/prefix",
    "https://example.com/sample",
    "s3://sagemaker-sample/lifecycle",
    "vpc-0a1b2c3d",
    "subnet-0a1b2c3d",
    "sg-0a1b2c3d",
    "10.0.0.0/16",
    f"{_ARN}:model-package/sample/1",
    f"{_ARN}:training-plan/sample",
    f"{_ARN}:workteam/private-crowd/sample",
    f"{_ARN}:human-task-ui/sample",
    f"{_ARN}:image/sample",
    f"{_ARN}:image-version/sample/1",
    f"{_ARN}:hub-content/SageMakerPublicHub/Model/sample/1.0.0",
    f"{_ARN}:hub/sample",
    f"{_ARN}:domain/sample",
    f"{_ARN}:algorithm/sample",
    f"{_ARN}:cluster/sample",
    f"{_ARN}:studio-lifecycle-config/sample",
    f"{_ARN}:project/sample",
    f"{_ARN}:inference-component/sample",
    f"{_ARN}:mlflow-tracking-server/sample",
    f"{_ARN}:mlflow-app/app-ABCDEFGHIJKL",
    f"{_ARN}:model-card/sample",
    f"{_ARN}:code-repository/sample",
    f"{_ARN}:hub-content/SampleHub/DataSet/sample/1.0.0",
    f"{_ARN}:model/sample",
    f"{_ARN}:endpoint/sample",
    "arn:aws:codewhisperer:eu-west-1:123456789012:profile/SAMPLE",
    "sha256:" + "a" * 64,
    "ami-0a1b2c3d",
    "Torch 2.3",
    "mig-1g.5gb",
    "text/csv",
    "d-sample1",
    "32K",
    f"{_ARN}:model-package-group/sample",
    "arn:aws:sso::123456789012:application/sample/apl-sample",
    "UserName",
    "dzd_sample",
    "notebook-al2-v2",
    "arn:aws:sns:eu-west-1:123456789012:sample",
    "arn:aws:eks:eu-west-1:123456789012:cluster/sample",
    "arn:aws:fsx:eu-west-1:123456789012:file-system/fs-0a1b2c3d4e5f60718",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sample-AbCdEf",
    "arn:aws:sagemaker:eu-west-1:123456789012:training-job/sample",
    "arn:aws:aws-marketplace:eu-west-1:123456789012:sample",
    "arn:aws:redshift:eu-west-1:123456789012:sample",
    "arn:aws:sso:::instance/ssoins-1234567890abcdef",
    "{}",
    "1.0.0",
    "123456789012",
    "sample@example.com",
    "Mon:12:30",
    "TUE:03:30",
    "PT1H",
    "P1D",
    "-PT1H",
    "00:10:00",
    "us-east-1_AbCdEfGhI",
    "fs-0a1b2c3d",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/sample:1",
    "/mount",
    "cron(0 4 ? * * *)",
    "NOW",
    "ml.m5.large",
    "a" * 32,
    "a" * 64,
    "0.9",
    "USD",
    "eu-west-1",
    "use1-az1",
    "en-US",
    "t-0a1b2c3d",
    "tr-0a1b2c3d4e",
    "12345",
    "Arn",
    "A",
    "$.x",
)


def text(shape: Any) -> str:
    """Return a string that satisfies a string shape."""
    if getattr(shape, "enum", None):
        return str(shape.enum[0])
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 10**6)
    pattern = shape.metadata.get("pattern")
    for candidate in _CANDIDATES:
        if low <= len(candidate) <= high and (not pattern or compiled(pattern).fullmatch(candidate)):
            return candidate
    raise AssertionError(f"no sample for {shape.name}: {pattern} {low}..{high}")


def full(shape: Any, stack: tuple[str, ...] = ()) -> Any:
    """Return a value with every member set; of a union, its first; of a recursive shape, one turn."""
    kind = shape.type_name
    if kind in {"structure", "list", "map"}:
        return _composed(shape, stack)
    if kind == "timestamp":
        return _MOMENT
    if kind == "boolean":
        return True
    if kind == "string":
        return text(shape)
    number = max(1, shape.metadata.get("min", 1))
    return number if kind in {"integer", "long"} else float(number)


def _composed(shape: Any, stack: tuple[str, ...]) -> Any:
    if shape.type_name == "structure":
        members = dict(shape.members)
        if getattr(shape, "is_tagged_union", False):
            members = dict(list(members.items())[:1])
        inner = (*stack, shape.name)
        return {
            name: full(member, inner)
            for name, member in members.items()
            if member.name not in inner or name in shape.required_members
        }
    if shape.type_name == "list":
        return [full(shape.member, stack) for _ in range(max(1, shape.metadata.get("min", 1)))]
    return {text(shape.key): full(shape.value, stack)}


def lost(sent: Any, seen: Any, path: str = "") -> list[str]:
    """Return the paths of what was sent and is not seen, or is seen otherwise."""
    if isinstance(sent, dict):
        if not isinstance(seen, dict):
            return [path]
        return [
            gone
            for name, value in sent.items()
            for gone in (lost(value, seen[name], f"{path}.{name}") if name in seen else [f"{path}.{name}"])
        ]
    if isinstance(sent, list) and isinstance(seen, list) and len(sent) == len(seen):
        return [
            gone for index, pair in enumerate(zip(sent, seen, strict=True)) for gone in lost(*pair, f"{path}[{index}]")
        ]
    return [] if sent == seen else [path]


MODEL = botocore.session.get_session().get_service_model("sagemaker")

# Create members that Describe answers in another form, as AWS's API reference says.
TRANSFORMED = {
    # a template goes in, its address and digest come out
    "HumanTaskUi": {"UiTemplate"},
    # AWS takes the key under both names and answers with one value
    "Domain": {"HomeEfsFileSystemKmsKeyId"},
}
# Required by the shape, yet left out for a version (developer guide, "View the Details of a Model Version").
UNANSWERED = {"ModelPackage": {"ModelPackageName"}}
# Members that exclude each other in one request.
EXCLUSIVE = {
    "ModelPackage": {"ModelPackageName"},
    "App": {"SpaceName"},
    "Pipeline": {"PipelineDefinitionS3Location"},
}


def shape(operation: str, side: str) -> Any:
    return getattr(MODEL.operation_model(operation), f"{side}_shape")


def request_for(operation: str, kind: str, aws: EmbeddedAws) -> dict[str, Any]:
    request: dict[str, Any] = full(shape(operation, "input"))
    for name in EXCLUSIVE.get(kind, ()):
        request.pop(name, None)
    sm = aws.client("sagemaker")
    if kind in {"UserProfile", "Space", "App"}:
        request["DomainId"] = sm.create_domain(**full(shape("CreateDomain", "input")))["DomainId"]
    if kind == "Endpoint":
        sm.create_endpoint_config(**full(shape("CreateEndpointConfig", "input")))
    if kind == "ImageVersion":
        image = full(shape("CreateImage", "input"))
        sm.create_image(**image)
        request["ImageName"] = image["ImageName"]
    return request


def describe(operation: str, sent: dict[str, Any], answered: dict[str, Any], aws: EmbeddedAws) -> dict[str, Any]:
    asked = shape(operation, "input")
    known = {**sent, **answered}
    if "ModelPackageArn" in answered:
        known["ModelPackageName"] = answered["ModelPackageArn"]
    params = {name: known[name] for name in asked.members if name in known and name != "Alias"}
    described: dict[str, Any] = getattr(aws.client("sagemaker"), xform_name(operation))(**params)
    described.pop("ResponseMetadata")
    return described


CASES = [(kind, f"Create{kind}", f"Describe{kind}") for kind in KINDS] + [
    ("AutoMLJob", "CreateAutoMLJobV2", "DescribeAutoMLJobV2")
]


@pytest.mark.parametrize(("kind", "create", "describes"), CASES, ids=[case[1] for case in CASES])
def test_describe_loses_no_member_that_create_took(aws: EmbeddedAws, kind: str, create: str, describes: str) -> None:
    request = request_for(create, kind, aws)
    answered = getattr(aws.client("sagemaker"), xform_name(create))(**request)
    described = describe(describes, request, answered, aws)
    output = shape(describes, "output")
    row = KINDS[kind]
    if row.wrapper:
        described, output = described[row.wrapper], output.members[row.wrapper]
    renamed = {row.renames.get(name, name): value for name, value in request.items()}
    kept = {name: value for name, value in renamed.items() if name not in TRANSFORMED.get(kind, ())}
    assert lost(prune(output, kept), described) == []
    assert set(output.required_members) <= set(described) | UNANSWERED.get(kind, set())


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_list_shows_the_resource_with_the_required_members(aws: EmbeddedAws, kind: str) -> None:
    request = request_for(f"Create{kind}", kind, aws)
    sm = aws.client("sagemaker")
    getattr(sm, xform_name(f"Create{kind}"))(**request)
    operation = next(name for name in (f"List{kind}s", f"List{kind[:-1]}ies") if name in MODEL.operation_names)
    params = {"ImageName": request["ImageName"]} if kind == "ImageVersion" else {}
    if kind == "ModelPackage":
        params = {"ModelPackageGroupName": request["ModelPackageGroupName"]}
    answered = getattr(sm, xform_name(operation))(**params)
    name, member = next(
        (name, member) for name, member in shape(operation, "output").members.items() if member.type_name == "list"
    )
    assert len(answered[name]) == 1
    required = set(member.member.required_members)
    assert required <= set(answered[name][0])


# Here the service model's pattern is wrong: no region with a digit, or the service iam.
MISSPELLED = {"DeviceFleet", "EdgePackagingJob"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in MISSPELLED])
def test_the_arn_is_one_that_the_service_model_admits(aws: EmbeddedAws, kind: str) -> None:
    request = request_for(f"Create{kind}", kind, aws)
    getattr(aws.client("sagemaker"), xform_name(f"Create{kind}"))(**request)
    (record,) = aws.store().of(KINDS[kind]).values()
    output = shape(f"Describe{kind}", "output")
    output = output.members[kind] if KINDS[kind].wrapper else output
    assert list(violations(output.members[KINDS[kind].arn_member], record.arn)) == []
    tags = aws.client("sagemaker").list_tags(ResourceArn=record.arn)["Tags"]
    assert tags == request.get("Tags", [])

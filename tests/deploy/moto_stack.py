"""Deploys the templates into moto, as `aws cloudformation package` and `deploy` would into an account.

moto leaves out, silently, what it has no model for. Those types are made here through their own APIs, so that botocore
checks what CloudFormation would be told, and a type that nobody makes is an error.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import boto3
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.events.models import EventBus
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

ARTEFACTS = "artefacts"


def packaged(path: Path, load: Callable[[Path], dict[str, Any]], zipped: bytes, region: str) -> str:
    """A template with its local paths replaced by where they are on S3, as `aws cloudformation package` does it.

    Args:
        path: the template.
        load: reads one, `!Ref x` as `{"Ref": "x"}`.
        zipped: what every `Code` stands for.
        region: of the bucket that takes the files.
    """
    s3 = boto3.client("s3", region_name=region)

    def upload(data: bytes, suffix: str) -> str:
        key = hashlib.sha256(data).hexdigest() + suffix
        s3.put_object(Bucket=ARTEFACTS, Key=key, Body=data)
        return key

    template = load(path)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        kind = resource["Type"]
        if kind == "AWS::Lambda::Function":
            properties["Code"] = {"S3Bucket": ARTEFACTS, "S3Key": upload(zipped, ".zip")}
        elif kind == "AWS::StepFunctions::StateMachine":
            data = (path.parent / properties["DefinitionS3Location"]).read_bytes()
            properties["DefinitionS3Location"] = {"Bucket": ARTEFACTS, "Key": upload(data, ".json")}
        elif kind == "AWS::CloudFormation::Stack":
            inner = packaged(path.parent / properties["TemplateURL"], load, zipped, region)
            key = upload(inner.encode(), ".template")
            properties["TemplateURL"] = f"https://s3.amazonaws.com/{ARTEFACTS}/{key}"
    return json.dumps(template)


def _api(service: str, operation: str, **fixed: Any) -> Callable[[str, dict[str, Any], str], str]:
    """Makes a resource whose properties are the parameters of an operation."""

    def make(name: str, properties: dict[str, Any], region: str) -> str:
        wanted = {key: value for key, value in properties.items() if value is not None}
        getattr(boto3.client(service, region_name=region), operation)(**{**fixed, **wanted})
        return str(properties.get("Name") or properties.get("AlarmName") or name)

    return make


def _queue_policy(name: str, properties: dict[str, Any], region: str) -> str:
    sqs = boto3.client("sqs", region_name=region)
    for url in properties["Queues"]:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(properties["PolicyDocument"])})
    return name


def _topic_policy(name: str, properties: dict[str, Any], region: str) -> str:
    sns = boto3.client("sns", region_name=region)
    text = json.dumps(properties["PolicyDocument"])
    for arn in properties["Topics"]:
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=text)
    return name


def _bucket_policy(name: str, properties: dict[str, Any], region: str) -> str:
    text = json.dumps(properties["PolicyDocument"])
    boto3.client("s3", region_name=region).put_bucket_policy(Bucket=properties["Bucket"], Policy=text)
    return name


def _alarm(name: str, properties: dict[str, Any], region: str) -> str:
    # CloudFormation passes numbers on as text where a parameter gave them.
    numbers = {key: int(properties[key]) for key in ("Period", "EvaluationPeriods")}
    put = {**properties, **numbers, "Threshold": float(properties["Threshold"])}
    return _api("cloudwatch", "put_metric_alarm")(name, put, region)


def _bus_policy(name: str, properties: dict[str, Any], region: str) -> str:
    document = {"Version": "2012-10-17", "Statement": [{"Sid": properties["StatementId"], **properties["Statement"]}]}
    events = boto3.client("events", region_name=region)
    events.put_permission(EventBusName=properties["EventBusName"], Policy=json.dumps(document))
    return name


def _table(name: str, properties: dict[str, Any], region: str) -> str:
    _api("glue", "create_table")(name, properties, region)
    return str(properties["TableInput"]["Name"])


def _database(name: str, properties: dict[str, Any], region: str) -> str:
    _api("glue", "create_database")(name, properties, region)
    return str(properties["DatabaseInput"]["Name"])


def _work_group(name: str, properties: dict[str, Any], region: str) -> str:
    given = {
        {"WorkGroupConfiguration": "Configuration"}.get(key, key): value
        for key, value in properties.items()
        if key != "RecursiveDeleteOption"
    }
    return _api("athena", "create_work_group")(name, given, region)


MADE_HERE: dict[str, Callable[[str, dict[str, Any], str], str]] = {
    "AWS::Athena::NamedQuery": _api("athena", "create_named_query"),
    "AWS::Athena::WorkGroup": _work_group,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::Events::EventBusPolicy": _bus_policy,
    "AWS::Glue::Database": _database,
    "AWS::Glue::Table": _table,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::Scheduler::Schedule": _api("scheduler", "create_schedule"),
    "AWS::Scheduler::ScheduleGroup": _api("scheduler", "create_schedule_group"),
}


def _model(kind: str) -> type[CloudFormationModel]:
    make = MADE_HERE[kind]

    class Made(CloudFormationModel):
        # moto files every model under a service of its own.
        __module__ = "moto.cloudformation.models"

        def __init__(self, name: str) -> None:
            self._name = name

        @property
        def physical_resource_id(self) -> str:
            return self._name

        def get_cfn_attribute(self, attribute: str) -> str:
            return f"{self._name}.{attribute}"

        @classmethod
        def has_cfn_attr(cls, attr: str) -> bool:
            return attr == "Arn"

        @staticmethod
        def cloudformation_name_type() -> str:
            return ""

        @staticmethod
        def cloudformation_type() -> str:
            return kind

        @classmethod
        def create_from_cloudformation_json(
            cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
        ) -> CloudFormationModel:
            del account_id
            return cls(make(resource_name, cloudformation_json["Properties"], region_name))

    return Made


def _state_machine(
    cls: type[StateMachine],
    /,
    resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
    **_: Any,
) -> Any:
    """As moto's own, which knows neither a definition on S3 nor the interpreter."""
    del cls
    properties = cloudformation_json["Properties"]
    place = properties["DefinitionS3Location"]
    body = boto3.client("s3", region_name=region_name).get_object(Bucket=place["Bucket"], Key=place["Key"])["Body"]
    definition = body.read().decode()
    for name, value in properties["DefinitionSubstitutions"].items():
        definition = definition.replace(f"${{{name}}}", str(value))
    name = properties.get("StateMachineName", resource_name)
    backend = stepfunctions_parser_backends[account_id][region_name]
    return backend.create_state_machine(name, definition, properties["RoleArn"])


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Teach moto, for one test, what its CloudFormation does not know."""
    parsing.get_model_map.cache_clear()
    known = parsing.get_model_map()
    missing = {kind: _model(kind) for kind in MADE_HERE if kind not in known}
    monkeypatch.setattr(parsing, "get_model_map", lambda: {**known, **missing})
    monkeypatch.setattr(parsing, "resource_name_property_from_type", _name_property(missing))
    # The only model of those used that cannot say what a Ref to it stands for.
    monkeypatch.setattr(EventBus, "physical_resource_id", property(lambda bus: bus.name), raising=False)
    monkeypatch.setattr(StateMachine, "create_from_cloudformation_json", classmethod(_state_machine))


def _name_property(missing: dict[str, Any]) -> Callable[[str], str | None]:
    known = parsing.resource_name_property_from_type
    return lambda kind: None if kind in missing else known(kind)


def unknown_types(template: dict[str, Any]) -> Iterator[str]:
    """Types that moto would leave out without a word."""
    known = parsing.get_model_map()
    for resource in template["Resources"].values():
        if resource["Type"] not in known:
            yield resource["Type"]

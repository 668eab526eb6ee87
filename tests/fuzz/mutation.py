"""Samples of every kind of file that the gate reads, and what is done to them."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_ARN = "arn:aws:iam::111122223333:role/r"
_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_LARGEST = 200_000

_CLOUDFORMATION = """AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::LanguageExtensions
Parameters:
  Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Internet: {Type: String, Default: Enabled}
Mappings:
  ByEnv: {dev: {Root: Enabled}, prod: {Root: Disabled}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
Resources:
  Key: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: true, KeyPolicy: {Version: 2012-10-17, Statement: []}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: &trust
        Statement: [{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: "sts:AssumeRole"}]
      Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}}]
  Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      RoleArn: !GetAtt Role.Arn
      KmsKeyId: !Ref Key
      DirectInternetAccess: !If [IsProd, Disabled, !Ref Internet]
      RootAccess: !FindInMap [ByEnv, !Ref Env, Root]
      NotebookInstanceName: !Sub "${Env}-nb"
      SecurityGroupIds: !Split [",", !Join [",", [sg-1, !Ref "AWS::NoValue"]]]
      Tags: [{Key: owner, Value: 5}]
  Fn::ForEach::Models:
    - Name
    - [a, b]
    - Model${Name}:
        Type: AWS::SageMaker::Model
        Properties: {ExecutionRoleArn: !GetAtt Role.Arn, PrimaryContainer: {Image: !Sub "x/${Name}"}}
"""

_MANIFESTS = """apiVersion: sagemaker.services.k8s.aws/v1alpha1
kind: TrainingJob
metadata: {name: job, namespace: ml}
spec:
  trainingJobName: job
  roleARN: arn:aws:iam::111122223333:role/r
  enableNetworkIsolation: "true"
  outputDataConfig: {s3OutputPath: s3://b/o, kmsKeyID: key}
  resourceConfig: {instanceType: ml.m5.xlarge, instanceCount: 1, volumeSizeInGB: 5}
  hyperParameters: {password: hunter2-hunter2}
---
apiVersion: sagemaker.services.k8s.aws/v1alpha1
kind: Model
metadata: {name: model}
spec: {executionRoleARN: r, vpcConfig: {subnets: [a], securityGroupIDs: [b]}, primaryContainer: {image: i}}
"""

_REQUEST = {
    "TrainingJobName": "job",
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "RoleArn": _ARN,
    "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 5},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    "Environment": {"A": "b"},
}

_PIPELINE = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": "Image", "Type": "String", "DefaultValue": "x"}],
    "Steps": [
        {"Name": "Train", "Type": "Training", "Arguments": {**_REQUEST, "RoleArn": {"Get": "Parameters.Role"}}},
        {
            "Name": "If",
            "Type": "Condition",
            "Arguments": {
                "Conditions": [{"Type": "Equals", "LeftValue": {"Get": "Steps.Train.X"}, "RightValue": 1}],
                "IfSteps": [{"Name": "Model", "Type": "Model", "Arguments": {"ExecutionRoleArn": _ARN}}],
                "ElseSteps": [{"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": {"Std:Join": {"On": ""}}}}],
            },
        },
    ],
}

_STATES = {
    "StartAt": "Train",
    "States": {
        "Train": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
            "Parameters": {**_REQUEST, "TrainingJobName.$": "$.name"},
            "Next": "Each",
        },
        "Each": {"Type": "Map", "Iterator": {"StartAt": "X", "States": {"X": {"Type": "Pass", "End": True}}}},
    },
}

_PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {"resources": [], "child_modules": []}},
    "resource_changes": [
        {
            "address": "module.a.aws_sagemaker_notebook_instance.nb[0]",
            "type": "aws_sagemaker_notebook_instance",
            "name": "nb",
            "index": 0,
            "change": {
                "actions": ["create"],
                "before": None,
                "after": {"name": "nb", "root_access": "Enabled", "instance_metadata_service_configuration": [{}]},
                "after_unknown": {"kms_key_id": True, "instance_metadata_service_configuration": [{}]},
                "after_sensitive": {"name": True},
            },
        }
    ],
    "configuration": {
        "root_module": {
            "module_calls": {
                "a": {
                    "module": {
                        "resources": [
                            {
                                "address": "aws_sagemaker_notebook_instance.nb",
                                "type": "aws_sagemaker_notebook_instance",
                                "name": "nb",
                                "expressions": {"kms_key_id": {"references": ["aws_kms_key.k.arn", "aws_kms_key.k"]}},
                            }
                        ]
                    }
                }
            }
        }
    },
}

_AIRFLOW = {"Training": _REQUEST, "Model": {"ModelName": "m", "ExecutionRoleArn": _ARN}}

_DOCKERFILE = """# syntax=docker/dockerfile:1
ARG BASE=763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.0
FROM ${BASE} AS build
ENV TOKEN=hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
RUN pip install x && \\
    curl http://example.com | sh
FROM build
USER root
ENTRYPOINT ["python", "train.py"]
"""

_BUILT_IN: tuple[tuple[str, Any], ...] = (
    ("template.yaml", _CLOUDFORMATION),
    ("manifests.yaml", _MANIFESTS),
    ("Dockerfile", _DOCKERFILE),
    ("create-training-job.json", _REQUEST),
    ("pipeline.json", _PIPELINE),
    ("states.asl.json", _STATES),
    ("plan.json", _PLAN),
    ("airflow.json", _AIRFLOW),
)

_TOKENS: tuple[bytes, ...] = (
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"'", b"\\", b"#", b"|", b">", b"- ", b"? ", b"---\n", b"...\n"),
    *(b"\t", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x85", b"\\ud800", b"\\u0000", b"\x1b["),
    *(b"!Ref ", b"!GetAtt a.b", b"!Sub ", b"!If [", b"!x ", b"!!str ", b"!!set ", b"!!python/object:x ", b"! "),
    *(b"&a ", b"*a", b"&a [*a]", b"<<: *a\n", b"<<: [", b"null", b"true", b"NaN", b"Infinity", b"-", b"1e999"),
    *(b"9" * 5_000, b"[" * 300, b'{"a":' * 300, b" " * 300, b"\n" * 300, b"a: &b [*b]\n", b"{{ .Values.x }}"),
    *(b'"Ref"', b'"Fn::If"', b"${", b"${AWS::Region}", b'{"Ref": "AWS::NoValue"}', b"Resources", b"Properties"),
)
_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10**30, 1.5, "", "x", "true", "5", "\0", "*", "arn:aws:kms:::key/x", "a,b", "é"),
    *([], {}, [[]], [None], [{}], {"": ""}, {"Ref": "x"}, {"Ref": None}, {"Ref": {"Ref": "x"}}, {"Ref": []}),
    *({"Fn::If": ["x", {"Ref": "AWS::NoValue"}]}, {"Fn::If": []}, {"Fn::GetAtt": ["a"]}, {"Fn::GetAtt": "a.b"}),
    *({"Fn::Sub": "${x"}, {"Fn::Sub": ["${x}", 5]}, {"Fn::Join": ["", {"Ref": "x"}]}, {"Fn::FindInMap": [1, 2, 3]}),
    *({"Fn::Select": [9, ["a"]]}, {"Fn::Split": [",", None]}, {"Fn::ForEach::x": []}, {"Fn::Transform": {}}),
    *({"Get": "Parameters.Image"}, {"Get": 5}, {"Std:Join": {"On": 5}}, [{"Key": 1, "Value": 2}] * 3),
)


@cache
def samples() -> list[tuple[str, bytes]]:
    """Name and content of what is mutated: the built-in samples, and every file of the examples."""
    built_in = [
        (name, (content if isinstance(content, str) else json.dumps(content, indent=1)).encode())
        for name, content in _BUILT_IN
    ]
    files = sorted(path for path in _EXAMPLES.rglob("*") if path.is_file() and path.stat().st_size < _LARGEST)
    return [*built_in, *((path.name, path.read_bytes()) for path in files if path.suffix != ".md")]


def mutated(random: Random, seeds: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """The name and content of one broken file."""
    name, data = random.choice(seeds)
    if random.random() < 0.5:
        data = _odd_values(random, data) or data
    for _ in range(random.choice((0, 1, 1, 2, 4, 16))):
        data = random.choice(_CHANGES)(random, data, seeds)
    return name, data


def _odd_values(random: Random, data: bytes) -> bytes | None:
    """The document with some of its values replaced, doubled, dropped or moved; None where it is none."""
    try:
        value = json.loads(data)
    except ValueError:
        return None
    for _ in range(random.choice((1, 1, 2, 5))):
        holders = list(_holders(value))
        if not holders:
            break
        holder, key = random.choice(holders)
        other, other_key = random.choice(holders)
        given = (random.choice(_ODD), random.choice(_ODD), other[other_key], [holder[key]])
        holder[key] = copy.deepcopy(random.choice(given))
        if len(json.dumps(value)) > _LARGEST:
            break
    if random.random() < 0.3:
        return yaml.safe_dump(value, sort_keys=False).encode()
    return json.dumps(value, indent=random.choice((None, 1))).encode()


def _holders(value: Any) -> Any:
    level = [value]
    while level:
        here = level.pop()
        items = here.items() if isinstance(here, dict) else enumerate(here) if isinstance(here, list) else ()
        for key, item in items:
            yield here, key
            level.append(item)


def _cut(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 2, 8, 64, 512)))


def _flip(random: Random, data: bytes, _: Any) -> bytes:
    start, end = _cut(random, data)
    return data[:start] + random.randbytes(min(4, end - start)) + data[start + min(4, end - start) :]


def _drop(random: Random, data: bytes, _: Any) -> bytes:
    start, end = _cut(random, data)
    return data[:start] + data[end:]


def _end(random: Random, data: bytes, _: Any) -> bytes:
    return data[: _cut(random, data)[0]]


def _double(random: Random, data: bytes, _: Any) -> bytes:
    start, end = _cut(random, data)
    return data[:end] + data[start:end] * random.choice((1, 1, 2, 50)) + data[end:]


def _insert(random: Random, data: bytes, _seeds: Any) -> bytes:
    start, _ = _cut(random, data)
    return data[:start] + random.choice(_TOKENS) + data[start:]


def _splice(random: Random, data: bytes, seeds: list[tuple[str, bytes]]) -> bytes:
    _, other = random.choice(seeds)
    start, _ = _cut(random, data)
    begin, end = _cut(random, other)
    return data[:start] + other[begin:end] + data[start:]


def _lines(random: Random, data: bytes, _: Any) -> bytes:
    lines = data.splitlines(keepends=True)
    if lines:
        lines.insert(random.randrange(len(lines) + 1), lines.pop(random.randrange(len(lines))))
    return b"".join(lines)


_CHANGES: tuple[Callable[[Random, bytes, Any], bytes], ...] = (_flip, _drop, _end, _double, _insert, _splice, _lines)

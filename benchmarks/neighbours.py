"""What the services around SageMaker answer in the synthetic account: small, valid and always the same.

Values are in botocore's spelling. What is not listed here is answered by ``wire.empty`` (a list operation has
nothing to list) or with the operation's own not-found error.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from benchmarks import identities, world
from benchmarks.identities import TAGS, THEN, allow, policy
from benchmarks.wire import ApiError, Call

Value = dict[str, Any]


def _regions(opted_in: str) -> Callable[[Call], Value]:
    def answer(_: Call) -> Value:
        names = world.REGIONS
        if opted_in == "RegionOptStatus":
            return {"Regions": [{"RegionName": name, "RegionOptStatus": "ENABLED_BY_DEFAULT"} for name in names]}
        return {
            "Regions": [
                {
                    "RegionName": name,
                    "OptInStatus": "opt-in-not-required",
                    "Endpoint": f"ec2.{name}.amazonaws.com",
                }
                for name in names
            ]
        }

    return answer


def _asked(call: Call, id_name: str) -> set[str]:
    """Return the values that an EC2 request names: by id or by a filter on any field."""
    values = set()
    for key, value in call.params.items():
        if key.startswith(f"{id_name}.") or (key.startswith("Filter.") and ".Value." in key):
            values.add(value)
    return values


def _ec2(member: str, id_name: str, items: list[Value]) -> Callable[[Call], Value]:
    """Answer an EC2 Describe operation: the items that are asked for, or all."""

    def answer(call: Call) -> Value:
        asked = _asked(call, id_name)
        return {member: [item for item in items if not asked or asked & set(map(str, _leaves(item)))]}

    return answer


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _subnet_vpc(number: int) -> str:
    return world.VPCS[number % len(world.VPCS)]


_VPCS = [{"VpcId": vpc, "CidrBlock": "10.0.0.0/16", "State": "available", "IsDefault": False} for vpc in world.VPCS]
_SUBNETS = [
    {
        "SubnetId": subnet,
        "VpcId": _subnet_vpc(n),
        "CidrBlock": f"10.0.{n}.0/24",
        "MapPublicIpOnLaunch": n == 0,
    }
    for n, subnet in enumerate(world.SUBNETS)
]
_ROUTES = [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}]
_ROUTE_TABLES = [
    {
        "RouteTableId": f"rtb-0a1b2c3d4e5f6{n:04d}",
        "VpcId": vpc,
        "Associations": [{"Main": True, "RouteTableId": f"rtb-0a1b2c3d4e5f6{n:04d}"}],
        "Routes": _ROUTES,
    }
    for n, vpc in enumerate(world.VPCS)
]
_EGRESS = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
_GROUPS = [
    {
        "GroupId": group,
        "GroupName": f"ml-{n}",
        "VpcId": _subnet_vpc(n),
        "IpPermissions": [],
        "IpPermissionsEgress": [_EGRESS],
    }
    for n, group in enumerate(world.SECURITY_GROUPS)
]
_ENDPOINTS = [
    {
        "VpcEndpointId": f"vpce-0a1b2c3d4e5f6{n:04d}",
        "VpcEndpointType": "Gateway" if service == "s3" else "Interface",
        "VpcId": world.VPCS[0],
        "ServiceName": f"com.amazonaws.{world.REGION}.{service}",
        "State": "available",
        "PolicyDocument": policy(allow("*", "*", Principal="*")),
        "PrivateDnsEnabled": service != "s3",
    }
    for n, service in enumerate(("s3", "sagemaker.api", "sagemaker.runtime", "logs"))
]
_FLOW_LOGS = [
    {
        "FlowLogId": "fl-0a1b2c3d4e5f60001",
        "FlowLogStatus": "ACTIVE",
        "ResourceId": world.VPCS[0],
        "TrafficType": "ALL",
    }
]


def _vpc_attribute(call: Call) -> Value:
    attribute = call.params["Attribute"]
    return {"VpcId": call.params["VpcId"], attribute[0].upper() + attribute[1:]: {"Value": True}}


def _kms_key(call: Call) -> str:
    asked = str(json.loads(call.body).get("KeyId", "")).rpartition("/")[2]
    if asked not in world.KEYS:
        raise ApiError("NotFoundException", f"Key '{asked}' does not exist")
    return asked


def _describe_key(call: Call) -> Value:
    key = _kms_key(call)
    metadata = {
        "AWSAccountId": world.ACCOUNT,
        "KeyId": key,
        "Arn": world.key_arn(key),
        "CreationDate": THEN,
        "Enabled": True,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "MultiRegion": False,
    }
    return {"KeyMetadata": metadata}


def _rotation(call: Call) -> Value:
    return {"KeyRotationEnabled": _kms_key(call) != world.KEYS[-1], "KeyId": _kms_key(call)}


def _key_policy(call: Call) -> Value:
    _kms_key(call)
    root = allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{world.ACCOUNT}:root"})
    return {"Policy": policy(root), "PolicyName": "default"}


def _bucket(call: Call) -> str:
    bucket = call.params[""].strip("/").partition("/")[0]
    if bucket not in world.BUCKETS:
        raise ApiError("NoSuchBucket", "The specified bucket does not exist", 404)
    return bucket


def _of_bucket(value: Value) -> Callable[[Call], Value]:
    def answer(call: Call) -> Value:
        _bucket(call)
        return value

    return answer


def _lacking(code: str) -> Callable[[Call], Value]:
    def answer(call: Call) -> Value:
        _bucket(call)
        raise ApiError(code, "There is none.", 404)

    return answer


def _bucket_policy(call: Call) -> Value:
    resource = f"arn:aws:s3:::{_bucket(call)}/*"
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource, "Condition": insecure}
    return {"Policy": policy(deny)}


_BLOCK = {
    "PublicAccessBlockConfiguration": dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
}
_SSE = {
    "ServerSideEncryptionConfiguration": {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": world.key_arn(world.KEYS[0]),
                },
                "BucketKeyEnabled": True,
            }
        ]
    }
}
_TRAIL_ARN = world.arn("cloudtrail", "trail/organization")
_TRAIL = {
    "Name": "organization",
    "S3BucketName": "ml-logs",
    "IncludeGlobalServiceEvents": True,
    "IsMultiRegionTrail": True,
    "HomeRegion": world.REGION,
    "TrailARN": _TRAIL_ARN,
    "LogFileValidationEnabled": True,
    "KmsKeyId": world.key_arn(world.KEYS[0]),
    "HasCustomEventSelectors": True,
    "HasInsightSelectors": False,
    "IsOrganizationTrail": False,
}
_SELECTORS = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
_LOG_GROUPS = [
    {
        "logGroupName": f"/aws/sagemaker/{family}",
        "arn": world.arn("logs", f"log-group:/aws/sagemaker/{family}:*"),
        "logGroupArn": world.arn("logs", f"log-group:/aws/sagemaker/{family}"),
        "creationTime": int(THEN * 1000),
        "retentionInDays": 90,
        "metricFilterCount": 0,
        "storedBytes": 1_000_000,
    }
    for family in ("TrainingJobs", "ProcessingJobs", "TransformJobs", "NotebookInstances")
]
_REPOSITORIES = [
    {
        "repositoryArn": world.arn("ecr", f"repository/{name}"),
        "registryId": world.ACCOUNT,
        "repositoryName": name,
        "repositoryUri": world.image(name).partition(":")[0],
        "createdAt": THEN,
        "imageTagMutability": "IMMUTABLE" if n else "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": bool(n)},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }
    for n, name in enumerate(world.REPOSITORIES)
]


def _repositories(call: Call) -> Value:
    asked = json.loads(call.body).get("repositoryNames")
    return {"repositories": [item for item in _REPOSITORIES if not asked or item["repositoryName"] in asked]}


_S3: Final[Mapping[str, Value]] = {
    "HeadBucket": {"BucketRegion": world.REGION},
    "GetBucketLocation": {},
    "GetBucketEncryption": _SSE,
    "GetPublicAccessBlock": _BLOCK,
    "GetBucketVersioning": {"Status": "Enabled"},
    "GetBucketLogging": {"LoggingEnabled": {"TargetBucket": "ml-logs", "TargetPrefix": "s3/"}},
    "GetBucketPolicyStatus": {"PolicyStatus": {"IsPublic": False}},
    "GetBucketTagging": {"TagSet": TAGS},
    "GetBucketOwnershipControls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
}
_OTHER: Final[Mapping[tuple[str, str], Value | Callable[[Call], Value]]] = {
    ("account", "ListRegions"): _regions("RegionOptStatus"),
    ("ec2", "DescribeRegions"): _regions("OptInStatus"),
    ("ec2", "DescribeVpcs"): _ec2("Vpcs", "VpcId", _VPCS),
    ("ec2", "DescribeSubnets"): _ec2("Subnets", "SubnetId", _SUBNETS),
    ("ec2", "DescribeRouteTables"): _ec2("RouteTables", "RouteTableId", _ROUTE_TABLES),
    ("ec2", "DescribeSecurityGroups"): _ec2("SecurityGroups", "GroupId", _GROUPS),
    ("ec2", "DescribeVpcEndpoints"): _ec2("VpcEndpoints", "VpcEndpointId", _ENDPOINTS),
    ("ec2", "DescribeVpcAttribute"): _vpc_attribute,
    ("ec2", "GetEbsEncryptionByDefault"): {"EbsEncryptionByDefault": True},
    ("ec2", "DescribeFlowLogs"): _ec2("FlowLogs", "FlowLogId", _FLOW_LOGS),
    ("kms", "DescribeKey"): _describe_key,
    ("kms", "GetKeyRotationStatus"): _rotation,
    ("kms", "GetKeyPolicy"): _key_policy,
    ("kms", "ListKeys"): {
        "Keys": [{"KeyId": key, "KeyArn": world.key_arn(key)} for key in world.KEYS],
        "Truncated": False,
    },
    ("s3", "ListBuckets"): {"Buckets": [{"Name": name, "CreationDate": THEN} for name in world.BUCKETS]},
    ("s3", "GetBucketPolicy"): _bucket_policy,
    ("s3control", "GetPublicAccessBlock"): _BLOCK,
    ("cloudtrail", "DescribeTrails"): {"trailList": [_TRAIL]},
    ("cloudtrail", "GetTrail"): {"Trail": _TRAIL},
    ("cloudtrail", "ListTrails"): {
        "Trails": [{"TrailARN": _TRAIL_ARN, "Name": "organization", "HomeRegion": world.REGION}]
    },
    ("cloudtrail", "GetTrailStatus"): {"IsLogging": True, "LatestDeliveryTime": THEN},
    ("cloudtrail", "GetEventSelectors"): {"TrailARN": _TRAIL_ARN, "EventSelectors": _SELECTORS},
    ("logs", "DescribeLogGroups"): {"logGroups": _LOG_GROUPS},
    ("ecr", "DescribeRepositories"): _repositories,
    ("ecr", "GetRegistryScanningConfiguration"): {
        "registryId": world.ACCOUNT,
        "scanningConfiguration": {"scanType": "BASIC", "rules": []},
    },
}
# The codes with which S3 says that a bucket has no such configuration (API reference of each operation).
_S3_LACKING: Final[Mapping[str, str]] = {
    "GetBucketCors": "NoSuchCORSConfiguration",
    "GetBucketLifecycleConfiguration": "NoSuchLifecycleConfiguration",
    "GetBucketReplication": "ReplicationConfigurationNotFoundError",
    "GetBucketWebsite": "NoSuchWebsiteConfiguration",
    "GetObjectLockConfiguration": "ObjectLockConfigurationNotFoundError",
}
ANSWERS: Final[Mapping[tuple[str, str], Value | Callable[[Call], Value]]] = {
    **_OTHER,
    **identities.ANSWERS,
    **{("s3", name): _of_bucket(value) for name, value in _S3.items()},
    **{("s3", name): _lacking(code) for name, code in _S3_LACKING.items()},
}


def answer(call: Call) -> Value | None:
    """Return the neighbour's answer to ``call`` in botocore's spelling, or None where none is prepared.

    Raises:
        ApiError: what the call names does not exist.
    """
    prepared = ANSWERS.get((call.service, call.operation))
    return prepared(call) if callable(prepared) else prepared

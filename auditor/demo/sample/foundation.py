"""What lies under SageMaker: keys, networks, buckets, logs, the trail, repositories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditor.demo.sample.site import Site

FOREIGN_KEY = "arn:aws:kms:eu-west-1:210987654321:key/8f6b1c2d-3e4f-4a5b-9c6d-7e8f9a0b1c2d"
_ENDPOINTS = ("sagemaker.api", "sagemaker.runtime", "ecr.api", "ecr.dkr", "logs", "kms", "sts")

# EC2 takes any character in a tag, so what a hostile colleague can write is found here.
HOSTILE_TAGS = {
    "Name": "<script>alert(1)</script>",
    "Owner": '"><img src=x onerror=alert(1)>',
    "Formula": '=HYPERLINK("http://example.com","click")',
    "Direction": "invoice\u202egnp.exe",
    "Long": "x" * 256,
}


def create_keys(site: Site) -> None:
    """Create customer managed keys, one of them to be deleted, and use AWS managed ones."""
    kms = site.aws("kms")
    for name, rotation in (("fraud", True), ("imaging", True), ("platform", False), ("retired", False)):
        key = kms.create_key(Description=f"Northwind {name}", Tags=[{"TagKey": "Owner", "TagValue": f"{name}-ml"}])[
            "KeyMetadata"
        ]
        kms.create_alias(AliasName=f"alias/nw-{name}", TargetKeyId=key["KeyId"])
        if rotation:
            kms.enable_key_rotation(KeyId=key["KeyId"])
        site.ids[f"key-{name}"] = key["Arn"]
    kms.schedule_key_deletion(KeyId=site.ids["key-retired"].rsplit("/", 1)[-1], PendingWindowInDays=30)
    for alias in ("alias/aws/sagemaker", "alias/aws/s3", "alias/aws/ebs"):
        site.ids[alias] = kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"]


def create_networks(site: Site) -> None:
    """Create a VPC as it should be and one of the research group."""
    _private_vpc(site)
    _research_vpc(site)


def _tagged(kind: str, **tags: str) -> list[dict[str, Any]]:
    """Return a TagSpecifications parameter."""
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def _vpc(site: Site, name: str, block: str) -> str:
    """Create a VPC and return its id."""
    ec2 = site.aws("ec2")
    created = ec2.create_vpc(CidrBlock=block, TagSpecifications=_tagged("vpc", Name=name, Owner="ml-platform"))
    vpc: str = created["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    site.ids[name] = vpc
    return vpc


def _private_vpc(site: Site) -> None:
    """Create private subnets in three zones, endpoints for what SageMaker calls, and flow logs."""
    ec2 = site.aws("ec2")
    vpc = _vpc(site, "vpc-private", "10.20.0.0/16")
    for index, zone in enumerate("abc"):
        subnet = ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.20.{index}.0/24",
            AvailabilityZone=site.region + zone,
            TagSpecifications=_tagged("subnet", Name=f"ml-private-{zone}"),
        )
        site.ids[f"subnet-private-{zone}"] = subnet["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    subnets = [site.ids[f"subnet-private-{zone}"] for zone in "abc"]
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    group = ec2.create_security_group(VpcId=vpc, GroupName="ml-internal", Description="Within the VPC only")
    site.ids["sg-closed"] = group["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group["GroupId"],
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.20.0.0/16"}]}],
    )
    _vpc_endpoints(site, vpc, subnets, table)
    ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::northwind-access-logs/flow",
    )


def _vpc_endpoints(site: Site, vpc: str, subnets: list[str], table: str) -> None:
    """Create the endpoints of the services that SageMaker calls, S3's for this account's buckets only."""
    ec2 = site.aws("ec2")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceAccount": site.account}},
    }
    for service in _ENDPOINTS:
        ec2.create_vpc_endpoint(
            VpcId=vpc,
            VpcEndpointType="Interface",
            ServiceName=f"com.amazonaws.{site.region}.{service}",
            SubnetIds=subnets,
            SecurityGroupIds=[site.ids["sg-closed"]],
            PrivateDnsEnabled=True,
        )
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Gateway",
        ServiceName=f"com.amazonaws.{site.region}.s3",
        RouteTableIds=[table],
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def _research_vpc(site: Site) -> None:
    """Create a VPC with a public subnet, an open security group, no endpoints and no flow logs."""
    ec2 = site.aws("ec2")
    vpc = _vpc(site, "vpc-research", "10.40.0.0/16")
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.40.0.0/24", AvailabilityZone=f"{site.region}a")["Subnet"][
        "SubnetId"
    ]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    site.ids["subnet-public-a"] = subnet
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    group = ec2.create_security_group(
        VpcId=vpc,
        GroupName="research-open",
        Description="temporary",
        TagSpecifications=_tagged("security-group", **HOSTILE_TAGS),
    )
    site.ids["sg-open"] = group["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group["GroupId"],
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
            {"IpProtocol": "tcp", "FromPort": 8888, "ToPort": 8888, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        ],
    )


def create_buckets(site: Site) -> None:
    """Create the company's buckets: kept, forgotten and open ones."""
    s3 = site.aws("s3")
    where = {"LocationConstraint": site.region}
    for name in (
        "northwind-access-logs",
        "northwind-fraud-data",
        "northwind-imaging-dicom",
        "northwind-recsys-data",
        "northwind-public-models",
        "northwind-trail",
    ):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    for name in ("northwind-fraud-data", "northwind-imaging-dicom", "northwind-trail"):
        s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration=dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
            ),
        )
    for name, key in (("northwind-fraud-data", "key-fraud"), ("northwind-imaging-dicom", "key-imaging")):
        rule = {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms",
                "KMSMasterKeyID": site.ids[key],
            },
            "BucketKeyEnabled": True,
        }
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_bucket_versioning(Bucket="northwind-fraud-data", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_policy(Bucket="northwind-fraud-data", Policy=_statement("northwind-fraud-data", "Deny"))
    s3.put_bucket_policy(Bucket="northwind-public-models", Policy=_statement("northwind-public-models", "Allow"))
    s3.put_bucket_tagging(
        Bucket="northwind-fraud-data",
        Tagging={"TagSet": [{"Key": "DataClass", "Value": "confidential"}, {"Key": "Owner", "Value": "fraud-ml"}]},
    )


def _statement(bucket: str, effect: str) -> str:
    """Return a bucket policy that denies plain HTTP, or one that lets everybody read."""
    statement: dict[str, Any] = {
        "Effect": effect,
        "Principal": "*",
        "Action": "s3:GetObject" if effect == "Allow" else "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    if effect == "Deny":
        statement["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def create_trail(site: Site) -> None:
    """Create the one trail, for all regions."""
    trail = site.aws("cloudtrail")
    trail.create_trail(
        Name="northwind-all-regions",
        S3BucketName="northwind-trail",
        IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True,
    )
    trail.start_logging(Name="northwind-all-regions")


def create_operations(site: Site) -> None:
    """Create log groups, repositories, an alarm and a scaling target."""
    logs = site.aws("logs")
    for group, retention in (("TrainingJobs", 0), ("ProcessingJobs", 0), ("Endpoints/fraud-scoring", 365)):
        name = f"/aws/sagemaker/{group}"
        logs.create_log_group(logGroupName=name)
        if retention:
            logs.put_retention_policy(logGroupName=name, retentionInDays=retention)
    ecr = site.aws("ecr")
    ecr.create_repository(
        repositoryName="nw-fraud-train",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "KMS", "kmsKey": site.ids["key-fraud"]},
    )
    ecr.create_repository(repositoryName="nw-recsys-serve")
    site.aws("cloudwatch").put_metric_alarm(
        AlarmName="fraud-scoring 5xx",
        AlarmDescription='<b onmouseover="alert(1)">page the fraud team</b>',
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[
            {"Name": "EndpointName", "Value": "fraud-scoring"},
            {"Name": "VariantName", "Value": "primary"},
        ],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=5,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )


def create_scaling(site: Site) -> None:
    """Scale one variant of one endpoint."""
    scaling = site.aws("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/fraud-scoring/variant/primary",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=2, MaxCapacity=6)
    scaling.put_scaling_policy(
        **target,
        PolicyName="invocations",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 700.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "ScaleInCooldown": 300,
            "ScaleOutCooldown": 60,
        },
    )

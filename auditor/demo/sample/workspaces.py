"""Where people work: notebook instances and Studio."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditor.demo.sample.site import Site

_SCRIPT = base64.b64encode(b"#!/bin/bash\nset -e\npip install --quiet northwind-tools\n").decode()
_LEAKY = base64.b64encode(
    b"#!/bin/bash\nexport DB_PASSWORD=not-a-real-secret\ncurl http://example.com/setup.sh | bash\n"
).decode()

# name, type, role, network ("" none), key, other members, age in days, status, tags
_NOTEBOOKS: tuple[tuple[str, str, str, str, str | None, dict[str, Any], float, str, dict[str, str]], ...] = (
    (
        "fraud-explore-01",
        "ml.t3.xlarge",
        "nw-fraud-training",
        "private",
        "key-fraud",
        {
            "DirectInternetAccess": "Disabled",
            "RootAccess": "Disabled",
            "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
            "PlatformIdentifier": "notebook-al2-v3",
            "LifecycleConfigName": "nw-standard",
        },
        200,
        "InService",
        {"Owner": "amelie.laurent", "CostCenter": "4410", "DataClass": "confidential"},
    ),
    (
        "fraud-explore-02",
        "ml.t3.xlarge",
        "nw-fraud-training",
        "private",
        "key-fraud",
        {"DirectInternetAccess": "Disabled", "RootAccess": "Disabled", "LifecycleConfigName": "nw-standard"},
        190,
        "Stopped",
        {"Owner": "priya.nair", "CostCenter": "4410", "DataClass": "confidential"},
    ),
    ("recsys-dev", "ml.m5.xlarge", "nw-recsys-training", "", None, {}, 410, "InService", {"Owner": "recsys"}),
    (
        "recsys-dev-gpu",
        "ml.g5.xlarge",
        "nw-recsys-training",
        "",
        "alias/aws/ebs",
        {"RootAccess": "Disabled", "VolumeSizeInGB": 200},
        120,
        "InService",
        {"Owner": "recsys", "CostCenter": "4520"},
    ),
    (
        "imaging-lab",
        "ml.p3.2xlarge",
        "nw-imaging-research",
        "public",
        None,
        {"LifecycleConfigName": "research-bootstrap", "DefaultCodeRepository": "imaging-notebooks"},
        700,
        "InService",
        {"Owner": "research", "Comment": "=SUM+1 -do not delete-", "DataClass": "phi"},
    ),
    (
        "imaging-dicom-viewer",
        "ml.t3.medium",
        "nw-imaging-training",
        "single",
        "alias/nw-imaging",
        {"DirectInternetAccess": "Disabled"},
        80,
        "InService",
        {"Owner": "imaging-ml", "DataClass": "phi"},
    ),
    ("legacy-churn", "ml.t2.medium", "nw-legacy-notebooks", "", None, {}, 1500, "Stopped", {}),
    ("legacy-forecast", "ml.t2.large", "nw-legacy-notebooks", "", "key-retired", {}, 1400, "Failed", {}),
    (
        "onboarding-workshop",
        "ml.t3.medium",
        "nw-studio-default",
        "",
        None,
        {"DefaultCodeRepository": "https://github.com/aws/amazon-sagemaker-examples"},
        30,
        "InService",
        {"Owner": "jonas.weber"},
    ),
    (
        "n" + "o" * 61 + "k",
        "ml.t3.medium",
        "nw-studio-default",
        "private",
        "key-platform",
        {"DirectInternetAccess": "Enabled"},
        12,
        "InService",
        {"Owner": "@example-team", "Note": "x" * 256},
    ),
)
_AWAY = (
    ("us-fraud-eval", "nw-fraud-training", "private", "key-fraud", "Disabled"),
    ("us-sandbox-1", "nw-imaging-research", "", None, "Enabled"),
    ("us-sandbox-2", "nw-legacy-notebooks", "", None, "Enabled"),
    ("us-recsys-ab", "nw-recsys-training", "public", "key-platform", "Enabled"),
    ("us-clinic-demo", "nw-studio-default", "private", "alias/nw-platform", "Disabled"),
)


def key_of(site: Site, name: str | None) -> str | None:
    """Return a key as a request names it: an alias as it stands, "key-..." as its ARN, "id-..." as its id."""
    if name is None or name.startswith(("alias/", "arn:")):
        return name
    if name.startswith("id-"):
        return site.ids["key-" + name.removeprefix("id-")].rsplit("/", 1)[-1]
    return site.ids[name]


def create_notebooks(site: Site, home: bool) -> None:
    """Create repositories, lifecycle scripts and notebook instances."""
    if not home:
        for name, role, network, key, internet in _AWAY:
            _notebook(site, (name, "ml.t3.large", role, network, key, {"DirectInternetAccess": internet}))
        return
    git = {"RepositoryUrl": "https://github.com/northwind-health/imaging-notebooks.git", "Branch": "main"}
    site.create("CodeRepository", CodeRepositoryName="imaging-notebooks", GitConfig=git)
    secret = site.arn("secretsmanager", "secret:AmazonSageMaker-git-AbCdEf")
    url = "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fraud"
    site.create("CodeRepository", CodeRepositoryName="fraud", GitConfig={"RepositoryUrl": url, "SecretArn": secret})
    for name, script in (("nw-standard", _SCRIPT), ("research-bootstrap", _LEAKY)):
        site.create(
            "NotebookInstanceLifecycleConfig",
            NotebookInstanceLifecycleConfigName=name,
            OnStart=[{"Content": script}],
            OnCreate=[{"Content": _SCRIPT}],
        )
    for *row, days, status, tags in _NOTEBOOKS:
        _notebook(site, tuple(row), days, status, tags)


def _notebook(
    site: Site, row: tuple[Any, ...], days: float = 60.0, status: str = "InService", tags: Any = None
) -> None:
    """Create one notebook instance."""
    name, instance, role, network, key, members = row
    where = site.network(network) if network else {}
    site.create(
        "NotebookInstance",
        days,
        {"NotebookInstanceStatus": status},
        tags,
        NotebookInstanceName=name,
        InstanceType=instance,
        RoleArn=site.role(role),
        KmsKeyId=key_of(site, key),
        SubnetId=where["Subnets"][0] if where else None,
        SecurityGroupIds=where.get("SecurityGroupIds"),
        **members,
    )


def create_studio(site: Site, home: bool) -> None:
    """Create domains with profiles, spaces and apps."""
    network = site.network()
    if home:
        _images(site)
        clinical = site.create(
            "Domain",
            300,
            tags={"Owner": "ml-platform", "CostCenter": "4400"},
            DomainName="northwind-clinical",
            AuthMode="IAM",
            VpcId=site.ids["vpc-private"],
            SubnetIds=network["Subnets"],
            AppNetworkAccessType="VpcOnly",
            KmsKeyId=site.ids["key-imaging"],
            DefaultUserSettings={
                "ExecutionRole": site.role("nw-imaging-training"),
                "SecurityGroups": network["SecurityGroupIds"],
                "SharingSettings": {
                    "NotebookOutputOption": "Allowed",
                    "S3OutputPath": "s3://northwind-imaging-dicom/shared",
                    "S3KmsKeyId": site.ids["key-imaging"],
                },
                "JupyterLabAppSettings": {
                    "AppLifecycleManagement": {
                        "IdleSettings": {"LifecycleManagement": "ENABLED", "IdleTimeoutInMinutes": 60}
                    }
                },
            },
            DomainSettings={"SecurityGroupIds": network["SecurityGroupIds"]},
        )
        _members(site, clinical["DomainId"], ("amelie-laurent", "priya-nair"), "nw-imaging-training")
    lab = site.create(
        "Domain",
        600,
        tags={"Owner": "research"},
        DomainName=f"northwind-lab-{site.region}",
        AuthMode="IAM",
        VpcId=site.ids["vpc-research"],
        SubnetIds=[site.ids["subnet-public-a"]],
        DefaultUserSettings={
            "ExecutionRole": site.role("nw-studio-default"),
            "SharingSettings": {
                "NotebookOutputOption": "Allowed",
                "S3OutputPath": "s3://northwind-public-models/shared",
            },
        },
    )
    _members(site, lab["DomainId"], ("jonas-weber", "old-contractor", "guest"), "nw-imaging-research")


def _members(site: Site, domain: str, people: tuple[str, ...], role: str) -> None:
    """Create the profiles of a domain, a private space for each, one shared space, and running apps."""
    for name in people:
        settings = {"ExecutionRole": site.role(role)} if name != "guest" else None
        site.create("UserProfile", 200, DomainId=domain, UserProfileName=name, UserSettings=settings)
        site.create(
            "Space",
            100,
            DomainId=domain,
            SpaceName=f"{name}-lab",
            OwnershipSettings={"OwnerUserProfileName": name},
            SpaceSharingSettings={"SharingType": "Private"},
            SpaceSettings={
                "AppType": "JupyterLab",
                "JupyterLabAppSettings": {"DefaultResourceSpec": {"InstanceType": "ml.t3.medium"}},
                "SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": 50}},
            },
        )
        site.create("App", 3, DomainId=domain, SpaceName=f"{name}-lab", AppType="JupyterLab", AppName="default")
    site.create(
        "Space",
        90,
        DomainId=domain,
        SpaceName="team-shared",
        OwnershipSettings={"OwnerUserProfileName": people[0]},
        SpaceSharingSettings={"SharingType": "Shared"},
        SpaceSettings={"AppType": "CodeEditor"},
    )


def _images(site: Site) -> None:
    """Create custom images, their configuration and a Studio lifecycle script."""
    site.create(
        "Image",
        150,
        ImageName="nw-imaging-lab",
        RoleArn=site.role("nw-imaging-training"),
        DisplayName="Imaging lab",
    )
    base = f"{site.account}.dkr.ecr.{site.region}.amazonaws.com/nw-fraud-train:lab"
    site.create("ImageVersion", 150, ImageName="nw-imaging-lab", BaseImage=base, ClientToken="nw-imaging-lab-1")
    site.create("Image", 20, ImageName="scratch", RoleArn=site.role("nw-imaging-research"))
    site.create(
        "AppImageConfig",
        150,
        AppImageConfigName="nw-imaging-lab",
        JupyterLabAppImageConfig={"FileSystemConfig": {"DefaultUid": 1000, "DefaultGid": 100}},
    )
    site.create(
        "AppImageConfig",
        20,
        AppImageConfigName="scratch-root",
        KernelGatewayImageConfig={
            "KernelSpecs": [{"Name": "python3"}],
            "FileSystemConfig": {"DefaultUid": 0, "DefaultGid": 0},
        },
    )
    for name, script in (("auto-stop", _SCRIPT), ("mount-share", _LEAKY)):
        site.create(
            "StudioLifecycleConfig",
            140,
            StudioLifecycleConfigName=name,
            StudioLifecycleConfigContent=script,
            StudioLifecycleConfigAppType="JupyterLab",
        )

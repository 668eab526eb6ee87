"""Identity: roles good and bad, users with and without MFA. IAM is global, so this is done once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditor.demo.sample.site import Site

_MANAGED = "arn:aws:iam::aws:policy/"


def _policy(*statements: dict[str, Any]) -> str:
    """Return a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _trust(principal: Any, condition: dict[str, Any] | None = None) -> str:
    """Return a trust policy for one principal."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return _policy({**statement, "Condition": condition} if condition else statement)


def _sagemaker(site: Site, *, guarded: bool) -> str:
    """Return a trust policy for SageMaker, with or without the guard against the confused deputy."""
    condition = {
        "StringEquals": {"aws:SourceAccount": site.account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:*:{site.account}:*"},
    }
    return _trust({"Service": "sagemaker.amazonaws.com"}, condition if guarded else None)


def create_people(site: Site) -> None:
    """Create roles, users, a group and the password policy."""
    _good_roles(site)
    _bad_roles(site)
    _users(site)
    site.aws("iam").update_account_password_policy(
        MinimumPasswordLength=8, RequireNumbers=True, AllowUsersToChangePassword=True
    )


def _role(site: Site, name: str, trust: str, description: str = "", **tags: str) -> None:
    """Create a role."""
    site.aws("iam").create_role(
        RoleName=name,
        AssumeRolePolicyDocument=trust,
        Description=description,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )


def _inline(site: Site, role: str, *statements: dict[str, Any]) -> None:
    """Give a role an inline policy."""
    site.aws("iam").put_role_policy(RoleName=role, PolicyName=f"{role}-inline", PolicyDocument=_policy(*statements))


def _allow(actions: list[str], resources: Any, **rest: Any) -> dict[str, Any]:
    """Return an Allow statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **rest}


def _good_roles(site: Site) -> None:
    """Create roles that a reviewer would wave through."""
    for team, bucket in (("fraud", "northwind-fraud-data"), ("imaging", "northwind-imaging-dicom")):
        name = f"nw-{team}-training"
        _role(
            site,
            name,
            _sagemaker(site, guarded=True),
            f"Training jobs of the {team} team",
            Owner=f"{team}-ml",
        )
        _inline(
            site,
            name,
            _allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*"),
            _allow(["s3:ListBucket"], f"arn:aws:s3:::{bucket}"),
            _allow(
                ["kms:Decrypt", "kms:GenerateDataKey"],
                site.arn("kms", "key/*"),
                Condition={"StringEquals": {"kms:ViaService": f"s3.{site.region}.amazonaws.com"}},
            ),
            _allow(["logs:CreateLogStream", "logs:PutLogEvents"], site.arn("logs", "log-group:/aws/sagemaker/*")),
        )
    _role(
        site,
        "nw-pipelines",
        _sagemaker(site, guarded=True),
        "Runs the retraining pipelines",
        Owner="ml-platform",
    )
    _inline(
        site,
        "nw-pipelines",
        _allow(["sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob", "sagemaker:AddTags"], "*"),
        _allow(
            ["iam:PassRole"],
            [site.role("nw-fraud-training")],
            Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    )


def _bad_roles(site: Site) -> None:
    """Create the roles that grew over the years; one description holds what IAM allows there."""
    iam = site.aws("iam")
    _role(site, "nw-recsys-training", _sagemaker(site, guarded=False), "Recommender training", Owner="recsys")
    iam.attach_role_policy(RoleName="nw-recsys-training", PolicyArn=_MANAGED + "AmazonSageMakerFullAccess")
    _role(site, "nw-imaging-research", _sagemaker(site, guarded=False), "Research sandbox, temporary (2022)")
    iam.attach_role_policy(RoleName="nw-imaging-research", PolicyArn=_MANAGED + "AdministratorAccess")
    _role(
        site,
        "nw-legacy-notebooks",
        _sagemaker(site, guarded=False),
        "Notebooks <script>alert(1)</script> of the old platform",
    )
    _inline(
        site,
        "nw-legacy-notebooks",
        _allow(["sagemaker:*", "s3:*"], "*"),
        _allow(["iam:PassRole"], "*"),
        _allow(["kms:*"], "*"),
    )
    _role(site, "nw-studio-default", _sagemaker(site, guarded=False), "Default of the Studio domain")
    iam.attach_role_policy(RoleName="nw-studio-default", PolicyArn=_MANAGED + "AmazonSageMakerFullAccess")
    iam.attach_role_policy(RoleName="nw-studio-default", PolicyArn=_MANAGED + "AmazonSageMakerCanvasFullAccess")
    _role(site, "nw-partner-annotation", _trust({"AWS": "arn:aws:iam::210987654321:root"}), "Annotation partner")
    _inline(site, "nw-partner-annotation", _allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::northwind-*"))
    _role(site, "nw-edge-fleet", _sagemaker(site, guarded=True), "Scanners in clinics")
    _inline(site, "nw-edge-fleet", _allow(["iot:*"], "*"))


def _users(site: Site) -> None:
    """Create people with and without MFA, and two machines with long-lived keys."""
    iam = site.aws("iam")
    iam.create_group(GroupName="data-scientists")
    iam.attach_group_policy(GroupName="data-scientists", PolicyArn=_MANAGED + "AmazonSageMakerFullAccess")
    people = {
        "amelie.laurent": ("console", "mfa", 0),
        "jonas.weber": ("console", "", 0),
        "priya.nair": ("console", "mfa", 1),
        "old.contractor": ("console", "", 2),
        "ci-deployer": ("", "", 1),
        "labeling-export": ("", "", 1),
    }
    for name, (console, mfa, keys) in people.items():
        iam.create_user(UserName=name, Tags=[{"Key": "Department", "Value": "ML"}])
        if console:
            iam.create_login_profile(UserName=name, Password="Correct-horse-7-battery")  # noqa: S106 - made up
            iam.add_user_to_group(GroupName="data-scientists", UserName=name)
        if mfa:
            iam.enable_mfa_device(
                UserName=name,
                SerialNumber=f"arn:aws:iam::{site.account}:mfa/{name}",
                AuthenticationCode1="123456",
                AuthenticationCode2="654321",
            )
        for _ in range(keys):
            iam.create_access_key(UserName=name)
    iam.attach_user_policy(UserName="ci-deployer", PolicyArn=_MANAGED + "PowerUserAccess")

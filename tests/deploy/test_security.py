"""Every security property that the service demands of itself, on the parsed templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stack_policies import demanded, listed, principals  # type: ignore[import-not-found]

from auditor.gate.artifact import MAX_UNPACKED
from auditor.sources.live.permissions import actions
from lambda_handlers import gate_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.deploy.conftest import Template

    Statements = Callable[[Template], Iterator[tuple[str, dict[str, Any]]]]

# Where a policy names every resource, and why it cannot name fewer.
EVERY_RESOURCE = {
    r"Key\.key\.\w+": "a key policy's resource is the key itself, which is spelled *",
    r"(ScanPolicy|Member\.scan)\.SageMakerAuditor": "a scan reads every resource of an account, and no List knows one",
    r"(SecurityHubPolicy|Member\.security-hub)\.SageMakerAuditor": "the product's ARN holds the region, which is any",
    r"PlanTargetsRole\.own\.AccountsAndRegions": "the organisation's tree is not known before it is read",
    r"GateTemplateRole\.own\.Answer": "a pipeline's job has no ARN",
    r"RunsRole\.own\.Log": "log deliveries know no resource",
}
# Read by nobody but S3's log delivery, which takes no other encryption.
SSE_S3_ONLY = {"AccessLogs"}
FULL_RIGHTS = {"Key.key.Account"}


# What each role of the stack may beside reading accounts; the templates' managed policies are compared elsewhere.
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
OBJECTS = {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}
KEY = {"kms:Decrypt", "kms:GenerateDataKey"}
MEMBERS = {"sts:AssumeRole", "sts:TagSession"}
TELL = {"events:PutEvents", "sns:Publish"}
MAY = {
    "PlanTargetsRole": {*LOG, *OBJECTS, *KEY, *actions("planner")},
    "AuditAccountRole": {*LOG, *OBJECTS, *KEY, *MEMBERS},
    "MergeReportsRole": {*LOG, *OBJECTS, *KEY, *TELL},
    "AuditChangeRole": {
        *(*LOG, *OBJECTS, *KEY, *MEMBERS, *TELL),
        *("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
    },
    "GateTemplateRole": {*LOG, "codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult"},
    "GateHookRole": {*LOG, "kms:Decrypt"},
    "RunsRole": {
        *(*KEY, "lambda:InvokeFunction", "states:StartExecution", "states:DescribeExecution", "states:StopExecution"),
        *("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
        # Step Functions Developer Guide, "Logging in CloudWatch Logs": what a role needs to have its log delivered.
        *("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:GetLogDelivery"),
        *("logs:DescribeResourcePolicies", "logs:ListLogDeliveries", "logs:PutResourcePolicy"),
        "logs:UpdateLogDelivery",
    },
    "ScheduleRole": {*KEY, "states:StartExecution", "sqs:SendMessage"},
    "ForwarderRole": {"events:PutEvents"},
}


def denies_plain_text(statement: dict[str, Any]) -> bool:
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    )


def test_buckets_are_encrypted_with_the_own_key(single: Template) -> None:
    buckets = single.of_type("AWS::S3::Bucket")
    assert {"Reports", "AccessLogs"} <= set(buckets)
    for name, bucket in buckets.items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        wanted = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "Key.Arn"}
        assert rule["ServerSideEncryptionByDefault"] == ({"SSEAlgorithm": "AES256"} if name in SSE_S3_ONLY else wanted)


def test_buckets_are_private_versioned_owned_and_kept(single: Template) -> None:
    for name, bucket in single.of_type("AWS::S3::Bucket").items():
        blocked = bucket["PublicAccessBlockConfiguration"]
        assert set(blocked) == {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}
        assert all(blocked.values())
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        rules = bucket["LifecycleConfiguration"]["Rules"]
        assert any("ExpirationInDays" in rule for rule in rules)
        assert any("NoncurrentVersionExpiration" in rule and "Prefix" not in rule for rule in rules)
        assert {rule["Status"] for rule in rules} == {"Enabled"}
        assert single.resources[name]["DeletionPolicy"] == "Retain"


def test_access_to_the_reports_is_logged(single: Template) -> None:
    logged = single.of_type("AWS::S3::Bucket")["Reports"]["LoggingConfiguration"]
    assert logged == {"DestinationBucketName": "AccessLogs", "LogFilePrefix": "reports/"}
    policy = single.of_type("AWS::S3::BucketPolicy")["AccessLogsPolicy"]
    (allowed,) = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    assert policy["Bucket"] == "AccessLogs"
    assert allowed["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert (allowed["Action"], allowed["Resource"]) == ("s3:PutObject", "AccessLogs.Arn/reports/*")
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"},
    }
    # Otherwise the bucket would take logs before anybody may write them.
    assert single.resources["Reports"]["DependsOn"] == "AccessLogsPolicy"


def test_what_is_on_the_network_is_encrypted(single: Template) -> None:
    policies = {
        "AWS::S3::BucketPolicy": ("Bucket", "AWS::S3::Bucket"),
        "AWS::SQS::QueuePolicy": ("Queues", "AWS::SQS::Queue"),
        "AWS::SNS::TopicPolicy": ("Topics", "AWS::SNS::Topic"),
    }
    for kind, (member, judged) in policies.items():
        safe = set()
        for policy in single.of_type(kind).values():
            denials = [s for s in policy["PolicyDocument"]["Statement"] if denies_plain_text(s)]
            named = {name.partition(".")[0] for s in denials for name in listed(s["Resource"])}
            safe |= named & set(listed(policy[member]))
        assert safe == set(single.of_type(judged)), kind


def test_old_tls_and_other_keys_are_refused(single: Template) -> None:
    policy = single.of_type("AWS::S3::BucketPolicy")["ReportsPolicy"]["PolicyDocument"]
    refused = {s["Sid"]: s for s in policy["Statement"] if s["Effect"] == "Deny"}
    assert demanded(refused["OnlyModernTls"]) == {"s3:TlsVersion": "1.2"}
    assert demanded(refused["OnlyOwnKey"])["s3:x-amz-server-side-encryption-aws-kms-key-id"] == "Key.Arn"


def test_an_object_lock_is_there_where_it_is_asked_for(single: Template, organization: Template) -> None:
    assert "ObjectLockEnabled" not in single.of_type("AWS::S3::Bucket")["Reports"]
    locked = organization.of_type("AWS::S3::Bucket")["Reports"]
    assert locked["ObjectLockEnabled"] is True
    assert locked["ObjectLockConfiguration"]["Rule"] == {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}


def test_the_key_turns_over_and_outlives_the_stack(single: Template) -> None:
    assert single.of_type("AWS::KMS::Key")["Key"]["EnableKeyRotation"] is True
    assert single.resources["Key"]["DeletionPolicy"] == "Retain"


def test_queues_topics_buses_and_environments_are_encrypted(single: Template) -> None:
    encrypted = {
        "AWS::SQS::Queue": ("KmsMasterKeyId", {"Key"}),
        "AWS::SNS::Topic": ("KmsMasterKeyId", {"Key"}),
        "AWS::Events::EventBus": ("KmsKeyIdentifier", {"Key.Arn"}),
        "AWS::Lambda::Function": ("KmsKeyArn", {"Key.Arn"}),
        "AWS::Logs::LogGroup": ("KmsKeyId", {"Key.Arn"}),
    }
    for kind, (member, wanted) in encrypted.items():
        found = single.of_type(kind)
        assert found, kind
        assert {properties.get(member) for properties in found.values()} == wanted, kind


def test_every_function_and_the_runs_log_where_it_is_kept_for_so_long(single: Template) -> None:
    groups = single.of_type("AWS::Logs::LogGroup")
    assert all(isinstance(group["RetentionInDays"], int) for group in groups.values())
    used = {function["LoggingConfig"]["LogGroup"] for function in single.of_type("AWS::Lambda::Function").values()}
    (runs,) = single.of_type("AWS::StepFunctions::StateMachine").values()
    (destination,) = runs["LoggingConfiguration"]["Destinations"]
    used.add(destination["CloudWatchLogsLogGroup"]["LogGroupArn"].removesuffix(".Arn"))
    assert used == set(groups)


def test_executions_leave_no_data_in_the_log(single: Template) -> None:
    (runs,) = single.of_type("AWS::StepFunctions::StateMachine").values()
    assert runs["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_each_role_may_what_it_does_and_no_more(organization: Template) -> None:
    granted = {
        name: {
            action
            for policy in role["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
            for action in listed(statement["Action"])
        }
        for name, role in organization.of_type("AWS::IAM::Role").items()
    }
    assert granted == MAY


def test_no_two_functions_share_a_role(single: Template) -> None:
    roles = [function["Role"] for function in single.of_type("AWS::Lambda::Function").values()]
    assert len(roles) == len(set(roles)) == 6


def test_a_service_acts_for_the_own_account_only(every: Template, policy_statements: Statements) -> None:
    seen = 0
    for where, statement in policy_statements(every):
        if statement["Effect"] == "Allow" and principals(statement, "Service"):
            conditions = demanded(statement)
            # CloudWatch Logs names the log group, and with it the account, in the encryption context.
            context = str(conditions.get("kms:EncryptionContext:aws:logs:arn", ""))
            bound = conditions.get("aws:SourceAccount") == "123456789012" or ":123456789012:" in context
            assert bound, where
            seen += 1
    for permission in every.of_type("AWS::Lambda::Permission").values():
        assert permission["SourceAccount"] == "123456789012"
        assert permission["SourceArn"].endswith(".Arn")
    assert seen or every.path.name == "member-events.yaml"


def test_strangers_come_in_nowhere(every: Template, policy_statements: Statements) -> None:
    for where, statement in policy_statements(every):
        if statement["Effect"] == "Allow" and statement.get("Principal") == "*":
            assert statement["Condition"]["StringEquals"] == {"aws:PrincipalOrgID": "o-abcdefghij"}, where


def test_without_an_organisation_the_bus_takes_no_foreign_events(single: Template) -> None:
    assert not single.of_type("AWS::Events::EventBusPolicy")


def test_every_resource_is_named_only_for_a_reason(every: Template, policy_statements: Statements) -> None:
    for where, statement in policy_statements(every):
        if statement["Effect"] == "Allow" and "*" in listed(statement.get("Resource", [])):
            assert any(re.fullmatch(pattern, where) for pattern in EVERY_RESOURCE), where


def test_no_reason_is_left_over(organization: Template, member: Template, policy_statements: Statements) -> None:
    wide = [
        where
        for template in (organization, member)
        for where, statement in policy_statements(template)
        if "*" in listed(statement.get("Resource", []))
    ]
    assert not [pattern for pattern in EVERY_RESOURCE if not any(re.fullmatch(pattern, where) for where in wide)]


def test_no_action_is_a_wildcard(every: Template, policy_statements: Statements) -> None:
    for where, statement in policy_statements(every):
        if statement["Effect"] == "Allow" and where not in FULL_RIGHTS:
            # KMS has GenerateDataKey and ReEncrypt in kinds that its documentation grants together.
            loose = [name for name in listed(statement["Action"]) if "*" in name]
            assert set(loose) <= {"kms:GenerateDataKey*", "kms:ReEncrypt*"}, where


def test_no_role_can_change_what_it_may(every: Template, policy_statements: Statements) -> None:
    for where, statement in policy_statements(every):
        if statement["Effect"] == "Allow" and "Principal" not in statement:
            changing = [
                name
                for name in listed(statement["Action"])
                if name.startswith("iam:") and not re.match(r"iam:(Get|List|GenerateCredentialReport)", name)
            ]
            assert not changing, where


def test_the_member_role_trusts_three_roles_of_one_account_of_one_organisation(member: Template) -> None:
    trust = member.of_type("AWS::IAM::Role")["Member"]["AssumeRolePolicyDocument"]["Statement"]
    assert {name for statement in trust for name in listed(statement["Action"])} == {"sts:AssumeRole", "sts:TagSession"}
    roles = [
        f"arn:aws:iam::210987654321:role/sagemaker-auditor-{name}"
        for name in ("plan-targets", "audit-account", "audit-change")
    ]
    # An hour is what a function needs at most, and what chained roles get.
    assert member.of_type("AWS::IAM::Role")["Member"]["MaxSessionDuration"] == 3600
    for statement in trust:
        assert statement["Principal"] == {"AWS": "arn:aws:iam::210987654321:root"}
        conditions = demanded(statement)
        assert conditions["aws:PrincipalArn"] == roles
        assert conditions["aws:PrincipalOrgID"] == "o-abcdefghij"
        if statement["Action"] == "sts:AssumeRole":
            assert conditions["sts:ExternalId"] == "sagemaker-auditor"
        else:
            assert conditions["aws:TagKeys"] == ["sagemaker-auditor:run"]


def test_a_member_role_of_a_single_account_trusts_by_arn_and_external_id(member: Template) -> None:
    alone = type(member)(member.path.name, **{**member.given, "OrganizationId": ""})
    scan, tags = alone.of_type("AWS::IAM::Role")["Member"]["AssumeRolePolicyDocument"]["Statement"]
    assert set(demanded(scan)) == {"aws:PrincipalArn", "sts:ExternalId"}
    assert set(demanded(tags)) == {"aws:PrincipalArn", "aws:TagKeys"}


def test_the_roles_that_members_trust_are_those_that_assume(
    member: Template, organization: Template, policy_statements: Statements
) -> None:
    assuming = {
        where.split(".")[0]
        for where, statement in policy_statements(organization)
        if "sts:AssumeRole" in listed(statement["Action"]) and "Principal" not in statement
    }
    roles = organization.of_type("AWS::IAM::Role")
    trust, _ = member.of_type("AWS::IAM::Role")["Member"]["AssumeRolePolicyDocument"]["Statement"]
    trusted = {arn.rpartition("/")[2] for arn in demanded(trust)["aws:PrincipalArn"]}
    assert trusted == {roles[name]["RoleName"] for name in assuming}


def test_a_boundary_is_on_every_role_where_there_is_one(every: Template) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    if every.path.name != "member-events.yaml":
        bounded = type(every)(every.path.name, **{**every.given, "PermissionsBoundary": boundary})
        roles = bounded.of_type("AWS::IAM::Role")
        assert roles
        assert {role.get("PermissionsBoundary") for role in roles.values()} == {boundary}


def test_undelivered_runs_and_events_are_kept(single: Template, athena: Template) -> None:
    (schedule,) = single.of_type("AWS::Scheduler::Schedule").values()
    queues = single.of_type("AWS::SQS::Queue")
    assert schedule["Target"]["DeadLetterConfig"] == {"Arn": "MissedRuns.Arn"}
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] > 0
    (compaction,) = athena.of_type("AWS::Scheduler::Schedule").values()
    assert compaction["Target"]["DeadLetterConfig"] == {"Arn": athena.given["MissedRunsArn"]}
    for rule in single.of_type("AWS::Events::Rule").values():
        for target in rule["Targets"]:
            assert target["DeadLetterConfig"] == {"Arn": "MissedEvents.Arn"}
            assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10}
    assert queues["WaitingChanges"]["RedrivePolicy"]["deadLetterTargetArn"] == "MissedEvents.Arn"
    # SQS keeps a message for 14 days at most.
    assert {queues[name]["MessageRetentionPeriod"] for name in ("MissedRuns", "MissedEvents")} == {1_209_600}


def test_policies_fit_into_what_iam_takes(every: Template) -> None:
    # IAM User Guide, "IAM and STS quotas": 6,144 characters a managed policy, 10,240 for a role's own, without spaces.
    for policy in every.of_type("AWS::IAM::ManagedPolicy").values():
        assert len(re.sub(r"\s", "", str(policy["PolicyDocument"]))) <= 6144
    for role in every.of_type("AWS::IAM::Role").values():
        assert len(re.sub(r"\s", "", str([p["PolicyDocument"] for p in role.get("Policies", [])]))) <= 10_240


def test_the_gate_may_answer_a_pipeline_and_nothing_else(single: Template) -> None:
    role = single.of_type("AWS::IAM::Role")["GateTemplateRole"]
    (policy,) = role["Policies"]
    assert "ManagedPolicyArns" not in role
    allowed = {one for statement in policy["PolicyDocument"]["Statement"] for one in listed(statement["Action"])}
    assert allowed == {
        "codepipeline:PutJobFailureResult",
        "codepipeline:PutJobSuccessResult",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    function = single.of_type("AWS::Lambda::Function")["GateTemplate"]
    # An artifact and what is unpacked of it, which is as large at most, lie there together.
    assert function["EphemeralStorage"]["Size"] * 1024**2 >= 2 * MAX_UNPACKED
    assert function["Handler"] == f"{gate_template.__name__}.{gate_template.handler.__name__}"
    # Archives of many files take minutes; 900 seconds is Lambda's own limit.
    assert 300 <= function["Timeout"] <= 900

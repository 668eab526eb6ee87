"""Reports to render: small, hostile, and of any size."""

from collections.abc import Iterable

from auditor.model.coverage import (
    Coverage,
    Report,
    RequestCount,
    RuleCount,
    RuleInfo,
    ScanInfo,
    Summary,
    Tally,
    Target,
    TargetStatus,
    Tool,
)
from auditor.model.finding import Evidence, Finding, ResourceRef
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Lifecycle
from auditor.model.unknown import Reason
from auditor.model.verdict import Severity, Status

REGION = "eu-west-1"
RULE = "training-volume-key"
HOSTILE = (
    "<script>window.ran=1</script>",
    "</script><img src=x onerror=window.ran=1>",
    "<!-- <script>",
    "=HYPERLINK(1)",
    "\x1b[31mred\x1b[0m",
    "\u202egnp.exe",
    "\u2028line",
    "half \ud800 pair",
    "🧪" * 40,
    "x" * 5000,
)


def finding(number: int, name: str = "train-churn", status: Status = Status.FAILED) -> Finding:
    arn = f"arn:aws:sagemaker:eu-west-1:111122223333:training-job/{name}"
    resource = ResourceRef("AWS::SageMaker::TrainingJob", name, arn, "111122223333", "eu-west-1", {"owner": name}, name)
    return Finding(
        id=f"{number:032x}",
        rule=RULE,
        status=status,
        severity=Severity.HIGH,
        lifecycle=Lifecycle.CURRENT,
        reason=Reason.ACCESS_DENIED if status is Status.NOT_AVAILABLE else None,
        message=f"no key on {name}",
        resource=resource,
        location=None,
        evidence=(Evidence("ResourceConfig.VolumeKmsKeyId", {"name": [name]}, "sagemaker:DescribeTrainingJob"),),
    )


def report(findings: Iterable[Finding], *, failed: int = 1) -> Report:
    tally = Tally(failed=failed)
    return Report(
        tool=Tool("sagemaker-auditor", "0.1.0"),
        scan=ScanInfo(
            "scan-1",
            "scan",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:01:00Z",
            ("111122223333",),
            ("eu-west-1",),
        ),
        coverage=Coverage(
            complete=False,
            targets=(
                Target("111122223333", "eu-west-1", "AWS::SageMaker::TrainingJob", TargetStatus.SCANNED, 3),
                Target("111122223333", "eu-west-1", "AWS::SageMaker::Model", TargetStatus.NOT_SCANNED),
            ),
            requests=(RequestCount("sagemaker:Search", 4),),
            rules=(RuleCount(RULE, failed=failed),),
            gaps=(
                Gap(
                    Scope("111122223333", "eu-west-1", "AWS::SageMaker::Model"),
                    "sagemaker:ListModels",
                    Reason.ACCESS_DENIED,
                    "AccessDenied",
                ),
            ),
        ),
        summary=Summary(tally, {"HIGH": tally}, {"encryption_at_rest": tally}, 40.0, {"HIGH": 20}),
        rules=(RuleInfo(RULE, "Training volumes use a key.", "HIGH", "encryption_at_rest", "why", "fix"),),
        findings=findings,
    )

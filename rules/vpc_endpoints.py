"""VPC endpoints and flow logs of the VPCs that SageMaker uses."""

from auditor.model.inventory import Related
from auditor.model.network import FlowLog, Vpc
from auditor.model.rule import rule
from auditor.model.unknown import CannotAssess
from auditor.model.verdict import Fact, Severity, Verdict, failed, passed


@rule(
    "vpc-flow-logs",
    severity=Severity.MEDIUM,
    controls=("FSBP:EC2.6", "AWS-Config:VPC_FLOW_LOGS_ENABLED", "CIS-AWS-5.0:3.7"),
    tags=("network", "logging"),
)
def flow_logs(vpc: Vpc, logs: Related[FlowLog]) -> Verdict:
    """A VPC that SageMaker uses has flow logs.

    Why: without them nobody can say where a notebook or job sent its data.
    Fix: aws ec2 create-flow-logs --resource-type VPC --resource-ids ID --traffic-type ALL.
    Limits: flow logs of single subnets and interfaces do not count.
    """
    unknown: CannotAssess | None = None
    for log in logs.seen():
        try:
            if log.resource_id == vpc.vpc_id and log.flow_log_status == "ACTIVE":
                return passed("flow logs are on", at=Fact(log, "FlowLogStatus"))
        except CannotAssess as error:
            unknown = unknown or error
    if unknown is not None:
        raise unknown
    logs.all()
    return failed("the VPC has no active flow log", at="VpcId")

"""VPC placement: what runs code is attached to subnets of yours, and those are private."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from auditor.model import sagemaker as model
from auditor.model.inventory import Related
from auditor.model.network import RouteTable, Subnet
from auditor.model.resource import Resource
from auditor.model.rule import Rule, rule
from auditor.model.verdict import Severity, Verdict, all_of, failed, not_applicable, passed

from ._fields import Spot, judge_spots, spots
from ._network import judge_subnet

_BASIC = ("NIST-800-53r5:SC-7", "ISO-27001-2022:A.8.22", "CIS-Controls-8.1:12.2", "WA-ML:MLSEC03-BP02")


@dataclass(frozen=True, slots=True)
class _Row:
    """One type with a VPC configuration. Args: id, what it is called, the type, the path, controls."""

    id: str
    what: str
    kind: type[Resource]
    path: str = "VpcConfig"
    controls: tuple[str, ...] = ()


def _placed(path: str) -> Any:
    def judge(resource: Resource) -> Verdict:
        return judge_spots(spots(resource, path), _set, empty=failed("it is in no VPC of yours", at=path))

    return judge


def _set(spot: Spot) -> Verdict:
    if spot.value() is None:
        return failed("it is in no VPC of yours", at=spot.path)
    return passed("it is in a VPC of yours", at=spot.path)


def _in_vpc(row: _Row) -> Rule:
    return Rule(
        id=row.id,
        title=f"{row.what} runs in a VPC of yours.",
        severity=Severity.MEDIUM,
        why="outside your VPC traffic passes none of your security groups, endpoints and flow logs.",
        fix=f"Create it anew with {row.path}: private subnets and a security group.",
        judge=_placed(row.path),
        scope=(row.kind,),
        controls=(*row.controls, *_BASIC),
        tags=("network", "vpc"),
    )


_NETWORK = "NetworkConfig.VpcConfig"
# An instance group may be in another VPC than its cluster (API_ClusterInstanceGroupSpecification).
_OVERRIDES = ("InstanceGroups[].OverrideVpcConfig", "RestrictedInstanceGroups[].OverrideVpcConfig")
IN_VPC = tuple(
    _in_vpc(row)
    for row in (
        _Row("model-in-vpc", "A model", model.Model, controls=("AWS-Config:SAGEMAKER_MODEL_IN_VPC",)),
        _Row("training-job-in-vpc", "A training job", model.TrainingJob),
        _Row("processing-job-in-vpc", "A processing job", model.ProcessingJob, _NETWORK),
        _Row("automl-job-in-vpc", "An AutoML job", model.AutoMLJob, "AutoMLJobConfig.SecurityConfig.VpcConfig"),
        _Row("automl-job-v2-in-vpc", "An AutoML job (V2)", model.AutoMLJobV2, "SecurityConfig.VpcConfig"),
        _Row("compilation-job-in-vpc", "A compilation job", model.CompilationJob),
        _Row("optimization-job-in-vpc", "An optimization job", model.OptimizationJob),
        _Row(
            "inference-recommendations-job-in-vpc",
            "An inference recommendations job",
            model.InferenceRecommendationsJob,
            "InputConfig.VpcConfig",
        ),
        _Row("benchmark-job-in-vpc", "A benchmark job", model.AIBenchmarkJob, _NETWORK),
        _Row(
            "data-quality-job-definition-in-vpc",
            "A data quality job definition",
            model.DataQualityJobDefinition,
            _NETWORK,
        ),
        _Row(
            "model-quality-job-definition-in-vpc",
            "A model quality job definition",
            model.ModelQualityJobDefinition,
            _NETWORK,
        ),
        _Row(
            "model-bias-job-definition-in-vpc",
            "A model bias job definition",
            model.ModelBiasJobDefinition,
            _NETWORK,
        ),
        _Row(
            "model-explainability-job-definition-in-vpc",
            "A model explainability job definition",
            model.ModelExplainabilityJobDefinition,
            _NETWORK,
        ),
        _Row(
            "workforce-in-vpc",
            "A private workforce's portal",
            model.Workforce,
            "WorkforceVpcConfig",
            ("WA-ML:MLSEC06-BP01",),
        ),
    )
)


@rule("cluster-in-vpc", severity=Severity.MEDIUM, controls=_BASIC, tags=("network", "vpc"))
def cluster_in_vpc(cluster: model.Cluster) -> Verdict:
    """A HyperPod cluster runs in a VPC of yours.

    Why: outside your VPC traffic passes none of your security groups, endpoints and flow logs.
    Fix: Create it anew with VpcConfig, or with OverrideVpcConfig in every instance group.
    """
    if cluster.vpc_config is not None:
        return passed("it is in a VPC of yours", at="VpcConfig")
    found = (spot for path in _OVERRIDES for spot in spots(cluster, path))
    return judge_spots(found, _set, empty=failed("it is in no VPC of yours", at="VpcConfig"))


@rule("cluster-private-subnets", severity=Severity.HIGH, controls=_BASIC, tags=("network", "vpc"))
def cluster_subnets(cluster: model.Cluster, subnets: Related[Subnet], tables: Related[RouteTable]) -> Verdict:
    """A HyperPod cluster and its instance groups are in private subnets.

    Why: a node with a route to an internet gateway is one public address away from the internet.
    Fix: create the cluster or instance group anew in subnets whose route tables have no internet gateway.
    """

    def private(spot: Spot) -> Verdict:
        return _private(spot.value(), spot.path, subnets, tables)

    found = (spot for path in ("VpcConfig", *_OVERRIDES) for spot in spots(cluster, f"{path}.Subnets"))
    return judge_spots(found, private, empty=not_applicable("it is in no subnets of yours"))


@rule("notebook-instance-private-subnet", severity=Severity.HIGH, controls=_BASIC, tags=("network", "vpc"))
def notebook_subnet(notebook: model.NotebookInstance, subnets: Related[Subnet], tables: Related[RouteTable]) -> Verdict:
    """A notebook instance is in a private subnet.

    Why: a subnet with a route to an internet gateway is one public address away from the internet.
    Fix: create the notebook anew in a subnet whose route table has no internet gateway.
    """
    if notebook.subnet_id is None:
        return not_applicable("it is in no subnet of yours")
    return judge_subnet(notebook.subnet_id, "SubnetId", subnets, tables)


@rule("domain-private-subnets", severity=Severity.HIGH, controls=_BASIC, tags=("network", "vpc"))
def domain_subnets(domain: model.Domain, subnets: Related[Subnet], tables: Related[RouteTable]) -> Verdict:
    """A VpcOnly domain is in private subnets.

    Why: the domain's only way out is the VPC's; a public subnet opens it again.
    Fix: aws sagemaker update-domain with subnets whose route tables have no internet gateway.
    """
    if domain.app_network_access_type != "VpcOnly":
        return not_applicable("its traffic does not go through the subnets")
    return _private(domain.subnet_ids, "SubnetIds", subnets, tables)


def _private(ids: Iterable[str], path: str, subnets: Related[Subnet], tables: Related[RouteTable]) -> Verdict:
    empty = not_applicable("it has no subnets")
    return all_of(ids, lambda one: judge_subnet(one, "", subnets, tables), at=path, empty=empty)

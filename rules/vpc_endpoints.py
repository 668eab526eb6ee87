"""VPC endpoints and flow logs of the VPCs that SageMaker uses.

Names of endpoint services: AWS PrivateLink guide, "AWS services that integrate with AWS PrivateLink"; SageMaker
developer guide, "Connect to SageMaker AI within your VPC". In China some are spelled `cn.com.amazonaws...`
(`ec2:DescribeVpcEndpointServices` there), which ones differs from service to service.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from auditor.iam.documents import Statement, statements
from auditor.model import sagemaker as model
from auditor.model.inventory import Related
from auditor.model.network import FlowLog, RouteTable, SecurityGroup, Subnet, Vpc, VpcEndpoint
from auditor.model.resource import Identity, Resource
from auditor.model.rule import Rule, rule
from auditor.model.verdict import Fact, Severity, Verdict, all_of, failed, not_applicable, passed

from ._fields import spots
from ._iam import lets_others_in, places
from ._network import any_true, first, open_to_world, table_of

_PRIVATE = ("NIST-800-53r5:SC-7", "ISO-27001-2022:A.8.22", "WA-ML:MLSEC03-BP02")
_TAGS = ("network", "vpc-endpoints")
_HTTPS = 443
_INTERFACE, _GATEWAY = "Interface", "Gateway"
_CHINA = "aws-cn"
# Studio and notebook pages have services of their own, which are not named after the API.
_PAGES = frozenset({"notebook", "studio"})
_S3 = "s3"
_CLUSTER_SUBNETS = (
    "VpcConfig.Subnets",
    "InstanceGroups[].OverrideVpcConfig.Subnets",
    "RestrictedInstanceGroups[].OverrideVpcConfig.Subnets",
)


def _names(service: str, identity: Identity) -> frozenset[str]:
    """Every spelling of an endpoint service in a region, with the variant for FIPS."""
    if service in _PAGES:
        return frozenset({f"aws.sagemaker.{identity.region}.{service}"})
    starts = ("com.amazonaws", "cn.com.amazonaws") if identity.partition == _CHINA else ("com.amazonaws",)
    return frozenset(f"{start}.{identity.region}.{service}{end}" for start in starts for end in ("", "-fips"))


def _serves(endpoint: VpcEndpoint, service: str) -> bool:
    return endpoint.service_name in _names(service, endpoint.identity)


def _works(endpoint: VpcEndpoint, service: str, vpc: Vpc) -> bool:
    """Whether an endpoint of a VPC leads to a service; the API answers states in lower or upper case."""
    return endpoint.vpc_id == vpc.vpc_id and _serves(endpoint, service) and endpoint.state.casefold() == "available"


def _always(_: Vpc, *__: Any) -> bool:
    return True


def _has_notebook(vpc: Vpc, notebooks: Related[model.NotebookInstance], subnets: Related[Subnet]) -> bool:
    def inside(notebook: model.NotebookInstance) -> bool:
        return bool(notebook.subnet_id) and subnets.find(str(notebook.subnet_id)).vpc_id == vpc.vpc_id

    return first(notebooks, inside) is not None


def _has_domain(vpc: Vpc, domains: Related[model.Domain]) -> bool:
    def inside(domain: model.Domain) -> bool:
        return domain.vpc_id == vpc.vpc_id and domain.app_network_access_type == "VpcOnly"

    return first(domains, inside) is not None


def _has_cluster(vpc: Vpc, clusters: Related[model.Cluster], subnets: Related[Subnet]) -> bool:
    def inside(cluster: model.Cluster) -> bool:
        found = (spot for path in _CLUSTER_SUBNETS for spot in spots(cluster, path))
        return any_true(found, lambda spot: any(subnets.find(one).vpc_id == vpc.vpc_id for one in spot.value()))

    return first(clusters, inside) is not None


def _has_feature_group(_: Vpc, groups: Related[model.FeatureGroup]) -> bool:
    return first(groups, lambda group: group.online_store_config is not None) is not None


@dataclass(frozen=True, slots=True)
class _Row:
    """One endpoint that a VPC should have.

    Args:
        service: the service as it ends the name of the endpoint service.
        what: what is reached through it.
        severity: of a VPC without one.
        controls: besides those of all.
        wanted: whether a VPC needs it; handed the VPC and what `needs` lists.
        needs: types that `wanted` looks at.
        unused: what is said of a VPC that does not need it.
    """

    service: str
    what: str
    severity: Severity = Severity.LOW
    controls: tuple[str, ...] = ()
    wanted: Callable[..., bool] = _always
    needs: tuple[type[Resource], ...] = ()
    unused: str = "nothing in the VPC needs it"


def _judge(row: _Row) -> Callable[..., Verdict]:
    def judge(vpc: Vpc, endpoints: Related[VpcEndpoint], *others: Any) -> Verdict:
        if not row.wanted(vpc, *others):
            return not_applicable(row.unused)
        found = first(endpoints, lambda one: _works(one, row.service, vpc))
        if found is not None:
            return passed(f"the VPC reaches {row.what} through an endpoint", at=Fact(found, "ServiceName"))
        return failed(f"the VPC has no endpoint that reaches {row.what}", at="VpcId")

    return judge


def _has_endpoint(row: _Row) -> Rule:
    name = row.service.replace(".", "-")
    return Rule(
        id=f"vpc-endpoint-{f'sagemaker-{name}' if row.service in _PAGES else name}",
        title=f"A VPC that SageMaker uses reaches {row.what} through a VPC endpoint.",
        severity=row.severity,
        why="without it such calls leave through the internet, or a way to the internet is opened for them, "
        "and no endpoint policy limits where data can go.",
        fix="aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --private-dns-enabled with the service "
        f"name that ends in {row.service}, the subnets in use and a security group that lets 443 in.",
        limits="An endpoint in another VPC that is reached through a transit gateway or peering does not count.",
        judge=_judge(row),
        scope=(Vpc,),
        needs=(VpcEndpoint, *row.needs),
        controls=(*row.controls, *_PRIVATE),
        tags=_TAGS,
    )


ENDPOINTS = tuple(
    _has_endpoint(row)
    for row in (
        _Row("sagemaker.api", "SageMaker's API", Severity.MEDIUM),
        _Row("sagemaker.runtime", "SageMaker's inference runtime", Severity.MEDIUM),
        _Row(
            "sagemaker.featurestore-runtime",
            "the feature store's runtime",
            wanted=_has_feature_group,
            needs=(model.FeatureGroup,),
            unused="there is no feature group with an online store",
        ),
        _Row(
            "notebook",
            "the pages of notebook instances",
            wanted=_has_notebook,
            needs=(model.NotebookInstance, Subnet),
            unused="no notebook instance is in the VPC",
        ),
        _Row(
            "studio",
            "the pages of Studio",
            wanted=_has_domain,
            needs=(model.Domain,),
            unused="no VpcOnly domain is in the VPC",
        ),
        _Row("ecr.api", "ECR's API", controls=("FSBP:EC2.55",)),
        _Row("ecr.dkr", "ECR's registry", Severity.MEDIUM, controls=("FSBP:EC2.56",)),
        _Row("kms", "KMS"),
        _Row("sts", "STS"),
        _Row("logs", "CloudWatch Logs"),
        _Row("monitoring", "CloudWatch"),
        _Row("ec2", "EC2's API", controls=("FSBP:EC2.10",)),
        _Row(
            "ssm",
            "Systems Manager",
            controls=("FSBP:EC2.57",),
            wanted=_has_cluster,
            needs=(model.Cluster, Subnet),
            unused="no HyperPod cluster is in the VPC",
        ),
        _Row(
            "ssmmessages",
            "Session Manager's channels",
            wanted=_has_cluster,
            needs=(model.Cluster, Subnet),
            unused="no HyperPod cluster is in the VPC",
        ),
    )
)


@rule("vpc-endpoint-s3", severity=Severity.MEDIUM, controls=_PRIVATE, tags=_TAGS)
def s3(vpc: Vpc, endpoints: Related[VpcEndpoint], subnets: Related[Subnet], tables: Related[RouteTable]) -> Verdict:
    """A VPC that SageMaker uses reaches S3 through a VPC endpoint.

    Why: training data and model artifacts travel to S3; without an endpoint they need a way to the internet.
    Fix: aws ec2 create-vpc-endpoint --vpc-endpoint-type Gateway with the S3 service and every route table of
      the subnets in use.
    Limits: only subnets that a SageMaker resource names are looked at.
    """
    found = first(endpoints, lambda one: _works(one, _S3, vpc) and one.vpc_endpoint_type == _INTERFACE)
    if found is not None:
        return passed("the VPC reaches S3 through an interface endpoint", at=Fact(found, "ServiceName"))
    gateways = [one for one in endpoints.all() if _works(one, _S3, vpc) and one.vpc_endpoint_type == _GATEWAY]
    if not gateways:
        return failed("the VPC has no endpoint that reaches S3", at="VpcId")
    routed = frozenset(table for one in gateways for table in one.route_table_ids)

    def through(subnet: Subnet) -> Verdict:
        table = table_of(subnet, tables)
        at = Fact(table, "RouteTableId")
        if table.route_table_id in routed:
            return passed("the subnets in use route to S3's gateway endpoint", at=at)
        return failed(f"{subnet.subnet_id} has no route to S3's gateway endpoint", at=at)

    used = [subnet for subnet in subnets.all() if subnet.vpc_id == vpc.vpc_id]
    empty = passed("the VPC has a gateway endpoint for S3", at=Fact(gateways[0], "ServiceName"))
    return all_of(used, through, at="", empty=empty)


# The services whose endpoints carry SageMaker's data, keys and identities.
_GUARDED = (
    "sagemaker.api",
    "sagemaker.runtime",
    "sagemaker.featurestore-runtime",
    "notebook",
    "studio",
    "s3",
    "ecr.api",
    "ecr.dkr",
    "kms",
    "sts",
)
# The public name of S3 is served by the gateway endpoint.
_NAMED = (*(service for service in _GUARDED if service != _S3), "logs", "monitoring", "ec2")
# Condition keys that tie a request to an account or organization (IAM user guide, "AWS global condition
# context keys"; Amazon S3 has one of its own).
_BOUNDARY = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "s3:resourceaccount",
    }
)
# Of those, the keys whose values have parts, which may be patterns.
_PATTERNS = frozenset({"aws:principalarn", "aws:principalorgpaths", "aws:resourceorgpaths", "aws:sourceorgpaths"})
# What a fence may leave to services of AWS that act for somebody.
_OF_SERVICES = frozenset({"aws:principalisawsservice", "aws:viaawsservice"})
_NEGATIVE = frozenset({"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"})


def _ruled_out(statement: Statement) -> bool:
    """Whether a condition holds for whatever lies outside a boundary."""
    for operator, keys in statement.conditions.items():
        # An IfExists on a Deny only adds to it.
        plain = operator.casefold().rpartition(":")[2].removesuffix("ifexists")
        if plain in _NEGATIVE and any(
            key in _BOUNDARY and values and not any(_vague(key, value) for value in values)
            for key, values in keys.items()
        ):
            return True
    return False


def _vague(key: str, value: str) -> bool:
    """Whether a value of a boundary fits more than one account or organization."""
    return set(value) == {"*"} or (key not in _PATTERNS and any(sign in value for sign in "*?"))


def _fences(statement: Statement) -> bool:
    """Whether it denies everything from or to outside a boundary.

    All conditions must hold for a statement to count, so that any further one lets through what it does not fit.
    """
    whole = statement.anyone and statement.covers_every_action and statement.covers_every_resource
    alone = statement.condition_keys() <= _BOUNDARY | _OF_SERVICES
    return not statement.allows and whole and alone and _ruled_out(statement)


def _guards(endpoint: VpcEndpoint, services: tuple[str, ...]) -> bool:
    return any(_serves(endpoint, service) for service in services)


@rule("vpc-endpoint-policy", severity=Severity.MEDIUM, controls=_PRIVATE, tags=(*_TAGS, "iam"), version=2)
def endpoint_policy(endpoint: VpcEndpoint) -> Verdict:
    """The policy of an endpoint that SageMaker's traffic takes keeps to your accounts.

    Why: the default policy lets anybody's credentials reach anybody's resources, so data can be copied to a
      foreign account through your own endpoint.
    Fix: aws ec2 modify-vpc-endpoint --policy-document with a condition on aws:PrincipalOrgID and
      aws:ResourceOrgID (or the account's keys), or with resources of yours only.
    """
    if not _guards(endpoint, _GUARDED):
        return not_applicable("SageMaker's data, keys and identities do not pass it")
    policy = endpoint.policy_document
    if policy is None:
        return failed("it has the default policy, which allows everything", at="PolicyDocument")
    found = statements(policy)
    if any(_fences(one) for one in found):
        return passed("its policy denies what is outside of named accounts", at="PolicyDocument")
    own = endpoint.identity.account
    wide = [(index, one) for index, one in enumerate(found) if one.allows and one.covers_every_resource]
    if places(wide, lambda one: lets_others_in(one, _BOUNDARY, own, ())):
        return failed("its policy lets anyone, or another account, reach every resource", at="PolicyDocument")
    return passed("its policy keeps to named accounts or resources", at="PolicyDocument")


@rule("vpc-endpoint-private-dns", severity=Severity.LOW, controls=_PRIVATE, tags=_TAGS)
def private_dns(endpoint: VpcEndpoint) -> Verdict:
    """An interface endpoint that SageMaker's traffic takes answers under the service's own name.

    Why: without private DNS the SDKs resolve the public address and pass the endpoint by.
    Fix: aws ec2 modify-vpc-endpoint --private-dns-enabled.
    Limits: a private hosted zone of yours that does the same is not seen; S3 is left out, whose gateway
      endpoint serves the public name.
    """
    if endpoint.vpc_endpoint_type != _INTERFACE or not _guards(endpoint, _NAMED):
        return not_applicable("it is no interface endpoint of a service that SageMaker's traffic takes")
    on = endpoint.private_dns_enabled
    return (passed if on else failed)(f"private DNS is {'on' if on else 'off'}", at="PrivateDnsEnabled")


@rule("vpc-endpoint-security-groups", severity=Severity.MEDIUM, controls=_PRIVATE, tags=_TAGS)
def endpoint_groups(endpoint: VpcEndpoint, groups: Related[SecurityGroup]) -> Verdict:
    """The security groups of an interface endpoint do not let every address in on 443.

    Why: whatever reaches the VPC, over peering or a VPN, can then use the endpoint.
    Fix: allow 443 from the VPC's own ranges or from the security groups of what uses the endpoint.
    """
    if endpoint.vpc_endpoint_type != _INTERFACE:
        return not_applicable("it has no security groups")

    def closed(group_id: str | None) -> Verdict:
        group = groups.find(group_id or "")
        at = Fact(group, "IpPermissions")
        if open_to_world(group.ip_permissions, _HTTPS):
            return failed(f"{group.group_id} lets every address in on 443", at=at)
        return passed("no security group lets every address in on 443", at=at)

    empty = not_applicable("it names no security groups")
    return all_of(endpoint.groups, lambda one: closed(one.group_id), at="Groups", empty=empty)


@rule("vpc-endpoint-zones", severity=Severity.LOW, controls=("NIST-800-53r5:CP-10",), tags=_TAGS)
def endpoint_zones(endpoint: VpcEndpoint, *, fewest: int = 2) -> Verdict:
    """An interface endpoint is in {fewest} Availability Zones or more.

    Why: with a single zone its outage cuts notebooks and jobs off, or sends them through the internet.
    Fix: aws ec2 modify-vpc-endpoint --add-subnet-ids with a subnet of another zone.
    Limits: an interface endpoint takes one subnet of a zone (DuplicateSubnetsInSameZone), so that subnets
      are counted instead of zones.
    Parameters:
      fewest: the least number of zones.
    """
    if endpoint.vpc_endpoint_type != _INTERFACE:
        return not_applicable("it belongs to no zone")
    count = len(endpoint.subnet_ids)
    message = f"it is in {count} Availability Zone{'' if count == 1 else 's'}"
    return (passed if count >= fewest else failed)(message, at="SubnetIds")


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
    found = first(logs, lambda log: log.resource_id == vpc.vpc_id and log.flow_log_status == "ACTIVE")
    if found is not None:
        return passed("flow logs are on", at=Fact(found, "FlowLogStatus"))
    return failed("the VPC has no active flow log", at="VpcId")

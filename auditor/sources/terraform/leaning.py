"""Which resources of SageMaker's lean on something that a plan changes, though it leaves them as they are.

A security group that is opened, or a public access block that is taken away, changes what a rule says of a notebook
or model that itself stays as it is. What counts is what rules look at: what a resource of SageMaker's names, by
expression or by value, and what is attached to that.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any

from auditor.sources.terraform.neighbours import texts
from auditor.sources.terraform.neighbours.identity import KEYS
from auditor.sources.terraform.neighbours.outside import UNREAD
from auditor.sources.terraform.plan import Change, Plan
from auditor.sources.terraform.references import Tracer, is_leaf
from auditor.sources.terraform.table import kind_of, name_arguments, type_of
from auditor.sources.terraform.values import told

# What belongs to something else, and the arguments that tell to what (documentation of the AWS provider).
_ATTACHED: Mapping[str, tuple[str, ...]] = {
    **{kind: (argument,) for listed in UNREAD.values() for kind, argument in listed},
    "awscc_iam_managed_policy": ("roles",),
    "aws_appautoscaling_policy": ("resource_id",),
    "aws_appautoscaling_target": ("resource_id",),
    "aws_cloudwatch_metric_alarm": ("dimensions",),
    "aws_default_route_table": ("default_route_table_id", "vpc_id"),
    "aws_ecr_repository_policy": ("repository",),
    "aws_flow_log": ("subnet_id", "vpc_id"),
    "aws_iam_policy_attachment": ("roles",),
    "aws_iam_role_policy": ("role",),
    "aws_iam_role_policy_attachment": ("role",),
    "aws_iam_role_policy_attachments_exclusive": ("role_name",),
    "aws_internet_gateway": ("vpc_id",),
    "aws_internet_gateway_attachment": ("internet_gateway_id", "vpc_id"),
    "aws_kms_key_policy": ("key_id",),
    "aws_main_route_table_association": ("vpc_id",),
    "aws_route": ("route_table_id",),
    "aws_route_table_association": ("subnet_id",),
    "aws_s3_bucket_logging": ("bucket",),
    "aws_s3_bucket_policy": ("bucket",),
    "aws_s3_bucket_public_access_block": ("bucket",),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucket",),
    "aws_s3_bucket_versioning": ("bucket",),
    "aws_sagemaker_data_quality_job_definition": ("endpoint_name",),
    "aws_sagemaker_monitoring_schedule": ("monitoring_job_definition_name",),
    "aws_security_group_rule": ("security_group_id",),
    "aws_vpc_endpoint": ("vpc_id",),
    "aws_vpc_endpoint_policy": ("vpc_endpoint_id",),
    "aws_vpc_endpoint_route_table_association": ("vpc_endpoint_id",),
    "aws_vpc_endpoint_security_group_association": ("vpc_endpoint_id",),
    "aws_vpc_endpoint_subnet_association": ("vpc_endpoint_id",),
    "aws_vpc_security_group_egress_rule": ("security_group_id",),
    "aws_vpc_security_group_ingress_rule": ("security_group_id",),
}
# What is named by others, and the arguments that say what it leans on itself.
_LEADS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(KEYS, ()),
    "aws_default_security_group": (),
    "aws_default_subnet": ("vpc_id",),
    "aws_default_vpc": (),
    "aws_ecr_repository": (),
    "aws_iam_policy": (),
    "aws_iam_policy_attachment": ("policy_arn",),
    "aws_iam_role": ("managed_policy_arns", "permissions_boundary"),
    "aws_iam_role_policy_attachment": ("policy_arn",),
    "aws_iam_role_policy_attachments_exclusive": ("policy_arns",),
    "aws_internet_gateway": (),
    "aws_kms_alias": ("target_key_id",),
    "aws_main_route_table_association": ("route_table_id",),
    "aws_route": ("gateway_id",),
    "aws_route_table": ("gateway_id",),
    "aws_route_table_association": ("route_table_id",),
    "aws_s3_bucket": (),
    "aws_security_group": (),
    "aws_subnet": ("vpc_id",),
    "aws_vpc": (),
    "aws_vpc_endpoint": ("security_group_ids",),
}
# Of SageMaker's, what others are attached to by name.
_WATCHED = frozenset({"aws_sagemaker_data_quality_job_definition", "aws_sagemaker_endpoint"})
# These are called by a name; others may bear the same name as anything else.
_BY_NAME = frozenset({"aws_ecr_repository", "aws_iam_policy", "aws_iam_role", "aws_kms_alias"})
_IDS = ("arn", "bucket", "id", "key_id")
# What tells a resource of SageMaker's from others leads nowhere.
_OWN = frozenset({"arn", "description", "id", "name", "tags", "tags_all"})
_INNER = re.compile(r"(?::role/(?:.*/)?|:key/|^endpoint/)([^/]+)")


class Leaning:
    """What leans on the changes of one plan.

    Args:
        plan: the plan.
        tracer: follows its expressions.
    """

    def __init__(self, plan: Plan, tracer: Tracer) -> None:
        self._plan = plan
        self._tracer = tracer

    def holds(self, change: Change) -> bool:
        """Whether a resource of SageMaker's leans on something that is created, replaced, updated or deleted."""
        return change.address in self._reached

    @cached_property
    def _reached(self) -> set[str]:
        """The addresses of what leans on a change, and what names it."""
        leaning: defaultdict[str, list[str]] = defaultdict(list)
        waiting: list[str] = []
        for change in (*self._plan.changes, *self._plan.read):
            if change.type in _ATTACHED or change.type in _LEADS or type_of(change.type):
                for one, on in self._ways(change):
                    leaning[on].append(one)
                if change.mode == "managed" and (change.changes or change.deleted):
                    waiting.append(change.address)
        reached: set[str] = set()
        while waiting:
            for other in leaning.pop(waiting.pop(), ()):
                if other not in reached:
                    reached.add(other)
                    waiting.append(other)
        return reached

    def _ways(self, change: Change) -> Iterator[tuple[str, str]]:
        """What leans on what, as far as a resource tells it."""
        address = change.address
        for name in _names(change):
            yield name, address
            if change.type in _LEADS or change.type in _WATCHED:
                yield address, name
        for owner in self._leads(change, _ATTACHED.get(change.type, ())):
            yield owner, address
        chosen = None if type_of(change.type) else _LEADS.get(change.type, ())
        for on in self._leads(change, chosen):
            yield address, on

    def _leads(self, change: Change, arguments: Collection[str] | None) -> Iterator[str]:
        """The addresses and names to which some arguments of a resource lead; all of them without a choice."""
        for expression in _chosen(self._plan.module(change.module).resources.get(change.key), arguments):
            for leaf in _leaves(expression):
                for hit in self._tracer.trail(leaf, change.module, change.index).hits:
                    yield hit.change.address
        for values in (change.after, change.before):
            for value in _chosen(values, arguments):
                for text in texts(value):
                    yield from _spellings(text)


def _names(change: Change) -> Iterator[str]:
    """What else names a resource that others name, now and before."""
    kind = kind_of(change.type)
    if kind is not None:
        arguments: tuple[str, ...] = (*_IDS, *name_arguments(kind))
    elif change.type in _LEADS:
        arguments = (*_IDS, "name") if change.type in _BY_NAME else _IDS
    else:
        return
    for argument in arguments:
        for text in (told(change, argument), change.before.get(argument)):
            if isinstance(text, str) and text:
                yield from _spellings(text)


def _spellings(text: str) -> Iterator[str]:
    """A text, and the name in an ARN of a role or key, or in what scales an endpoint; no address looks like them."""
    yield f"={text}"
    found = _INNER.search(text)
    if found:
        yield f"={found.group(1)}"


def _chosen(value: Any, arguments: Collection[str] | None) -> Iterator[Any]:
    """The values of some arguments, however deep they stand."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if arguments is None:
                if key not in _OWN:
                    yield inner
            elif key in arguments:
                yield inner
            else:
                yield from _chosen(inner, arguments)
    elif isinstance(value, list) and arguments:
        for inner in value:
            yield from _chosen(inner, arguments)


def _leaves(expression: Any) -> Iterator[Any]:
    """The expressions in something of the configuration."""
    if is_leaf(expression):
        yield expression
    elif isinstance(expression, Mapping):
        for inner in expression.values():
            yield from _leaves(inner)
    elif isinstance(expression, list):
        for inner in expression:
            yield from _leaves(inner)

"""What is said to help where AWS denied something: granting the action, unless another policy stands in the way."""

import pytest
from botocore.exceptions import ClientError

from auditor.model.gap import Scope
from auditor.model.unknown import Reason
from auditor.sources.live.awserrors import failure

# The phrases are those of the IAM user guide, "Troubleshoot access denied error messages".
_WHO = "User: arn:aws:sts::111122223333:assumed-role/auditor/x is not authorized to perform: "
_KEY = "on resource: arn:aws:kms:eu-west-1:111122223333:key/k "
_SCP = "arn:aws:organizations::987654321098:policy/o-qv5af4abcd/service_control_policy/p-2kgnabcd"


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "grant kms:DescribeKey"),
        (f"{_WHO}kms:DescribeKey {_KEY}", "grant kms:DescribeKey"),
        (f"{_WHO}kms:Other {_KEY}", "grant kms:Other"),
        (f"{_WHO}kms:DescribeKey {_KEY}because no identity-based policy allows it", "grant kms:DescribeKey"),
        (
            f"{_WHO}kms:DescribeKey {_KEY}because no resource-based policy allows the kms:DescribeKey action",
            "the resource-based policy must allow kms:DescribeKey",
        ),
        (
            f"{_WHO}kms:DescribeKey {_KEY}because no VPC endpoint policy allows the kms:DescribeKey action",
            "the VPC endpoint policy must allow kms:DescribeKey",
        ),
        (
            f"{_WHO}kms:DescribeKey {_KEY}because no permissions boundary allows the kms:DescribeKey action",
            "the permissions boundary must allow kms:DescribeKey",
        ),
        (
            f"{_WHO}kms:DescribeKey {_KEY}with an explicit deny in a service control policy: {_SCP}",
            "an explicit deny in the service control policy forbids kms:DescribeKey",
        ),
        (
            f"{_WHO}kms:DescribeKey {_KEY}with an explicit deny in an identity-based policy",
            "an explicit deny in the identity-based policy forbids kms:DescribeKey",
        ),
    ],
)
def test_the_remedy_fits_what_denied_it(text: str, remedy: str) -> None:
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": text}}, "DescribeKey")
    gap = failure(error, "kms:DescribeKey", Scope()).gap
    assert gap.reason is Reason.ACCESS_DENIED
    assert gap.detail == f"AccessDeniedException; {remedy}"

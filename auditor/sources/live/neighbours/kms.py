"""KMS keys that resources name, whatever spelling they use."""

import json
from collections.abc import Iterator

from auditor.model.gap import Gap, Scope
from auditor.model.kms import KmsKey
from auditor.model.unknown import Reason
from auditor.sources.live.reader import Answer, ReadFailed

from .base import Item, Place, call

OPERATIONS = ("kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:GetKeyPolicy")


def collect(place: Place, spellings: set[str]) -> Iterator[Item]:
    """The keys behind spellings: key ids, ARNs, alias names and alias ARNs."""
    found: dict[str, Answer] = {}
    names: dict[str, set[str]] = {}
    for spelling in sorted(spellings):
        try:
            answer = call(place, "kms:DescribeKey", KeyId=spelling)
        except ReadFailed as error:
            yield _hidden(place, error, spelling)
            continue
        arn = str(answer.data["KeyMetadata"]["Arn"])
        found[arn] = answer
        names.setdefault(arn, set()).add(spelling)
    for arn, answer in found.items():
        yield _key(place, arn, answer, names[arn])


def _hidden(place: Place, error: ReadFailed, spelling: str) -> Gap:
    parts = spelling.split(":")
    foreign = (
        spelling.startswith("arn:")
        and len(parts) > len(["arn", "aws", "kms"]) + 1
        and parts[4] != place.reader.account
    )
    if foreign:
        scope = Scope(place.reader.account, place.region, KmsKey.cfn_type, spelling)
        return Gap(
            scope, error.gap.operation, Reason.CROSS_ACCOUNT, f"account {parts[4]}: {error.gap.detail}"
        )
    reason = Reason.UNRESOLVED_REFERENCE if error.gap.reason is Reason.VANISHED else None
    gap = place.gap(error, KmsKey, spelling, reason)
    if reason is not None:
        place.holes.pop(KmsKey.cfn_type, None)
    return gap


def _key(place: Place, arn: str, answer: Answer, spellings: set[str]) -> Item:
    data = dict(answer.data["KeyMetadata"])
    data["AliasNames"] = sorted(name for name in spellings if name != arn)
    key = data["KeyId"]
    own = data.get("AWSAccountId") == place.reader.account and data.get("KeyManager") == "CUSTOMER"
    if own:
        place.member(
            data,
            "KeyRotationEnabled",
            lambda: call(place, "kms:GetKeyRotationStatus", KeyId=key).data["KeyRotationEnabled"],
        )
        place.member(
            data,
            "Policy",
            lambda: json.loads(
                call(place, "kms:GetKeyPolicy", KeyId=key, PolicyName="default").data["Policy"]
            ),
        )
    return place.build(KmsKey, data, answer.observation, name=key, arn=arn)

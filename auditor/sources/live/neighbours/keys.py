"""KMS keys that resources name, in whatever spelling."""

from collections import defaultdict
from typing import Any

from auditor.model.gap import Gap
from auditor.model.kms import KmsKey
from auditor.model.resource import Observation
from auditor.model.unknown import Reason
from auditor.sources.live.neighbours.around import Around, Family, Items, document
from auditor.sources.live.reader import Answer, ReadFailed

_ALIAS = "alias/"
_ARN_PARTS = 6


def _account_of(spelling: str) -> str:
    parts = spelling.split(":", _ARN_PARTS - 1)
    return parts[4] if len(parts) == _ARN_PARTS else ""


def _collect(around: Around) -> Items:
    answers: dict[str, Answer] = {}
    aliases: defaultdict[str, set[str]] = defaultdict(set)
    known: dict[str, str] = {}
    # Key ARNs first: an id that is part of one of them needs no request of its own.
    spellings = around.wanted.keys(around.region)
    for spelling in sorted(spellings, key=lambda text: (":key/" not in text, text)):
        if spelling in known:
            continue
        try:
            answer = around.call("kms:DescribeKey", KeyId=spelling)
        except ReadFailed as failed:
            yield _gap(around, spelling, failed)
            continue
        metadata = answer.data["KeyMetadata"]
        arn = metadata["Arn"]
        answers.setdefault(arn, answer)
        known[arn] = known[metadata["KeyId"]] = arn
        if _ALIAS in spelling:
            aliases[arn].add(_ALIAS + spelling.partition(_ALIAS)[2])
    for arn, answer in sorted(answers.items()):
        raw = dict(answer.data["KeyMetadata"])
        raw["AliasNames"] = sorted(aliases[arn])
        places = _members(around, arn, raw)
        yield around.build(KmsKey, raw, answer.observation, places=places)


def _gap(around: Around, spelling: str, failed: ReadFailed) -> Gap:
    scope = around.scope(KmsKey, spelling)
    gap = failed.scoped(scope)
    owner = _account_of(spelling)
    foreign = owner not in ("", around.reader.account)
    if foreign and gap.reason in (Reason.ACCESS_DENIED, Reason.VANISHED):
        return Gap(scope, gap.operation, Reason.CROSS_ACCOUNT, f"key of account {owner}; {gap.detail}")
    return gap


def _members(around: Around, arn: str, raw: dict[str, Any]) -> dict[str, Observation]:
    places: dict[str, Observation] = {}
    if around.needs(KmsKey, "KeyRotationEnabled"):
        if raw.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
            # Only symmetric encryption keys rotate by themselves (KMS developer guide, "Rotate AWS KMS keys").
            raw["KeyRotationEnabled"] = False
        else:
            try:
                answer = around.call("kms:GetKeyRotationStatus", KeyId=arn)
                raw["KeyRotationEnabled"] = answer.data["KeyRotationEnabled"]
                places["KeyRotationEnabled"] = answer.observation
            except ReadFailed as failed:
                raw["KeyRotationEnabled"] = around.hide(KmsKey, "KeyRotationEnabled", failed)
    # The policy of another account's key cannot be read (KMS API reference, GetKeyPolicy, "Cross-account use: No").
    if around.needs(KmsKey, "Policy") and _account_of(arn) == around.reader.account:
        try:
            answer = around.call("kms:GetKeyPolicy", KeyId=arn, PolicyName="default")
            raw["Policy"] = document(answer.data.get("Policy"))
            places["Policy"] = answer.observation
        except ReadFailed as failed:
            raw["Policy"] = around.hide(KmsKey, "Policy", failed)
    return places


KEYS = Family((KmsKey,), ("kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:GetKeyPolicy"), _collect)

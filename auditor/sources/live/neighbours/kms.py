"""KMS keys that resources name: `DescribeKey`, and rotation and policy of the account's own keys."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from auditor.model.gap import Gap
from auditor.model.kms import KmsKey
from auditor.model.resource import Observation, Resource
from auditor.model.unknown import Reason
from auditor.sources.live.actions import action
from auditor.sources.live.neighbours.gathering import Gathering, Member, document
from auditor.sources.live.neighbours.wanted import KEYS, Wanted
from auditor.sources.live.reader import Answer, ReadFailed

OPERATIONS = ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus")
_ARN_PARTS = 6


@dataclass(frozen=True, slots=True)
class _Asked:
    """A key that was asked for, every spelling that stands for the same request, and what came of it."""

    spellings: tuple[str, ...]
    outcome: Answer | ReadFailed


def collect(gathering: Gathering, wanted: Wanted, region: str) -> Iterator[Resource | Gap]:
    """Every key that something in the region names, once, however many ways it is spelled."""
    gathering.begin(KmsKey)
    spelled: defaultdict[str, list[str]] = defaultdict(list)
    for spelling in wanted.references(KEYS, region):
        spelled[_short(spelling, gathering.reader.account, region)].append(spelling)

    def ask(item: tuple[str, list[str]]) -> _Asked:
        name, spellings = item
        try:
            # KMS answers for a key only in the key's own region.
            where = _part(name, 3) or region
            return _Asked((name, *spellings), gathering.reader.call(where, "kms:DescribeKey", KeyId=name))
        except ReadFailed as error:
            return _Asked(tuple(spellings), error)

    found: dict[str, tuple[Answer, set[str]]] = {}
    for asked in gathering.each(ask, sorted(spelled.items())):
        if isinstance(asked.outcome, ReadFailed):
            for spelling in asked.spellings:
                yield _gap(gathering, asked.outcome, spelling)
            continue
        arn = asked.outcome.data["KeyMetadata"]["Arn"]
        found.setdefault(arn, (asked.outcome, set()))[1].update(asked.spellings)
    yield from gathering.each(lambda one: _key(gathering, *one), [found[arn] for arn in sorted(found)])


def _short(spelling: str, account: str, region: str) -> str:
    """The key id or alias of an ARN of this account and region, so that one key is asked for once."""
    if _part(spelling, 3) == region and _part(spelling, 4) == account:
        return _part(spelling, 5).removeprefix("key/")
    return spelling


def _part(arn: str, index: int) -> str:
    parts = arn.split(":", _ARN_PARTS - 1)
    return parts[index] if len(parts) == _ARN_PARTS and parts[0] == "arn" else ""


def _gap(gathering: Gathering, error: ReadFailed, spelling: str) -> Gap:
    gap = error.gap
    owner = _part(spelling, 4)
    detail, reason = gap.detail, gap.reason
    if owner and owner != gathering.reader.account and reason in {Reason.ACCESS_DENIED, Reason.VANISHED}:
        if reason is Reason.ACCESS_DENIED:
            # Granting it to the auditor alone does not help (KMS developer guide, "Allowing users in other accounts
            # to use a KMS key").
            detail = f"its key policy must allow {action(gap.operation)} to the auditor's role"
        reason, detail = Reason.CROSS_ACCOUNT, f"the key belongs to account {owner}; {detail}"
    elif reason is Reason.VANISHED:
        reason = Reason.UNRESOLVED_REFERENCE
    else:
        gathering.failed(KmsKey, error)
    return Gap(gathering.scope(KmsKey, spelling), gap.operation, reason, detail)


def _key(gathering: Gathering, answer: Answer, spellings: set[str]) -> Resource:
    data: dict[str, Any] = answer.data["KeyMetadata"]
    members = {}
    if data.get("KeyManager") == "CUSTOMER" and data.get("AWSAccountId") == gathering.reader.account:
        members = _details(gathering, data, answer.observation)
    aliases = {spelling for spelling in spellings if spelling.startswith("alias/")}
    aliases |= {_part(spelling, 5) for spelling in spellings if _part(spelling, 5).startswith("alias/")}
    return gathering.build(KmsKey, {**data, "AliasNames": sorted(aliases)}, answer.observation, members)


def _details(gathering: Gathering, data: dict[str, Any], observation: Observation) -> dict[str, Member]:
    arn = data["Arn"]
    where = _part(arn, 3)
    policy = gathering.ask(
        KmsKey,
        "kms:GetKeyPolicy",
        lambda answer: document(answer.get("Policy")),
        region=where,
        KeyId=arn,
        PolicyName="default",
    )
    if data.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT" or data.get("Origin") != "AWS_KMS":
        # KMS rotates only symmetric keys whose material it made itself (KMS API, GetKeyRotationStatus).
        return {"Policy": policy, "KeyRotationEnabled": Member(False, observation)}
    rotation = gathering.ask(
        KmsKey,
        "kms:GetKeyRotationStatus",
        lambda answer: answer["KeyRotationEnabled"],
        region=where,
        KeyId=arn,
    )
    return {"Policy": policy, "KeyRotationEnabled": rotation}

"""KMS keys that resources name: `DescribeKey`, and rotation and policy of the account's own keys."""

import threading
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
from auditor.sources.live.sighting import Foreseen

OPERATIONS = ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus")
_ARN_PARTS = 6


@dataclass(frozen=True, slots=True)
class _Asked:
    """A key that was asked for, every spelling that stands for the same request, and what came of it."""

    spellings: tuple[str, ...]
    outcome: Answer | ReadFailed


class Keys:
    """The keys that something in a region names: each is asked for once, however many ways it is spelled.

    Args:
        gathering: the neighbours of the region.
        wanted: the references that were found.
        region: where.
    """

    def __init__(self, gathering: Gathering, wanted: Wanted, region: str) -> None:
        self._gathering = gathering
        self._wanted = wanted
        self._region = region
        self._outcomes: dict[str, Answer | ReadFailed] = {}
        self._members: dict[str, dict[str, Member]] = {}
        self._locks: dict[str, threading.Lock] = {}

    def foresee(self) -> Iterator[Foreseen]:
        """Keys as they are named, so that what names them next need not wait."""
        for spellings in self._wanted.as_they_come(KEYS, self._region):
            fresh = {self._name(spelling): spelling for spelling in spellings}
            unasked = [item for item in fresh.items() if item[0] not in self._outcomes]
            for key in self._gathering.each(self._foreseen, unasked):
                if key is not None:
                    yield key

    def collect(self) -> Iterator[Resource | Gap]:
        """Every key, with every spelling that stands for it, once all are known."""
        gathering = self._gathering
        gathering.begin(KmsKey)
        spelled: defaultdict[str, list[str]] = defaultdict(list)
        for spelling in self._wanted.references(KEYS, self._region):
            spelled[self._name(spelling)].append(spelling)
        found: dict[str, tuple[Answer, set[str]]] = {}
        for asked in gathering.each(self._asked, sorted(spelled.items())):
            if isinstance(asked.outcome, ReadFailed):
                for spelling in asked.spellings:
                    yield hidden_key(gathering, asked.outcome, spelling)
                continue
            arn = asked.outcome.data["KeyMetadata"]["Arn"]
            found.setdefault(arn, (asked.outcome, set()))[1].update(asked.spellings)
        for key in gathering.each(lambda one: self._key(*one), [found[arn] for arn in sorted(found)]):
            gathering.count(KmsKey)
            yield key

    def _foreseen(self, item: tuple[str, str]) -> Foreseen | None:
        outcome = self._ask(item[0])
        return Foreseen(self._key(outcome, set(item))) if isinstance(outcome, Answer) else None

    def _name(self, spelling: str) -> str:
        return _short(spelling, self._gathering.reader.account, self._region)

    def _asked(self, item: tuple[str, list[str]]) -> _Asked:
        name, spellings = item
        outcome = self._ask(name)
        return _Asked((name, *spellings) if isinstance(outcome, Answer) else tuple(spellings), outcome)

    def _ask(self, name: str) -> Answer | ReadFailed:
        if name not in self._outcomes:
            try:
                # KMS answers for a key only in the key's own region.
                where = _part(name, 3) or self._region
                self._outcomes[name] = self._gathering.reader.call(where, "kms:DescribeKey", KeyId=name)
            except ReadFailed as error:
                self._outcomes[name] = error
        return self._outcomes[name]

    def _key(self, answer: Answer, spellings: set[str]) -> Resource:
        gathering = self._gathering
        data: dict[str, Any] = answer.data["KeyMetadata"]
        arn = data["Arn"]
        # By alias and by id, one key may be looked at twice at the same time.
        with self._locks.setdefault(arn, threading.Lock()):
            if arn not in self._members:
                own = data.get("KeyManager") == "CUSTOMER" and data.get("AWSAccountId") == gathering.reader.account
                self._members[arn] = _details(gathering, data, answer.observation) if own else {}
        aliases = {spelling for spelling in spellings if spelling.startswith("alias/")}
        aliases |= {_part(spelling, 5) for spelling in spellings if _part(spelling, 5).startswith("alias/")}
        facts = {**data, "AliasNames": sorted(aliases)}
        return gathering.made(KmsKey, facts, answer.observation, self._members[arn])


def _short(spelling: str, account: str, region: str) -> str:
    """The key id or alias of an ARN of this account and region, so that one key is asked for once."""
    if _part(spelling, 3) == region and _part(spelling, 4) == account:
        return _part(spelling, 5).removeprefix("key/")
    return spelling


def region_of(spelling: str) -> str:
    """The region of a key's ARN; empty where it is named in another way."""
    return _part(spelling, 3)


def _part(arn: str, index: int) -> str:
    parts = arn.split(":", _ARN_PARTS - 1)
    return parts[index] if len(parts) == _ARN_PARTS and parts[0] == "arn" else ""


def hidden_key(gathering: Gathering, error: ReadFailed, spelling: str, kind: type[Resource] = KmsKey) -> Gap:
    """Why a key that something names could not be read; an error of the scan's own is noted under a type."""
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
        gathering.failed(kind, error)
    return Gap(gathering.scope(KmsKey, spelling), gap.operation, reason, detail)


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

"""IAM policy documents: their statements, and what a statement covers.

Source of the grammar: IAM user guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy
elements". Actions match without regard to case, `*` is any text, `?` one character; there are no other
wildcards.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from auditor.model.unknown import CannotAssess, Reason, Unknown

_NAMING = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
_ACCOUNT_OF_ARN = 4
# IAM user guide, "IAM JSON policy elements reference".
_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_OF_STATEMENT = frozenset(
    {
        *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
    }
)
# What no list of services and partitions has: a pattern that covers these was meant for everything.
_ANY_ACTION = "zzzz-service:ZzzzAction"
_ANY_RESOURCES = tuple(
    f"arn:{partition}:zzzz-service:zz-zone-1:000000000000:zzzz/zzzz" for partition in ("aws", "aws-cn", "aws-us-gov")
)
# IAM user guide, "AWS global condition context keys", and the service authorization reference, "Condition keys for
# Amazon S3": those whose value is an account, or an ARN that holds one.
_NAMES_AN_ACCOUNT = frozenset(
    {
        *("aws:sourceaccount", "aws:sourcearn", "aws:principalaccount", "aws:principalarn"),
        "s3:dataaccesspointaccount",
    }
)
# Of the same sources: those whose value is one id or name, so that a pattern names many at once.
_NAMES_ONE = frozenset(
    {
        *("aws:principalorgid", "aws:sourceorgid", "aws:resourceorgid", "aws:principalaccount", "aws:sourceaccount"),
        *("aws:resourceaccount", "aws:sourcevpc", "aws:sourcevpce", "iam:passedtoservice", "kms:calleraccount"),
        *("sts:externalid", "s3:dataaccesspointaccount"),
    }
)
# An organisation's id, then its units: only the units may be a pattern.
_NAMES_PATHS = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths", "aws:resourceorgpaths"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, with every element as a tuple.

    Args:
        effect: `Allow` or `Deny`.
        actions, not_actions: patterns such as `sagemaker:Create*`; one of the two is empty.
        resources, not_resources: ARN patterns; both empty in a trust policy.
        principals, not_principals: kind (`AWS`, `Service`, `Federated`, `CanonicalUser`) to names; `*` alone
            stands under `AWS`.
        conditions: operator, then key in lower case, to values.
        sid: the statement's id.
    """

    effect: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_principals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    sid: str = ""

    @property
    def allows(self) -> bool:
        """Whether it is an Allow statement."""
        return self.effect == "Allow"

    def covers_action(self, action: str) -> bool:
        """Whether an action such as `iam:PassRole` falls under the statement."""
        if self.not_actions:
            return not any(matches(pattern, action) for pattern in self.not_actions)
        return any(matches(pattern, action) for pattern in self.actions)

    @property
    def covers_every_action(self) -> bool:
        """Whether it names every action of every service."""
        return any(matches(pattern, _ANY_ACTION) for pattern in self.actions)

    @property
    def covers_every_resource(self) -> bool:
        """Whether it names every resource; a NotResource list leaves too much to call it narrow."""
        return bool(self.not_resources) or any(
            matches(pattern, resource) for pattern in self.resources for resource in _ANY_RESOURCES
        )

    @property
    def anyone(self) -> bool:
        """Whether the principal is everyone, before conditions."""
        return bool(self.not_principals) or any("*" in names for names in self.principals.values())

    def condition_keys(self) -> frozenset[str]:
        """Every condition key, in lower case."""
        return frozenset(key for keys in self.conditions.values() for key in keys)

    def demands(self, keys: frozenset[str], account: str = "") -> bool:
        """Whether a condition holds only for requests that have one of the keys with a value that it names.

        Args:
            keys: condition keys in lower case.
            account: where given, a key that names accounts counts only where every value names this one:
                a condition that asks for somebody else's account keeps out the wrong ones.

        Not so where the key may be missing (`IfExists`, `ForAllValues`, `Null`), where values are ruled out
        instead of named (`StringNotEquals`), or where any value will do (`*`, or an ARN of any account). Source:
        IAM user guide, "IAM JSON policy elements: Condition operators".
        """
        return any(
            key in keys and values and not any(_open(key, value, account) for value in values)
            for operator, compared in self.conditions.items()
            if operator.casefold().removeprefix("foranyvalue:") in _NAMING
            for key, values in compared.items()
        )

    def bound(self, keys: frozenset[str], account: str) -> bool:
        """As `demands`, where the account may not be known.

        Raises:
            CannotAssess: only accounts are named, and which one is its own is not known.
        """
        of_accounts = keys & _NAMES_AN_ACCOUNT
        named = (compared.get(key, ()) for compared in self.conditions.values() for key in of_accounts)
        own = all(_left_blank(value) for values in named for value in values)
        if not account and not own and self.demands(keys) and not self.demands(keys - of_accounts):
            raise CannotAssess(Unknown(Reason.UNRESOLVED_REFERENCE, "its own account is not known: give --account"))
        return self.demands(keys, account)


def account_of(named: str) -> str:
    """The account of an ARN, or the text itself where it is an account; empty where it names none."""
    parts = named.split(":")
    if parts[0] == "arn":
        return parts[_ACCOUNT_OF_ARN] if len(parts) > _ACCOUNT_OF_ARN else ""
    return named if named.isdigit() else ""


def _left_blank(value: str) -> bool:
    """Whether a value names the account that it stands in, as files do that are not told which one that is."""
    parts = value.split(":")
    # S3's ARNs name no account ever.
    of_own = parts[0] == "arn" and len(parts) > _ACCOUNT_OF_ARN and not parts[_ACCOUNT_OF_ARN] and parts[2] != "s3"
    return of_own or value == "AWS::AccountId"


def _open(key: str, value: str, account: str) -> bool:
    of_another = bool(account) and key in _NAMES_AN_ACCOUNT and account_of(value) != account
    return of_another or _any_value(key, value)


def _any_value(key: str, value: str) -> bool:
    """Whether a value of a condition leaves it open whose it is; S3's ARNs name no account, but a bucket."""
    if not value.strip("*?"):
        return True
    one = value if key in _NAMES_ONE else value.partition("/")[0] if key in _NAMES_PATHS else ""
    if "*" in one or "?" in one:
        return True
    parts = value.split(":")
    if parts[0] != "arn":
        return False
    account = parts[_ACCOUNT_OF_ARN] if len(parts) > _ACCOUNT_OF_ARN else "*"
    return "*" in account or "?" in account


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    first, *rest = ("".join("." if char == "?" else re.escape(char) for char in part) for part in pattern.split("*"))
    if rest:
        # Each star takes as little as it can and never gives it back: a pattern of many stars would else be tried in
        # more ways than can be, and strangers write patterns. What stands between stars fits best where it first does.
        first += "".join(f"(?>.*?{part})" for part in rest[:-1] if part) + f".*{rest[-1]}"
    return re.compile(first, re.IGNORECASE | re.DOTALL)


def matches(pattern: str, action: str) -> bool:
    """Whether an action pattern covers an action; case does not count."""
    return _pattern(pattern).fullmatch(action) is not None


def statements(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Args:
        document: parsed JSON.

    Raises:
        CannotAssess: it is not a policy document. Where an element is not known or missing, IAM refuses the document
            or reads it in a way that is not known here.
    """
    kept = _KEPT.get(id(document))
    if kept is not None:
        return kept[1]
    found = _statements(document)
    if len(_KEPT) >= _MOST_KEPT:
        _KEPT.clear()
    _KEPT[id(document)] = document, found
    return found


# A dozen rules read the same few documents in a row, and nobody changes one. The document is kept along with its
# statements, so that no other can have its identity.
_KEPT: dict[int, tuple[Mapping[str, Any], tuple[Statement, ...]]] = {}
_MOST_KEPT = 64


def _statements(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    _known(document, _ELEMENTS)
    raw = document.get("Statement", [])
    listed = [raw] if isinstance(raw, dict) else raw
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise CannotAssess(Unknown(Reason.UNEXPECTED_VALUE, "Statement is neither an object nor a list of them"))
    return tuple(_statement(item) for item in listed)


def _known(raw: Mapping[str, Any], elements: frozenset[str]) -> None:
    unknown = sorted(set(raw) - elements)
    if unknown:
        raise CannotAssess(Unknown(Reason.UNEXPECTED_VALUE, f"a policy has no element {unknown[0]!r}"))


def _statement(raw: Mapping[str, Any]) -> Statement:
    _known(raw, _OF_STATEMENT)
    if raw.get("Action") is None and raw.get("NotAction") is None:
        raise CannotAssess(Unknown(Reason.UNEXPECTED_VALUE, "a statement has neither Action nor NotAction"))
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise CannotAssess(Unknown(Reason.UNEXPECTED_VALUE, "a statement's Effect is neither Allow nor Deny"))
    return Statement(
        effect=raw["Effect"],
        actions=_texts(raw.get("Action")),
        not_actions=_texts(raw.get("NotAction")),
        resources=_texts(raw.get("Resource")),
        not_resources=_texts(raw.get("NotResource")),
        principals=_principals(raw.get("Principal")),
        not_principals=_principals(raw.get("NotPrincipal")),
        conditions=_conditions(raw.get("Condition")),
        sid=str(raw.get("Sid", "")),
    )


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    items: Iterable[Any] = value if isinstance(value, list | tuple) else (value,)
    return tuple(_text(item) for item in items)


def _text(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, str | int | float):
        return str(item)
    raise CannotAssess(Unknown(Reason.UNEXPECTED_VALUE, "a policy element is not text"))


def _principals(value: Any) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    if isinstance(value, dict):
        return {str(kind): _texts(names) for kind, names in value.items()}
    return {"AWS": _texts(value)}


def _conditions(value: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(keys, dict) for keys in value.values()):
        raise CannotAssess(Unknown(Reason.UNEXPECTED_VALUE, "a statement's Condition is not an object of objects"))
    return {
        str(operator): {str(key).lower(): _texts(values) for key, values in keys.items()}
        for operator, keys in value.items()
    }

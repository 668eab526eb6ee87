"""The settings of scheduled runs, from the environment variables of the functions: the one place that reads them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, TypeVar

from auditor.errors import ConfigError, nearest
from auditor.model.verdict import Severity

_ACCOUNT = re.compile(r"\d{12}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# Organizations API reference, CreateRole's ParentId pattern: an organizational unit or the root.
_UNIT = re.compile(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32}")
_ROLE = re.compile(r"[\w+=,.@/-]{1,512}", re.ASCII)
_REGION = re.compile(r"all|[a-z]{2,}(-[a-z]+)+-\d+")
_TOPIC = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w.-]{1,256}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_SWITCH = {"true": True, "false": False}
# What an own setting of the auditor may not be called is not known: variables of others are left alone.
T = TypeVar("T")
Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """How runs on a schedule are shaped. Each field is read from the variable of the same name in capitals.

    Args:
        report_bucket: where everything is written.
        report_bucket_owner: the account that must own it; empty to not ask.
        role_name: name or path of the role in each account; empty to read the own account as it is.
        external_id: for the role; empty for none.
        organization: every active account of the organisation.
        accounts: these accounts instead; empty, without `organization`: the own one.
        ou_include, ou_exclude: only, and without, the accounts under these units or roots.
        tag_include, tag_exclude: only, and without, the accounts with one of these tags; `Key` or `Key=Value`.
        regions: names of regions, or `all`.
        topic_arn: where notices go; empty for nowhere.
        event_bus: name or ARN of the bus for events of the auditor's own; empty for none.
        notify_severity: the lowest severity that is worth a notice.
        metrics_per_account: whether metrics come for each account as well.
        security_hub: whether findings are imported into each account's Security Hub.
        jobs_since: how far back ended jobs are read; None for all.
        quota_share: share of each API quota to take, above 0 to 1.
        select, ignore: rule ids, tags, severities, concerns or frameworks.
        slice_jobs: about how many jobs are read between two checkpoints.
        margin_seconds: how long before the end of an invocation no more work is begun.
    """

    report_bucket: str
    report_bucket_owner: str = ""
    role_name: str = ""
    external_id: str = ""
    organization: bool = False
    accounts: tuple[str, ...] = ()
    ou_include: tuple[str, ...] = ()
    ou_exclude: tuple[str, ...] = ()
    tag_include: Tags = ()
    tag_exclude: Tags = ()
    regions: tuple[str, ...] = ("all",)
    topic_arn: str = ""
    event_bus: str = ""
    notify_severity: Severity = Severity.HIGH
    metrics_per_account: bool = False
    security_hub: bool = False
    jobs_since: timedelta | None = timedelta(days=30)
    quota_share: float = 0.5
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    slice_jobs: int = 2_000
    margin_seconds: float = 60.0

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "FleetSettings":
        """The settings that an environment holds; an empty variable is one that is not set.

        Raises:
            ConfigError: a variable is missing or does not fit.
        """
        given = {name.lower(): value.strip() for name, value in environment.items() if value.strip()}
        values = {name: read(name.upper(), given[name]) for name, read in _READERS.items() if name in given}
        if "report_bucket" not in values:
            raise ConfigError("REPORT_BUCKET is not set", "name the bucket that reports are written to")
        found = cls(**values)
        found._check()
        return found

    def described(self) -> dict[str, Any]:
        """The settings as reports show them; no secrets."""
        shown = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "external_id"}
        since = self.jobs_since
        return {**shown, "jobs_since": "all" if since is None else str(since)}

    def _check(self) -> None:
        if self.organization and self.accounts:
            raise ConfigError("ORGANIZATION and ACCOUNTS exclude each other", "leave one of them empty")
        if (self.organization or self.accounts) and not self.role_name:
            raise ConfigError("ROLE_NAME is not set", "name the role to assume in each account")
        chosen = (self.ou_include, self.ou_exclude, self.tag_include, self.tag_exclude)
        if any(chosen) and not self.organization:
            raise ConfigError("OU_* and TAG_* choose among the accounts of an organisation", "set ORGANIZATION=true")


def _words(pattern: re.Pattern[str], what: str) -> Callable[[str, str], tuple[str, ...]]:
    def read(name: str, value: str) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(word for word in re.split(r"[,\s]+", value) if word))
        for word in found:
            if not pattern.fullmatch(word):
                raise ConfigError(f"{name}: {word!r} is no {what}", f"write {what}s, with commas between them")
        return found

    return read


def _one(pattern: re.Pattern[str], what: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if not pattern.fullmatch(value):
            raise ConfigError(f"{name}: {value!r} is no {what}")
        return value

    return read


def _switch(name: str, value: str) -> bool:
    if value.lower() not in _SWITCH:
        raise ConfigError(f"{name}: {value!r} is neither true nor false")
    return _SWITCH[value.lower()]


def _tags(name: str, value: str) -> Tags:
    pairs = [word.strip().partition("=") for word in value.split(",") if word.strip()]
    if any(not key.strip() for key, _, _ in pairs):
        raise ConfigError(f"{name}: {value!r} holds a tag without a key", "write Key=Value, with commas between them")
    return tuple((key.strip(), text.strip()) for key, _, text in pairs)


def _severity(name: str, value: str) -> Severity:
    try:
        return Severity(value.upper())
    except ValueError:
        known = ", ".join(severity.value for severity in Severity)
        remedy = nearest(value, [severity.value for severity in Severity]) or f"known are {known}"
        raise ConfigError(f"{name}: {value!r} is no severity", remedy) from None


def _window(name: str, value: str) -> timedelta | None:
    from auditor.config import parse_window  # noqa: PLC0415  pydantic, which the first request does not wait for

    try:
        return parse_window(value)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None


def _number(least: float, most: float, kind: Callable[[str], T]) -> Callable[[str, str], T]:
    def read(name: str, value: str) -> T:
        try:
            number = kind(value)
            fits = least <= float(value) <= most
        except ValueError:
            fits = False
        if not fits:
            raise ConfigError(f"{name}: {value!r} is no number from {least:g} to {most:g}")
        return number

    return read


_ANY_WORD = re.compile(r"\S+")
_READERS: dict[str, Callable[[str, str], Any]] = {
    "report_bucket": _one(_BUCKET, "name of a bucket"),
    "report_bucket_owner": _one(_ACCOUNT, "account of 12 digits"),
    "role_name": _one(_ROLE, "name of a role"),
    "external_id": _one(_EXTERNAL_ID, "external id"),
    "organization": _switch,
    "accounts": _words(_ACCOUNT, "account of 12 digits"),
    "ou_include": _words(_UNIT, "id of an organizational unit or root"),
    "ou_exclude": _words(_UNIT, "id of an organizational unit or root"),
    "tag_include": _tags,
    "tag_exclude": _tags,
    "regions": _words(_REGION, "name of a region"),
    "topic_arn": _one(_TOPIC, "ARN of an SNS topic"),
    "event_bus": _one(_ANY_WORD, "event bus"),
    "notify_severity": _severity,
    "metrics_per_account": _switch,
    "security_hub": _switch,
    "jobs_since": _window,
    "quota_share": _number(0.01, 1, float),
    "select": _words(_ANY_WORD, "rule, tag, severity, concern or framework"),
    "ignore": _words(_ANY_WORD, "rule, tag, severity, concern or framework"),
    "slice_jobs": _number(1, 100_000, int),
    "margin_seconds": _number(0.1, 600, float),
}

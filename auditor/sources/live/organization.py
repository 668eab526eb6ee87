"""The accounts of an organisation, chosen by organizational unit and tag."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.model.gap import Gap, Scope
from auditor.model.unknown import Reason
from auditor.sources.live.accounts import Member, home_region, organization_members
from auditor.sources.live.reader import Reader

_IN_UNIT, _UNITS = "organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"
_TAGS = "organizations:ListTagsForResource"
OPERATIONS = ("organizations:ListAccounts", _IN_UNIT, _UNITS, _TAGS)

Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which accounts of an organisation are meant; empty parts choose nothing.

    Args:
        ou_include, ou_exclude: ids of organizational units or roots; what lies below counts.
        tag_include, tag_exclude: key and value of account tags; an empty value stands for any.
    """

    ou_include: tuple[str, ...] = ()
    ou_exclude: tuple[str, ...] = ()
    tag_include: Tags = ()
    tag_exclude: Tags = ()


def chosen_members(reader: Reader, role: str, choice: Choice) -> Iterator[Member | Gap]:
    """The active accounts that are meant; a gap, EXCLUDED, for each other one.

    Raises:
        ReadFailed: the organisation cannot be read.
    """
    inside = _below(reader, choice.ou_include) if choice.ou_include else None
    outside = _below(reader, choice.ou_exclude)
    for member in organization_members(reader, role):
        if isinstance(member, Gap):
            yield member
            continue
        account = member.account
        if inside is not None and account not in inside:
            yield _excluded(account, "it lies in none of the organizational units that are included")
        elif account in outside:
            yield _excluded(account, "it lies in an organizational unit that is excluded")
        else:
            why = _by_tags(reader, account, choice)
            yield _excluded(account, why) if why else member


def _by_tags(reader: Reader, account: str, choice: Choice) -> str:
    if not (choice.tag_include or choice.tag_exclude):
        return ""
    pages = reader.pages(home_region(reader.partition), _TAGS, ResourceId=account)
    tags = {tag["Key"]: tag["Value"] for answer in pages for tag in answer.data.get("Tags", ())}
    if choice.tag_include and not _carries(tags, choice.tag_include):
        return "it has none of the tags that are included"
    return "it has a tag that is excluded" if _carries(tags, choice.tag_exclude) else ""


def _carries(tags: dict[str, str], wanted: Tags) -> bool:
    return any(key in tags and value in ("", tags[key]) for key, value in wanted)


def _below(reader: Reader, parents: Iterable[str]) -> set[str]:
    """The accounts in some units and in all units below them."""
    home = home_region(reader.partition)
    found: set[str] = set()
    seen: set[str] = set()
    open_units = list(parents)
    while open_units:
        unit = open_units.pop()
        if unit in seen:
            continue
        seen.add(unit)
        for answer in reader.pages(home, _IN_UNIT, ParentId=unit):
            found |= {account["Id"] for account in answer.data.get("Accounts", ())}
        for answer in reader.pages(home, _UNITS, ParentId=unit):
            open_units += [child["Id"] for child in answer.data.get("OrganizationalUnits", ())]
    return found


def _excluded(account: str, why: str) -> Gap:
    return Gap(Scope(account), "organizations:ListAccounts", Reason.EXCLUDED, why)

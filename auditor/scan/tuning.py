"""Rules with the parameters that an organisation gives them: for everything, and by profile."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from auditor.catalog import Catalog
from auditor.config import AuditConfig, Profile
from auditor.errors import ConfigError, UsageError, nearest
from auditor.model.parameter import Value, shown
from auditor.model.resource import Location, Resource
from auditor.model.rule import Rule, Variant
from auditor.waivers import matches

Tables = Mapping[str, Mapping[str, Any]]


def tuned(catalog: Catalog, settings: AuditConfig) -> Catalog:
    """The rules with the parameters that they have here.

    Args:
        catalog: every rule there is.
        settings: what sets them, for the whole and by profile.

    Raises:
        ConfigError: a rule or parameter does not exist, or a value does not fit; names file, line and key.
    """
    _check(catalog, settings)
    return Catalog(_tuned(rule, settings) for rule in catalog)


def told(catalog: Catalog, settings: AuditConfig) -> tuple[str, ...]:
    """What a report says of parameters that are not the rules' own, one sentence each.

    Args:
        catalog: every rule there is.
        settings: as of `tuned`, which has found them to fit.
    """
    return tuple(
        f"{rule.id}{where}: {rule.said({name: value})}"
        for where, table in (("", settings.rule), *((f" in {one}", p.rule) for one, p in settings.profiles.items()))
        for rule in catalog
        for name, value in _set(rule, table.get(rule.id, {})).items()
    )


def _set(rule: Rule, given: Mapping[str, Any]) -> dict[str, Value]:
    return {one.name: one.fitting(given[one.name]) for one in rule.parameters if one.name in given}


def _tuned(rule: Rule, settings: AuditConfig) -> Rule:
    whole = settings.rule.get(rule.id, {})
    profiles = settings.profiles.values()
    if not any(rule.id in profile.rule for profile in profiles):
        return rule.tuned(whole) if whole else rule
    variants = (
        Variant(fits(one), rule.differing({**whole, **one.rule.get(rule.id, {})}), by_tags=bool(one.tags))
        for one in profiles
    )
    return rule.tuned(whole, tuple(variants))


def fits(profile: Profile) -> Callable[[Resource], bool]:
    """Tells whether a profile is for a resource.

    Raises:
        CannotAssess: in the answer, where a tag that decides was not observed.
    """

    def answer(resource: Resource) -> bool:
        place = resource.origin.default
        if profile.paths:
            if not isinstance(place, Location):
                return False
            if not any(matches(path, place.file) for path in profile.paths):
                return False
        return not profile.tags or _tagged(resource, profile.tags)

    return answer


def _tagged(resource: Resource, wanted: Mapping[str, str]) -> bool:
    field = type(resource).field_of("Tags")
    if field is None:
        return False
    own = {tag.key: tag for tag in getattr(resource, field)}
    return all(key in own and matches(value, own[key].value) for key, value in wanted.items())


def _check(catalog: Catalog, settings: AuditConfig) -> None:
    _check_tables(catalog, settings, ("rule",), settings.rule)
    for name, profile in settings.profiles.items():
        _check_tables(catalog, settings, ("profiles", name, "rule"), profile.rule)


def _check_tables(catalog: Catalog, settings: AuditConfig, way: tuple[str, ...], tables: Tables) -> None:
    for rule_id, given in tables.items():
        try:
            rule = catalog.get(rule_id)
        except UsageError as error:
            raise settings.error((*way, rule_id), error.message, error.remedy) from None
        for fault in _faults(rule, given, settings, (*way, rule_id)):
            raise fault


def _faults(rule: Rule, given: Mapping[str, Any], settings: AuditConfig, way: tuple[str, ...]) -> Iterator[ConfigError]:
    for name, value in given.items():
        parameter = rule.parameter(name)
        if parameter is None:
            names = [one.name for one in rule.parameters]
            known = f"its parameters are {', '.join(names)}" if names else "the rule has no parameters"
            yield settings.error((*way, name), f"{rule.id} has no parameter {name!r}", nearest(name, names) or known)
            continue
        try:
            parameter.fitting(value)
        except ValueError as error:
            remedy = f"{parameter.meaning}; {shown(parameter.default)} by default"
            yield settings.error((*way, name), str(error), remedy)

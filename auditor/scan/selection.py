"""What the selected rules need to be read."""

from dataclasses import dataclass
from datetime import datetime

from auditor.catalog import Catalog
from auditor.model.resource import Resource
from auditor.model.sagemaker import BY_TYPE, Pipeline
from auditor.model.surroundings import AccountRegion
from auditor.reads import members_needed
from auditor.sources.pipelines.steps import MADE_TYPES


@dataclass(frozen=True, slots=True)
class Selection:
    """What to read for some rules.

    Args:
        families: SageMaker types.
        neighbours: other types, but for the account in a region, which is no API's.
        members: type to the top-level members that must be observed.
    """

    families: frozenset[str]
    neighbours: frozenset[type[Resource]]
    members: dict[str, frozenset[str]]

    @classmethod
    def of(cls, catalog: Catalog) -> "Selection":
        """What a catalog needs."""
        needed = {kind for rule in catalog for kind in rule.scope}
        needed |= {need for rule in catalog for need in rule.needs if need is not datetime}
        families = {kind.cfn_type for kind in needed} & set(BY_TYPE)
        if AccountRegion in needed:
            # What a region as a whole lacks depends on what there is in it.
            families = set(BY_TYPE)
        if not families.isdisjoint(MADE_TYPES):
            # What the steps of pipelines will make is judged by the same rules.
            families.add(Pipeline.cfn_type)
        others = {kind for kind in needed if kind.cfn_type not in BY_TYPE and kind is not AccountRegion}
        return cls(frozenset(families), frozenset(others), members_needed(catalog))

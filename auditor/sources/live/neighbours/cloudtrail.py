"""CloudTrail's trails, each asked about in its home region."""

from collections.abc import Iterator
from typing import Any

from auditor.model.surroundings import Trail
from auditor.sources.live.reader import Answer, ReadFailed

from .base import Item, Place

OPERATIONS = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors")


def collect(place: Place, regions: set[str]) -> Iterator[Item]:
    """Every trail that some regions see, once.

    A trail of several regions is seen from each of them, one of a single region only from its own.
    """
    seen: dict[str, tuple[dict[str, Any], Answer]] = {}
    for region in sorted(regions | {place.region}):
        try:
            answer = place.reader.call(region, "cloudtrail:DescribeTrails", includeShadowTrails=True)
        except ReadFailed as error:
            yield place.gap(error, Trail)
            continue
        for trail in answer.data.get("trailList", ()):
            seen.setdefault(trail["TrailARN"], (trail, answer))
    for arn in sorted(seen):
        trail, answer = seen[arn]
        yield _trail(place, arn, dict(trail), answer)


def _trail(place: Place, arn: str, data: dict[str, Any], answer: Answer) -> Item:
    home = data.get("HomeRegion", place.region)
    place.member(
        data,
        "IsLogging",
        lambda: place.reader.call(home, "cloudtrail:GetTrailStatus", Name=arn).data["IsLogging"],
    )
    try:
        selectors = place.reader.call(home, "cloudtrail:GetEventSelectors", TrailName=arn).data
        data["EventSelectors"] = selectors.get("EventSelectors", [])
        data["AdvancedEventSelectors"] = selectors.get("AdvancedEventSelectors", [])
    except ReadFailed as error:
        unknown = error.gap.as_unknown()
        data |= {"EventSelectors": unknown, "AdvancedEventSelectors": unknown}
    return place.build(Trail, data, answer.observation, name=data["Name"], arn=arn)

"""CloudTrail trails of the scanned regions, each once, and the buckets they and other resources name."""

from typing import Any

from auditor.model.resource import Observation
from auditor.model.surroundings import Bucket, Trail
from auditor.sources.live.neighbours import buckets
from auditor.sources.live.neighbours.around import Around, Family, Items
from auditor.sources.live.reader import ReadFailed


def _collect(around: Around) -> Items:
    found: dict[str, tuple[dict[str, Any], Observation]] = {}
    if around.needs(Trail):
        for region in around.regions or (around.region,):
            try:
                answer = around.reader.call(region, "cloudtrail:DescribeTrails", includeShadowTrails=True)
            except ReadFailed as failed:
                yield failed.scoped(around.scope(Trail))
                continue
            for raw in answer.data.get("trailList") or ():
                found.setdefault(raw["TrailARN"], (raw, answer.observation))
    for arn, (raw, observation) in sorted(found.items()):
        home = str(raw.get("HomeRegion") or around.region)
        more, places = _details(around, arn, home)
        yield around.build(Trail, {**raw, **more}, observation, places=places, region=home)
    if around.needs(Bucket):
        named = {str(raw["S3BucketName"]) for raw, _ in found.values() if raw.get("S3BucketName")}
        yield from buckets.collect(around, sorted(named | set(around.wanted.buckets())))


def _details(around: Around, arn: str, home: str) -> tuple[dict[str, Any], dict[str, Observation]]:
    """Status and selectors, asked where the trail lives."""
    raw: dict[str, Any] = {}
    places: dict[str, Observation] = {}
    try:
        answer = around.reader.call(home, "cloudtrail:GetTrailStatus", Name=arn)
        raw["IsLogging"] = answer.data.get("IsLogging", False)
        places["IsLogging"] = answer.observation
    except ReadFailed as failed:
        raw["IsLogging"] = around.hide(Trail, "IsLogging", failed)
    selectors = ("EventSelectors", "AdvancedEventSelectors")
    if not any(around.needs(Trail, member) for member in selectors):
        return raw, places
    try:
        answer = around.reader.call(home, "cloudtrail:GetEventSelectors", TrailName=arn)
        # A trail has one kind of selectors; the other is known to be empty.
        raw.update({member: answer.data.get(member) or [] for member in selectors})
        places.update(dict.fromkeys(selectors, answer.observation))
    except ReadFailed as failed:
        raw.update({member: around.hide(Trail, member, failed) for member in selectors})
    return raw, places


TRAILS = Family(
    (Trail, Bucket),
    (
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:GetEventSelectors",
        *buckets.OPERATIONS,
    ),
    _collect,
)

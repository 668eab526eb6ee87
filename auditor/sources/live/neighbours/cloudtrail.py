"""CloudTrail's trails, with status and event selectors, each read once where it is at home."""

from collections.abc import Iterator
from typing import Any

from auditor.model.gap import Gap
from auditor.model.resource import Observation, Resource
from auditor.model.surroundings import Trail
from auditor.model.unknown import Reason
from auditor.sources.live.neighbours.gathering import Gathering, Member
from auditor.sources.live.neighbours.wanted import Wanted
from auditor.sources.live.reader import ReadFailed

_LIST, _STATUS = "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"
_SELECTORS = "cloudtrail:GetEventSelectors"
OPERATIONS = (_LIST, _STATUS, _SELECTORS)


def collect(gathering: Gathering, wanted: Wanted) -> Iterator[Resource | Gap]:
    """Every trail that records the account; the buckets they write to become wanted."""
    gathering.begin(Trail)
    found: dict[str, tuple[dict[str, Any], Observation]] = {}
    for region in sorted({gathering.region, *wanted.regions}):
        try:
            answer = gathering.reader.call(region, _LIST, includeShadowTrails=True)
        except ReadFailed as error:
            yield from gathering.lose(error, Trail)
            if error.gap.reason in {Reason.ACCESS_DENIED, Reason.CREDENTIALS}:
                # The next region would answer the same.
                break
            continue
        for raw in answer.data.get("trailList", ()):
            found.setdefault(raw["TrailARN"], (raw, answer.observation))
    for arn in sorted(found):
        raw, observation = found[arn]
        bucket = raw.get("S3BucketName")
        if bucket:
            wanted.note_bucket(bucket, raw.get("HomeRegion", gathering.region))
        yield gathering.build(Trail, raw, observation, _members(gathering, arn, raw))


def _members(gathering: Gathering, arn: str, raw: dict[str, Any]) -> dict[str, Member]:
    region = raw.get("HomeRegion", gathering.region)
    logging = gathering.ask(Trail, _STATUS, lambda data: data["IsLogging"], region=region, Name=arn)
    both = gathering.ask(Trail, _SELECTORS, lambda data: data, region=region, TrailName=arn)
    # The answer holds one of the two kinds; the other is known to be empty.
    return {
        "IsLogging": logging,
        "EventSelectors": _part(both, "EventSelectors"),
        "AdvancedEventSelectors": _part(both, "AdvancedEventSelectors"),
    }


def _part(both: Member, name: str) -> Member:
    return Member(both.value.get(name, []), both.observation) if isinstance(both.value, dict) else both

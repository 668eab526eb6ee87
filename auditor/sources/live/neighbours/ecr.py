"""ECR repositories that resources take images from."""

from collections.abc import Iterator
from typing import Any

from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.model.surroundings import Repository
from auditor.model.unknown import Reason
from auditor.sources.live.neighbours.gathering import Gathering, document
from auditor.sources.live.neighbours.wanted import RepositoryName, Wanted
from auditor.sources.live.reader import ReadFailed

_DESCRIBE, _POLICY = "ecr:DescribeRepositories", "ecr:GetRepositoryPolicy"
OPERATIONS = (_DESCRIBE, _POLICY)
# DescribeRepositories takes up to 100 names; one that is gone fails them all, so each is asked for alone.


def collect(gathering: Gathering, wanted: Wanted, region: str) -> Iterator[Resource | Gap]:
    """The account's own repositories that are named; not those of others, AWS among them."""
    gathering.begin(Repository)
    account = gathering.reader.account
    own = [name for name in wanted.repositories(region) if name.account == account]
    for found in gathering.each(lambda name: _repository(gathering, name), own):
        yield from found


def _repository(gathering: Gathering, name: RepositoryName) -> list[Resource | Gap]:
    where = {"registryId": name.account}
    try:
        answer = gathering.reader.call(name.region, _DESCRIBE, repositoryNames=[name.name], **where)
    except ReadFailed as error:
        gap = error.gap
        scope = gathering.scope(Repository, name.name)
        if gap.reason is Reason.VANISHED:
            return [Gap(scope, gap.operation, Reason.UNRESOLVED_REFERENCE, gap.detail)]
        gathering.failed(Repository, error)
        return [error.scoped(scope)]
    policy = gathering.ask(
        Repository,
        _POLICY,
        lambda data: document(data.get("policyText")),
        region=name.region,
        absent={"RepositoryPolicyNotFoundException": None},
        repositoryName=name.name,
        **where,
    )
    return [
        gathering.build(Repository, _facts(raw), answer.observation, {"Policy": policy})
        for raw in answer.data.get("repositories", ())
    ]


def _facts(raw: dict[str, Any]) -> dict[str, Any]:
    scanning = raw.get("imageScanningConfiguration", {})
    return {**raw, "scanOnPush": scanning.get("scanOnPush", False)}

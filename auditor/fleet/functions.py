"""From a function's event and environment to what does the work, with its clients made once a container.

The first request asks whose credentials these are. It needs neither rules nor model, which take most of the time of a
cold start: they are loaded once the answer is there, and not at all where the credentials or the settings are refused.
"""

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from auditor.delivery.clients import delivery_client
from auditor.delivery.store import BucketStore
from auditor.errors import InputError
from auditor.fleet.settings import FleetSettings
from auditor.fleet.speakers import Speakers
from auditor.sources.live.accounts import AccountAccess, own_access

if TYPE_CHECKING:
    from auditor.fleet.target import Means


@cache
def own() -> AccountAccess:
    """Access with the function's own credentials.

    Raises:
        CredentialsError: there are none.
    """
    logging.getLogger("auditor").setLevel(logging.INFO)
    return own_access()


def store_of(settings: FleetSettings) -> BucketStore:
    """The report bucket; it lies in the function's own region."""
    session = own().session
    region = session.get_config_variable("region") or ""
    return BucketStore(
        delivery_client(session, "s3", region), settings.report_bucket, owner=settings.report_bucket_owner
    )


def means_of(settings: FleetSettings, remaining: Callable[[], float]) -> "Means":
    """What a function has to work with; every rule there is."""
    access = own()
    from auditor.fleet.steering import every_rule  # noqa: PLC0415  after the first request
    from auditor.fleet.target import Means  # noqa: PLC0415  the same

    return Means(settings, every_rule(), store_of(settings), access, remaining)


def plan(event: Any, environment: Mapping[str, str]) -> dict[str, Any]:
    """See `auditor.fleet.plan.plan_targets`.

    Raises:
        AuditError: the event or the environment does not fit, or AWS refuses what is needed.
    """
    from auditor.fleet.plan import plan_targets  # noqa: PLC0415  the cold start of the others

    settings = FleetSettings.of(environment)
    return plan_targets(_mapping(event), settings, store_of(settings), own())


def audit(event: Any, environment: Mapping[str, str], remaining: Callable[[], float]) -> dict[str, Any]:
    """See `auditor.fleet.target.audit_account`.

    Raises:
        AuditError: the event or the environment does not fit, or AWS refuses what is needed.
    """
    given, means = _mapping(event), means_of(FleetSettings.of(environment), remaining)
    from auditor.fleet.target import audit_account  # noqa: PLC0415  after the first request

    return audit_account(given, means)


def merge(event: Any, environment: Mapping[str, str]) -> dict[str, Any]:
    """See `auditor.fleet.merge.merge_reports`.

    Raises:
        AuditError: the event or the environment does not fit, or AWS refuses what is needed.
    """
    settings = FleetSettings.of(environment)
    store, speakers = store_of(settings), speakers_of(settings)
    from auditor.fleet.merge import merge_reports  # noqa: PLC0415  the cold start of the others
    from auditor.fleet.steering import every_rule  # noqa: PLC0415  the same

    return merge_reports(_mapping(event), settings, every_rule(), store, speakers)


def change(event: Any, environment: Mapping[str, str], remaining: Callable[[], float]) -> dict[str, Any]:
    """See `auditor.fleet.change.audit_change`.

    Raises:
        AuditError: the environment does not fit, or AWS refuses what is needed.
    """
    settings = FleetSettings.of(environment)
    means = steered_now(means_of(settings, remaining))
    from auditor.fleet.change import audit_change  # noqa: PLC0415  the cold start of the others

    return audit_change(event, means, speakers_of(settings))


def steered_now(means: "Means") -> "Means":
    """The means of what belongs to no planned run, steered by what lies in the bucket now.

    Raises:
        AuditError: what lies there does not fit.
    """
    from auditor.fleet.steering import Steering  # noqa: PLC0415  after the first request

    today = datetime.now(UTC).date()
    steered = Steering.current(means.store).applied(means.settings, means.catalog, today)
    return replace(means, catalog=steered.catalog, adjust=steered.policy.adjust)


def speakers_of(settings: FleetSettings) -> Speakers:
    """Who is told of results."""
    session = own().session
    region = session.get_config_variable("region") or ""
    return Speakers(
        emit=_print,
        topic=delivery_client(session, "sns", region) if settings.topic_arn else None,
        bus=delivery_client(session, "events", region) if settings.event_bus else None,
    )


def _mapping(event: Any) -> Mapping[str, Any]:
    if not isinstance(event, Mapping):
        raise InputError("the event is no JSON object")
    return event


def _print(line: str) -> None:
    # CloudWatch Logs takes metrics from the lines of a function's standard output.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()

"""Clients for what is written: unlike reading, nobody counts the throttles, so botocore retries them itself."""

from typing import Any

import botocore.session
from botocore.config import Config

_CONNECT_SECONDS = 5
_READ_SECONDS = 60
# botocore's standard mode waits a random share of 1, 2, 4 ... up to 20 seconds between attempts and gives up on
# errors that do not pass (boto3 guide, "Retries"). Security Hub takes 10 imports a second and account.
_ATTEMPTS = 8
DELIVERY_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    connect_timeout=_CONNECT_SECONDS,
    read_timeout=_READ_SECONDS,
    user_agent_extra="sagemaker-auditor",
)


def delivery_client(session: botocore.session.Session, service: str, region: str) -> Any:
    """A client that retries throttles and passing errors with jitter.

    Args:
        session: what `auditor.sources.live.clients.new_session` gives, or `AccountAccess.session`.
        service: botocore's name of the service.
        region: the region to talk to.
    """
    return session.create_client(service, region_name=region, config=DELIVERY_CONFIG)

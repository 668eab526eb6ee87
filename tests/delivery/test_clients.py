from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from auditor.delivery.clients import delivery_client
from auditor.sources.live.clients import new_session

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

REGION = "eu-west-1"


@pytest.fixture
def sns(server: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Any:
    server.reset()
    for name, value in server.environment(REGION).items():
        monkeypatch.setenv(name, value)
    return delivery_client(new_session(), "sns", REGION)


def test_throttles_and_passing_errors_are_tried_again(server: EmbeddedAws, sns: Any) -> None:
    server.faults.throttle("sns", "ListTopics", times=1)
    server.faults.fail("sns", "ListTopics", times=1)
    assert sns.list_topics()["Topics"] == []
    assert server.calls.count("sns", "ListTopics") == 3


def test_what_is_denied_is_asked_once(server: EmbeddedAws, sns: Any) -> None:
    server.faults.deny("sns", "ListTopics")
    with pytest.raises(ClientError):
        sns.list_topics()
    assert server.calls.count("sns", "ListTopics") == 1


def test_a_client_names_the_auditor_and_talks_to_its_region(sns: Any) -> None:
    assert sns.meta.region_name == REGION
    assert "sagemaker-auditor" in sns.meta.config.user_agent_extra

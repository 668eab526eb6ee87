"""Events as EventBridge delivers them."""

from __future__ import annotations

from typing import Any

OWN = "123456789012"
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{OWN}:role/x"
ARN = f"arn:aws:sagemaker:{REGION}:{OWN}"


Answer = dict[str, Any]


def event(kind: str, arn: str = "", account: str = OWN, **detail: Any) -> Answer:
    return {
        "version": "0",
        "id": "844e2571-85d4-695f-b930-0153b71dcb42",
        "detail-type": kind,
        "source": "aws.sagemaker",
        "account": account,
        "time": "2026-11-20T03:00:00Z",
        "region": REGION,
        "resources": [arn] if arn else [],
        "detail": detail,
    }


def call(name: str, request: Any, response: Any = None, **more: Any) -> Answer:
    return event(
        "AWS API Call via CloudTrail",
        eventSource="sagemaker.amazonaws.com",
        eventName=name,
        requestParameters=request,
        responseElements=response,
        **more,
    )

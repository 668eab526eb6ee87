"""Targets, and a few rules for them."""

from __future__ import annotations

from typing import Any

from auditor.fleet.records import read_json

OWN = "123456789012"
REGIONS = ("eu-west-1", "us-east-1")
PLACE = f"{OWN}/eu-west-1"
# Rules on a job alone, on a job with neighbours, on neighbours, and on what the account has once.
FEW = (
    "training-job-network-isolation",
    "training-job-security-groups",
    "kms-key-rotation",
    "security-group-egress",
    "bucket-mfa-delete",
    "root-user-mfa",
)


def region_target(fleet: Any, region: str = "eu-west-1") -> dict[str, Any]:
    fleet.plan()
    targets = read_json(fleet.store, f"runs/{fleet.run}/plan/regions.json")
    found: dict[str, Any] = next(target for target in targets if target["region"] == region)
    return found


def global_target(fleet: Any) -> dict[str, Any]:
    fleet.plan()
    found: dict[str, Any] = read_json(fleet.store, f"runs/{fleet.run}/plan/global.json")[0]
    return found

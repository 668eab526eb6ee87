"""What a plan marks as sensitive leaves the source in no form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.codec import encode
from auditor.model.paths import value_at
from auditor.model.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTEBOOK = "aws_sagemaker_notebook_instance"
NB = f"{NOTEBOOK}.nb"


SECRET = "hunter2-hunter2-hunter2"


@pytest.mark.parametrize("sensitive", [True, {"kms_key_id": True, "subnet_id": True, "platform_identifier": True}])
def test_what_is_marked_sensitive_is_shown_nowhere(
    collect: Callable[..., Any], resource: Callable[..., Any], sensitive: Any
) -> None:
    names = ("kms_key_id", "subnet_id", "platform_identifier")
    marks = dict.fromkeys(names, True) if sensitive is True else sensitive
    after = {"name": "nb", **dict.fromkeys(names, SECRET), "root_access": "Enabled"}
    found, gaps = collect([resource(NB, after, after_sensitive=marks | {"root_access": True})])
    told = json.dumps(encode(found[NB]), default=str) + repr(gaps) + repr(found[NB])
    told += "".join(repr(value_at(found[NB], member)) for member in ("KmsKeyId", "SubnetId", "PlatformIdentifier"))
    assert SECRET not in told
    # Its presence is a fact; what it is decides elsewhere, and cannot be told.
    assert found[NB].peek("kms_key_id") == f"<redacted, {len(SECRET)} chars>"
    assert isinstance(found[NB].peek("platform_identifier"), Unknown)
    assert isinstance(found[NB].peek("root_access"), Unknown)


def test_a_sensitive_environment_keeps_its_shape_alone(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    address = "aws_sagemaker_model.m"
    container = {"image": "i", "environment": {"SECRET_NAME": SECRET}}
    found, gaps = collect(
        [
            resource(
                address,
                {"name": "m", "primary_container": [container]},
                after_sensitive={"primary_container": [{"environment": True}]},
            )
        ]
    )
    told = json.dumps(encode(found[address]), default=str) + repr(gaps)
    assert SECRET not in told
    assert "SECRET_NAME" not in told
    (left,) = found[address].peek("primary_container").environment.values()
    assert left.length == len(SECRET)


def test_old_formats_take_the_mark_from_the_variable(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]
) -> None:
    entry = resource(NB, {"name": "nb", "kms_key_id": SECRET})
    del entry["change"]["after_sensitive"]
    root = {
        "resources": [configured(NB, kms_key_id=ref("var.key"))],
        "variables": {"key": {"sensitive": True}},
    }
    found, _ = collect([entry], root, format_version="0.1")
    assert SECRET not in json.dumps(encode(found[NB]), default=str)


def test_tags_of_neighbours_that_are_marked_sensitive_are_not_shown(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    tags = {"tags": {"a": SECRET}, "tags_all": {"a": SECRET}}
    marks = {"tags": {"a": True}, "tags_all": {"a": True}, "name": True}
    role = resource("aws_iam_role.r", {"name": SECRET, "assume_role_policy": "{}", **tags}, after_sensitive=marks)
    found, _ = collect([role])
    assert SECRET not in json.dumps(encode(found["aws_iam_role.r"]), default=str) + repr(found)


def test_no_line_that_holds_a_secret_is_pointed_to(
    collect: Callable[..., Any], resource: Callable[..., Any], tmp_path: Path
) -> None:
    after = {"name": "nb", "kms_key_id": SECRET}
    found, _ = collect([resource(NB, after, after_sensitive={"kms_key_id": True})])
    line = found[NB].origin.of("KmsKeyId").line
    assert SECRET not in (tmp_path / "plan.json").read_text(encoding="utf-8").splitlines()[line - 1]

"""Plans: actions, unknown values, references through modules; and what is no plan."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import rules
from auditor.catalog import Catalog
from auditor.engine import Judge
from auditor.errors import InputError
from auditor.model.gap import Gap
from auditor.model.inventory import Inventory
from auditor.model.resource import Location, Resource
from auditor.model.unknown import Reason, Unknown
from auditor.model.verdict import Status
from auditor.sources.document import Document, read_documents
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.terraform import recognises, source

if TYPE_CHECKING:
    from collections.abc import Callable

NOTEBOOK = "aws_sagemaker_notebook_instance"
NB = f"{NOTEBOOK}.nb"
HERE = GateContext(Deployment("aws", "111122223333", "eu-west-1"))


@pytest.mark.parametrize(
    ("actions", "judged"),
    [
        (["create"], True),
        (["update"], True),
        (["delete", "create"], True),
        (["create", "delete"], True),
        (["no-op"], False),
        (["delete"], False),
        (["forget"], False),
    ],
)
def test_what_is_created_replaced_or_updated_is_judged(
    collect: Callable[..., Any], resource: Callable[..., Any], actions: list[str], *, judged: bool
) -> None:
    found, _ = collect([resource(NB, {"name": "nb"}, actions=actions)])
    assert (NB in found) is judged


def test_what_stays_is_judged_where_it_is_asked_for(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    context = GateContext(HERE.deployment, unchanged=True)
    found, _ = collect([resource(NB, {"name": "nb"}, actions=["no-op"])], context=context)
    assert NB in found


def test_a_value_known_after_apply_without_a_reference_is_unknown(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]
) -> None:
    changes = [resource(NB, {"name": "nb"}, {"kms_key_id": True, "subnet_id": True})]
    found, _ = collect(changes, {"resources": [configured(NB, kms_key_id=ref("local.key"), name={})]})
    key = found[NB].peek("kms_key_id")
    assert isinstance(key, Unknown)
    assert key.reason is Reason.KNOWN_AFTER_APPLY
    assert "local.key" in key.detail
    # Nobody set the subnet: the service decides, and it decides for none.
    assert found[NB].peek("subnet_id") is None


def test_a_choice_between_two_resources_is_unknown(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]
) -> None:
    changes = [
        resource(NB, {"name": "nb"}, {"kms_key_id": True}),
        resource("aws_kms_key.a", {}, {"arn": True}),
        resource("aws_kms_key.b", {}, {"arn": True}),
    ]
    names = ref("aws_kms_key.a.arn", "aws_kms_key.a", "aws_kms_key.b.arn", "aws_kms_key.b")
    found, _ = collect(changes, {"resources": [configured(NB, kms_key_id=names)]})
    assert isinstance(found[NB].peek("kms_key_id"), Unknown)


def test_references_lead_through_variables_and_outputs_of_modules(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]
) -> None:
    inner = f"module.ml.{NB}"
    changes = [
        resource(inner, {"name": "nb"}, {"kms_key_id": True}),
        resource("module.keys.aws_kms_key.this", {"enable_key_rotation": True}, {"arn": True}),
    ]
    calls = {
        "ml": {
            "source": "./ml",
            "expressions": {"key": ref("module.keys.arn", "module.keys")},
            "module": {"resources": [configured(NB, kms_key_id=ref("var.key"))]},
        },
        "keys": {
            "source": "./keys",
            "module": {
                "outputs": {"arn": {"expression": ref("aws_kms_key.this.arn", "aws_kms_key.this")}},
                "resources": [configured("aws_kms_key.this")],
            },
        },
    }
    found, _ = collect(changes, {"module_calls": calls})
    key = found["module.keys.aws_kms_key.this"]
    assert found[inner].peek("kms_key_id") in key.names()
    assert key.peek("key_manager") == "CUSTOMER"
    assert key.peek("key_rotation_enabled") is True


def test_each_instance_refers_to_its_own(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]
) -> None:
    changes = []
    for name in ("a", "b"):
        changes.append(resource(f'{NB}["{name}"]', {"name": name}, {"kms_key_id": True}))
        changes.append(resource(f'aws_kms_key.k["{name}"]', {}, {"arn": True}))
    names = ref("aws_kms_key.k", "each.key")
    found, _ = collect(changes, {"resources": [configured(NB, kms_key_id=names), configured("aws_kms_key.k")]})
    for name in ("a", "b"):
        assert found[f'{NB}["{name}"]'].peek("kms_key_id") == f'aws_kms_key.k["{name}"]'


def test_a_splat_refers_to_every_instance(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]
) -> None:
    address = "aws_sagemaker_model.m"
    after = {"name": "m", "vpc_config": [{"security_group_ids": ["sg-1"]}]}
    changes = [resource(address, after, {"vpc_config": [{"subnets": True}]})]
    changes += [resource(f"aws_subnet.p[{n}]", {}, {"id": True, "vpc_id": True}) for n in range(2)]
    block = {"subnets": ref("aws_subnet.p"), "security_group_ids": {"constant_value": ["sg-1"]}}
    resources = [configured(address, vpc_config=[block]), configured("aws_subnet.p", vpc_id=ref("var.vpc"))]
    found, gaps = collect(changes, {"resources": resources})
    assert found[address].peek("vpc_config").subnets == ("aws_subnet.p[0]", "aws_subnet.p[1]")
    assert "aws_subnet.p[1]" in found
    assert [gap.reason for gap in gaps] == [Reason.EXCLUDED]


def test_resources_that_the_model_does_not_know_are_listed(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    found, gaps = collect([resource("aws_sagemaker_hub.h", {"hub_name": "h"})])
    assert not found
    assert [(gap.scope.type, gap.scope.resource, gap.reason) for gap in gaps[:1]] == [
        ("AWS::SageMaker::Hub", "aws_sagemaker_hub.h", Reason.UNSUPPORTED_SYNTAX)
    ]


def test_an_argument_that_is_not_known_is_a_gap_and_a_computed_one_is_not(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any]
) -> None:
    after = {"name": "nb", "new_switch": "on", "made_up_by_the_provider": "x"}
    root = {"resources": [configured(NB, new_switch={"constant_value": "on"})]}
    _, gaps = collect([resource(NB, after)], root)
    told = [gap.detail for gap in gaps if gap.reason is Reason.UNSUPPORTED_SYNTAX]
    assert len(told) == 1
    assert "new_switch" in told[0]


EXAMPLES = Path(__file__).parents[3] / "examples" / "terraform"


@pytest.mark.parametrize(
    ("name", "failed"),
    [
        ("good", set()),
        (
            "bad",
            {
                "notebook-instance-direct-internet",
                "notebook-instance-root-access",
                "notebook-instance-volume-key",
                "execution-role-broad-managed-policy",
                "model-network-isolation",
            },
        ),
    ],
)
def test_the_examples_are_what_they_say(name: str, failed: set[str]) -> None:
    (document,) = read_documents(EXAMPLES / name / "plan.json", f"examples/terraform/{name}/plan.json")
    items = list(source(document, HERE).collect())
    found = [item for item in items if isinstance(item, Resource)]
    judge = Judge(
        Catalog.of(rules.MODULES),
        Inventory(found, (item for item in items if isinstance(item, Gap))),
        datetime(2026, 11, 25, tzinfo=UTC),
    )
    said = [finding for one in found for finding in judge.judge(one) if finding.status is Status.FAILED]
    assert {finding.rule for finding in said} >= failed
    assert bool(said) is bool(failed)
    for one in found:
        place = one.origin.of("")
        assert isinstance(place, Location)
        text = (EXAMPLES.parents[1] / place.file).read_text(encoding="utf-8").splitlines()
        assert text[place.line - 1].startswith('resource "aws_')


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": {}}}, "a state"),
        ({"version": 4, "terraform_version": "1.9.0", "lineage": "x", "resources": []}, "a state"),
        (
            {"format_version": "1.2", "planned_values": {"root_module": {"resources": [{"type": "x"}]}}},
            "planned values only",
        ),
        ({"format_version": "2.0", "resource_changes": []}, "plan format 2.0"),
        ({"format_version": "1.2", "resource_changes": [{"address": "a"}]}, "no change of a resource"),
    ],
)
def test_what_is_no_plan_is_refused_with_a_remedy(value: dict[str, Any], words: str) -> None:
    document = Document("plan.json", value)
    assert recognises(document)
    with pytest.raises(InputError, match=words) as caught:
        list(source(document, HERE).collect())
    assert caught.value.remedy


def test_a_plan_in_terraforms_own_form_is_refused_with_the_command(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(b"PK\x03\x04\x14\x00\x08\x00")
    with pytest.raises(InputError) as caught:
        read_documents(path)
    assert "terraform show -json" in caught.value.remedy


def test_a_plan_that_stopped_half_way_is_a_hole(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    _, gaps = collect([resource(NB, {"name": "nb"})], errored=True)
    assert any(not gap.scope.type and gap.reason is Reason.UNSUPPORTED_SYNTAX for gap in gaps)

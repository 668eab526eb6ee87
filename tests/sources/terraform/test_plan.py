"""Plans: actions, unknown values, references through modules, secrets, lines; and what is no plan."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules
from auditor.catalog import Catalog
from auditor.engine import Judge
from auditor.errors import InputError
from auditor.model.codec import encode
from auditor.model.gap import Gap
from auditor.model.inventory import Inventory
from auditor.model.paths import value_at
from auditor.model.resource import Location, Resource
from auditor.model.unknown import Reason, Unknown
from auditor.model.verdict import Status
from auditor.sources.document import Document, read_documents
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.terraform import recognises, source
from auditor.sources.terraform.hcl import blocks

if TYPE_CHECKING:
    from collections.abc import Callable

NOTEBOOK = "aws_sagemaker_notebook_instance"
NB = f"{NOTEBOOK}.nb"
HERE = GateContext(Deployment("aws", "111122223333", "eu-west-1"))


def _configured(address: str, /, **expressions: Any) -> dict[str, Any]:
    head = address.removeprefix("data.")
    kind, _, own = head.partition(".")
    mode = "data" if head != address else "managed"
    return {"address": address, "mode": mode, "type": kind, "name": own, "expressions": expressions}


def _ref(*names: str) -> dict[str, Any]:
    return {"references": list(names)}


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
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    changes = [resource(NB, {"name": "nb"}, {"kms_key_id": True, "subnet_id": True})]
    found, _ = collect(changes, {"resources": [_configured(NB, kms_key_id=_ref("local.key"), name={})]})
    key = found[NB].peek("kms_key_id")
    assert isinstance(key, Unknown)
    assert key.reason is Reason.KNOWN_AFTER_APPLY
    assert "local.key" in key.detail
    # Nobody set the subnet: the service decides, and it decides for none.
    assert found[NB].peek("subnet_id") is None


def test_a_choice_between_two_resources_is_unknown(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    changes = [
        resource(NB, {"name": "nb"}, {"kms_key_id": True}),
        resource("aws_kms_key.a", {}, {"arn": True}),
        resource("aws_kms_key.b", {}, {"arn": True}),
    ]
    names = _ref("aws_kms_key.a.arn", "aws_kms_key.a", "aws_kms_key.b.arn", "aws_kms_key.b")
    found, _ = collect(changes, {"resources": [_configured(NB, kms_key_id=names)]})
    assert isinstance(found[NB].peek("kms_key_id"), Unknown)


def test_references_lead_through_variables_and_outputs_of_modules(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    inner = f"module.ml.{NB}"
    changes = [
        resource(inner, {"name": "nb"}, {"kms_key_id": True}),
        resource("module.keys.aws_kms_key.this", {"enable_key_rotation": True}, {"arn": True}),
    ]
    calls = {
        "ml": {
            "source": "./ml",
            "expressions": {"key": _ref("module.keys.arn", "module.keys")},
            "module": {"resources": [_configured(NB, kms_key_id=_ref("var.key"))]},
        },
        "keys": {
            "source": "./keys",
            "module": {
                "outputs": {"arn": {"expression": _ref("aws_kms_key.this.arn", "aws_kms_key.this")}},
                "resources": [_configured("aws_kms_key.this")],
            },
        },
    }
    found, _ = collect(changes, {"module_calls": calls})
    key = found["module.keys.aws_kms_key.this"]
    assert found[inner].peek("kms_key_id") in key.names()
    assert key.peek("key_manager") == "CUSTOMER"
    assert key.peek("key_rotation_enabled") is True


def test_each_instance_refers_to_its_own(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    changes = []
    for name in ("a", "b"):
        changes.append(resource(f'{NB}["{name}"]', {"name": name}, {"kms_key_id": True}))
        changes.append(resource(f'aws_kms_key.k["{name}"]', {}, {"arn": True}))
    names = _ref("aws_kms_key.k", "each.key")
    found, _ = collect(changes, {"resources": [_configured(NB, kms_key_id=names), _configured("aws_kms_key.k")]})
    for name in ("a", "b"):
        assert found[f'{NB}["{name}"]'].peek("kms_key_id") == f'aws_kms_key.k["{name}"]'


def test_a_splat_refers_to_every_instance(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    address = "aws_sagemaker_model.m"
    after = {"name": "m", "vpc_config": [{"security_group_ids": ["sg-1"]}]}
    changes = [resource(address, after, {"vpc_config": [{"subnets": True}]})]
    changes += [resource(f"aws_subnet.p[{n}]", {}, {"id": True, "vpc_id": True}) for n in range(2)]
    block = {"subnets": _ref("aws_subnet.p"), "security_group_ids": {"constant_value": ["sg-1"]}}
    configured = [_configured(address, vpc_config=[block]), _configured("aws_subnet.p", vpc_id=_ref("var.vpc"))]
    found, gaps = collect(changes, {"resources": configured})
    assert found[address].peek("vpc_config").subnets == ("aws_subnet.p[0]", "aws_subnet.p[1]")
    assert "aws_subnet.p[1]" in found
    assert [gap.reason for gap in gaps] == [Reason.EXCLUDED]


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


def test_old_formats_take_the_mark_from_the_variable(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    entry = resource(NB, {"name": "nb", "kms_key_id": SECRET})
    del entry["change"]["after_sensitive"]
    root = {
        "resources": [_configured(NB, kms_key_id=_ref("var.key"))],
        "variables": {"key": {"sensitive": True}},
    }
    found, _ = collect([entry], root, format_version="0.1")
    assert SECRET not in json.dumps(encode(found[NB]), default=str)


def test_resources_that_the_model_does_not_know_are_listed(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    found, gaps = collect([resource("aws_sagemaker_hub.h", {"hub_name": "h"})])
    assert not found
    assert [(gap.scope.type, gap.scope.resource, gap.reason) for gap in gaps[:1]] == [
        ("AWS::SageMaker::Hub", "aws_sagemaker_hub.h", Reason.UNSUPPORTED_SYNTAX)
    ]


def test_an_argument_that_is_not_known_is_a_gap_and_a_computed_one_is_not(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    after = {"name": "nb", "new_switch": "on", "made_up_by_the_provider": "x"}
    root = {"resources": [_configured(NB, new_switch={"constant_value": "on"})]}
    _, gaps = collect([resource(NB, after)], root)
    told = [gap.detail for gap in gaps if gap.reason is Reason.UNSUPPORTED_SYNTAX]
    assert len(told) == 1
    assert "new_switch" in told[0]


def test_a_role_has_what_is_attached_to_it_and_policies_of_data_sources(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    statement = {"actions": ["s3:*"], "resources": ["*"], "effect": None, "principals": [], "condition": []}
    document = "data.aws_iam_policy_document.d"
    changes = [
        resource("aws_iam_role.r", {"name": "r", "assume_role_policy": '{"Statement": []}'}, {"arn": True}),
        resource("aws_iam_role_policy.p", {"name": "p", "role": "r"}, {"policy": True}),
        resource(document, {"statement": [statement]}, {"json": True}, actions=["read"]),
        resource("aws_iam_role_policy_attachment.a", {"role": "r", "policy_arn": "arn:aws:iam::aws:policy/X"}),
    ]
    root = {
        "resources": [
            _configured(
                "aws_iam_role_policy.p",
                role=_ref("aws_iam_role.r.name", "aws_iam_role.r"),
                policy=_ref(f"{document}.json", document),
            ),
            _configured(document),
            _configured("aws_iam_role_policy_attachment.a", role=_ref("aws_iam_role.r.name", "aws_iam_role.r")),
        ]
    }
    found, _ = collect(changes, root)
    role = found["aws_iam_role.r"]
    (inline,) = role.peek("role_policy_list")
    assert inline.policy_document["Statement"] == [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]
    assert [one.policy_arn for one in role.peek("attached_managed_policies")] == ["arn:aws:iam::aws:policy/X"]


def test_a_group_has_the_rules_that_stand_apart(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    changes = [
        resource(NB, {"name": "nb"}, {"security_groups": True}),
        resource("aws_security_group.g", {"name": "g"}, {"id": True, "ingress": True, "egress": True}),
        resource(
            "aws_vpc_security_group_ingress_rule.r",
            {"cidr_ipv4": "0.0.0.0/0", "ip_protocol": "tcp", "from_port": 22, "to_port": 22},
            {"security_group_id": True},
        ),
    ]
    names = _ref("aws_security_group.g.id", "aws_security_group.g")
    root = {
        "resources": [
            _configured(NB, security_groups=names),
            _configured("aws_security_group.g", name={}),
            _configured("aws_vpc_security_group_ingress_rule.r", security_group_id=names),
        ]
    }
    found, _ = collect(changes, root)
    group = found["aws_security_group.g"]
    assert found[NB].peek("security_groups") == (group.identity.name,)
    (permission,) = group.peek("ip_permissions")
    assert (permission.ip_ranges[0].cidr_ip, permission.from_port) == ("0.0.0.0/0", 22)
    assert group.peek("ip_permissions_egress") == ()


@pytest.mark.parametrize("told", [True, False])
def test_a_route_that_nobody_knows_is_not_taken_for_none(
    collect: Callable[..., Any], resource: Callable[..., Any], *, told: bool
) -> None:
    subnet = _ref("aws_subnet.s.id", "aws_subnet.s")
    vpc = _ref("aws_vpc.v.id", "aws_vpc.v")
    route = {"cidr_block": "0.0.0.0/0", "gateway_id": None}
    changes = [
        resource(NB, {"name": "nb"}, {"subnet_id": True}),
        resource("aws_vpc.v", {}, {"id": True}),
        resource("aws_subnet.s", {}, {"id": True, "vpc_id": True}),
        resource("aws_internet_gateway.g", {}, {"id": True, "vpc_id": True}),
        resource(
            "aws_route_table.t", {"route": [route]}, {"vpc_id": True, "id": True, "route": [{"gateway_id": True}]}
        ),
    ]
    gateway = {"route": _ref("aws_internet_gateway.g.id", "aws_internet_gateway.g")} if told else {}
    root = {
        "resources": [
            _configured(NB, subnet_id=subnet),
            _configured("aws_vpc.v"),
            _configured("aws_subnet.s", vpc_id=vpc),
            _configured("aws_internet_gateway.g", vpc_id=vpc),
            _configured("aws_route_table.t", vpc_id=vpc, **gateway),
        ]
    }
    found, _ = collect(changes, root)
    (one,) = found["aws_route_table.t"].peek("routes")
    leads = one.peek("gateway_id")
    assert leads == "igw-aws_internet_gateway.g" if told else isinstance(leads, Unknown)


def test_a_bucket_has_what_its_own_resources_set(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    output = {"s3_output_path": "s3://data-1/out"}
    changes = [
        resource("aws_sagemaker_training_job.t", {"training_job_name": "t", "output_data_config": [output]}),
        resource("aws_s3_bucket.b", {"bucket": "data-1"}),
        resource(
            "aws_s3_bucket_versioning.v", {"bucket": "data-1", "versioning_configuration": [{"status": "Enabled"}]}
        ),
        resource("aws_s3_bucket.other", {"bucket": "nothing-of-sagemaker"}),
    ]
    found, _ = collect(changes)
    bucket = found["aws_s3_bucket.b"]
    assert bucket.peek("versioning").status == "Enabled"
    assert bucket.peek("public_access_block").restrict_public_buckets is True
    assert bucket.peek("policy_is_public") is False
    assert "aws_s3_bucket.other" not in found


def test_lines_are_those_of_the_files_beside_the_plan(
    collect: Callable[..., Any], resource: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "ml").mkdir()
    text = 'module "ml" {\n  source = "./ml"\n}\nmodule "far" {\n  source = "example/far/aws"\n}\n'
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    block = f'# {{\nresource "{NOTEBOOK}" "nb" {{\n  name = "}}"\n  root_access = "Enabled"\n}}\n'
    (tmp_path / "ml" / "nb.tf").write_text(block, encoding="utf-8")
    other = tmp_path.parent / "other.tf"
    other.write_text(f'resource "{NOTEBOOK}" "linked" {{\n}}\n', encoding="utf-8")
    (tmp_path / "link.tf").symlink_to(other)
    changes = [resource(f"module.{name}.{NB}", {"name": name, "root_access": "Enabled"}) for name in ("ml", "far")]
    changes.append(resource(f"{NOTEBOOK}.linked", {"name": "linked"}))
    call = {"module": {"resources": [_configured(NB)]}}
    calls = {"ml": {"source": "./ml", **call}, "far": {"source": "example/far/aws", **call}}
    found, _ = collect(changes, {"module_calls": calls})
    place = found[f"module.ml.{NB}"].origin.of("RootAccess")
    assert str(place) == f"{tmp_path.as_posix()}/ml/nb.tf:4#module.ml.{NB}"
    assert "/plan.json:" in str(found[f"{NOTEBOOK}.linked"].origin.of(""))
    assert str(found[f"module.far.{NB}"].origin.of("RootAccess")).startswith(f"{tmp_path.as_posix()}/main.tf:4#")


def test_without_files_the_line_is_the_plans(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    found, _ = collect([resource(NB, {"name": "nb", "root_access": "Enabled"})])
    place = str(found[NB].origin.of("RootAccess")).partition("#")[0]
    file, _, line = place.rpartition(":")
    with open(file, encoding="utf-8") as plan:  # noqa: PTH123  the name is what is tested
        assert '"root_access"' in plan.read().splitlines()[int(line) - 1]


def test_no_line_that_holds_a_secret_is_pointed_to(
    collect: Callable[..., Any], resource: Callable[..., Any], tmp_path: Path
) -> None:
    after = {"name": "nb", "kms_key_id": SECRET}
    found, _ = collect([resource(NB, after, after_sensitive={"kms_key_id": True})])
    line = found[NB].origin.of("KmsKeyId").line
    assert SECRET not in (tmp_path / "plan.json").read_text(encoding="utf-8").splitlines()[line - 1]


def test_modules_outside_of_the_repository_are_not_read(
    collect: Callable[..., Any], resource: Callable[..., Any], tmp_path: Path
) -> None:
    outside = tmp_path.parent / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "nb.tf").write_text(f'resource "{NOTEBOOK}" "nb" {{\n}}\n', encoding="utf-8")
    calls = {"out": {"source": "../outside", "module": {"resources": [_configured(NB)]}}}
    found, _ = collect([resource(f"module.out.{NB}", {"name": "nb"})], {"module_calls": calls})
    assert "nb.tf" not in str(found[f"module.out.{NB}"].origin.of(""))


def test_modules_within_the_repository_are_read(tmp_path: Path) -> None:
    for folder in ("live", "modules/nb"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "modules/nb/nb.tf").write_text(f'\n\nresource "{NOTEBOOK}" "nb" {{\n}}\n', encoding="utf-8")
    change = {"actions": ["create"], "after": {"name": "nb"}, "after_unknown": {}, "after_sensitive": {}}
    entry = {
        "address": f"module.n.{NB}",
        "module_address": "module.n",
        "type": NOTEBOOK,
        "name": "nb",
        "change": change,
    }
    calls = {"n": {"source": "../modules/nb", "module": {"resources": [_configured(NB)]}}}
    plan = {
        "format_version": "1.2",
        "resource_changes": [entry],
        "configuration": {"root_module": {"module_calls": calls}},
    }
    path = tmp_path / "live/plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    (document,) = read_documents(path, "live/plan.json")
    first = next(iter(source(document, HERE).collect()))
    assert isinstance(first, Resource)
    assert str(first.origin.of("")) == f"modules/nb/nb.tf:3#module.n.{NB}"


def test_a_key_that_stays_is_known_by_its_arn(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    key = {"arn": arn, "id": arn.rpartition("/")[2], "key_id": arn.rpartition("/")[2], "enable_key_rotation": False}
    changes = [resource(NB, {"name": "nb", "kms_key_id": arn}), resource("aws_kms_key.k", key, actions=["no-op"])]
    found, _ = collect(changes)
    assert arn in found["aws_kms_key.k"].names()
    assert found["aws_kms_key.k"].peek("key_rotation_enabled") is False


def test_tags_of_neighbours_that_are_marked_sensitive_are_not_shown(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    tags = {"tags": {"a": SECRET}, "tags_all": {"a": SECRET}}
    marks = {"tags": {"a": True}, "tags_all": {"a": True}, "name": True}
    role = resource("aws_iam_role.r", {"name": SECRET, "assume_role_policy": "{}", **tags}, after_sensitive=marks)
    found, _ = collect([role])
    assert SECRET not in json.dumps(encode(found["aws_iam_role.r"]), default=str) + repr(found)


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


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kms_key_id", "subnet_id", "vpc_config", "subnets", "references", "policy", "x"]), inner
        )
    ),
    max_leaves=8,
)


@given(WILD, WILD, WILD, WILD)
def test_wild_plans_end_in_resources_gaps_or_an_error(after: Any, unknown: Any, sensitive: Any, root: Any) -> None:
    changes = [
        {
            "address": f"{kind}.w",
            "type": kind,
            "name": "w",
            "mode": "managed",
            "change": {"actions": ["create"], "after": after, "after_unknown": unknown, "after_sensitive": sensitive},
        }
        for kind in (
            NOTEBOOK,
            "aws_sagemaker_model",
            "aws_kms_key",
            "aws_iam_role",
            "aws_s3_bucket",
            "aws_security_group",
            "aws_cloudtrail",
            "aws_vpc_endpoint",
            "aws_route_table",
        )
    ]
    resources = [{"type": one["type"], "name": "w", "expressions": root} for one in changes]
    value = {
        "format_version": "1.2",
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": resources}},
    }
    for item in source(Document("plan.json", value), HERE).collect():
        assert item is not None


@given(st.text(alphabet='resource "a{}[]()=\n#/*<EOT-$%\\', max_size=200))
def test_any_text_can_be_scanned(text: str) -> None:
    for block in blocks(text):
        assert block.mark.line >= 1


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, item in inner for found in _paths(item, (*path, step)))]


BAD = json.loads((EXAMPLES / "bad" / "plan.json").read_text(encoding="utf-8"))
INNER = [path for path in _paths(BAD["resource_changes"]) if "change" in path and path[-1] != "change"]


@given(st.sampled_from(INNER), st.sampled_from([None, True, 0, "x", [], {}, [None], [True], {"a": True}, [{}]]))
def test_a_plan_with_a_wild_value_ends_in_resources_gaps_or_an_error(path: tuple[str | int, ...], value: Any) -> None:
    plan = json.loads(json.dumps(BAD))
    holder = plan["resource_changes"]
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    for item in source(Document("plan.json", plan), HERE).collect():
        assert item is not None

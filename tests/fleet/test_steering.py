"""Configuration and waivers in runs on a schedule: read once, checked before anything is scanned, told in reports."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from auditor.cli.catalogs import load_catalog
from auditor.errors import AuditError, ConfigError, InputError, UsageError
from auditor.fleet import functions
from auditor.fleet.merge import merge_reports
from auditor.fleet.records import read_json
from auditor.fleet.speakers import Speakers

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

OWN = "123456789012"
PLACE = f"{OWN}/eu-west-1"
ROOT, INTERNET = "notebook-instance-root-access", "notebook-instance-direct-internet"
CONFIG, WAIVERS = "config/sagemaker-auditor.toml", "config/waivers.yaml"


def waiver(fleet: Any, rule: str, resource: str, days: int = 90) -> dict[str, str]:
    return {
        "rule": rule,
        "resource": resource,
        "reason": "a sandbox",
        "owner": "ml",
        "approver": "security",
        "expires": f"{fleet.now.date() + timedelta(days=days)}",
    }


def put(fleet: Any, key: str, text: str | bytes) -> None:
    fleet.store.put(key, text if isinstance(text, bytes) else text.encode(), media_type="text/plain")


def waive(fleet: Any, *waivers: dict[str, str]) -> None:
    put(fleet, WAIVERS, json.dumps({"waivers": waivers}))


def notebook(aws: EmbeddedAws, name: str, region: str = "eu-west-1", **tags: str) -> None:
    aws.client("sagemaker", region).create_notebook_instance(
        NotebookInstanceName=name,
        InstanceType="ml.t3.medium",
        RoleArn=f"arn:aws:iam::{OWN}:role/x",
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )


def merged(fleet: Any) -> dict[str, Any]:
    merge_reports({"run": fleet.run}, fleet.settings, fleet.catalog, fleet.store, Speakers(lambda _: None))
    found: dict[str, Any] = read_json(fleet.store, f"runs/{fleet.run}/report.json.gz")
    return found


@pytest.fixture
def few(fleet: Any) -> Any:
    fleet.catalog = load_catalog(()).select((ROOT, INTERNET, "root-user-mfa"))
    return fleet


def test_selection_severities_and_profiles_of_the_file_are_in_force(few: Any, aws: EmbeddedAws) -> None:
    notebook(aws, "plain")
    notebook(aws, "toy", Stage="sandbox")
    put(
        few,
        CONFIG,
        f"""
        ignore = ["root-user-mfa"]
        severity = {{ {ROOT} = "low" }}
        [profiles.sandbox]
        tags = {{ Stage = "sandbox" }}
        ignore = ["{INTERNET}"]
        severity = {{ {ROOT} = "informational" }}
        """,
    )
    few.everything()
    report = few.report(PLACE)
    found = {(one["rule"], one["resource"]["name"]): one["severity"] for one in report["findings"]}
    assert found == {
        (ROOT, "plain"): "LOW",
        (ROOT, "toy"): "INFORMATIONAL",
        (INTERNET, "plain"): found[INTERNET, "plain"],
    }
    whole = merged(few)
    assert {rule["id"]: rule["severity"] for rule in whole["rules"]}[ROOT] == "LOW"
    assert "root-user-mfa" not in {rule["id"] for rule in whole["rules"]}
    assert whole["summary"]["by_severity"]["INFORMATIONAL"]["failed"] == 1
    assert len(whole["findings"]) == 3
    assert whole["scan"]["configuration"]["severity"] == {ROOT: "LOW"}


def test_parameters_of_rules_decide_and_are_told(fleet: Any, aws: EmbeddedAws) -> None:
    fleet.catalog = load_catalog(()).select(("app-image-config-tags",))
    for name, tags in (("plain", {"team": "ml"}), ("toy", {"team": "ml", "stage": "sandbox"})):
        aws.client("sagemaker").create_app_image_config(
            AppImageConfigName=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )
    put(
        fleet,
        CONFIG,
        """
        [rule.app-image-config-tags]
        required = ["cost-centre"]
        [profiles.sandbox]
        tags = { stage = "sandbox" }
        [profiles.sandbox.rule.app-image-config-tags]
        required = ["team"]
        """,
    )
    fleet.everything()
    report = fleet.report(PLACE)
    assert {one["resource"]["name"]: one["status"] for one in report["findings"]} == {
        "plain": "FAILED",
        "toy": "PASSED",
    }
    for told in (report, merged(fleet)):
        assert len(told["review"]["parameters"]) == 2
        assert told["scan"]["configuration"]["rule"] == {"app-image-config-tags": {"required": ["cost-centre"]}}


def test_what_the_stack_selects_goes_before_the_file(few: Any, aws: EmbeddedAws) -> None:
    notebook(aws, "one")
    put(few, CONFIG, f'select = ["{INTERNET}"]')
    few.settings = replace(few.settings, select=(ROOT,))
    few.everything()
    assert {rule for rule, _, _ in few.findings(PLACE).values()} == {ROOT}


def test_waivers_of_the_whole_organisation_are_in_the_merged_report(few: Any, aws: EmbeddedAws) -> None:
    notebook(aws, "one")
    notebook(aws, "two", "us-east-1")
    notebook(aws, "three", "us-east-1")
    waive(
        few,
        waiver(few, ROOT, "one"),
        waiver(few, INTERNET, "t*", days=10),
        waiver(few, ROOT, "nobody"),
        waiver(few, ROOT, "two", days=-1),
    )
    few.everything()
    west, east = few.report(PLACE), few.report(f"{OWN}/us-east-1")
    assert [one["resource"] for one in west["waivers"]] == ["one"]
    assert [(one["resource"], one["findings"]) for one in east["waivers"]] == [("t*", 2), ("two", 1)]
    waived = {(one["rule"], one["resource"]["name"]) for one in (*west["findings"], *east["findings"]) if one["waiver"]}
    assert waived == {(ROOT, "one"), (INTERNET, "two"), (INTERNET, "three")}
    whole = merged(few)
    assert [(one["resource"], one["state"], one["findings"]) for one in whole["waivers"]] == [
        ("one", "USED", 1),
        ("t*", "EXPIRING", 2),
        ("nobody", "UNUSED", 0),
        ("two", "EXPIRED", 1),
    ]
    assert whole["summary"]["by_status"]["waived"] == 3


def test_reports_say_where_it_came_from(few: Any, aws: EmbeddedAws) -> None:
    notebook(aws, "one")
    waive(few, waiver(few, ROOT, "one"))
    few.everything()
    digest = hashlib.sha256(few.store.get(WAIVERS)).hexdigest()
    assert read_json(few.store, "runs/run-1/plan/run.json")["steering"] == {"waivers.yaml": digest}
    for report in (few.report(PLACE), merged(few)):
        assert report["review"]["config_from"] == f"s3://reports/{WAIVERS} (SHA-256 {digest[:12]}…)"
        assert report["scan"]["configuration"]["steered_by"] == {WAIVERS: digest}
    page = few.store.get("runs/run-1/report.html").decode()
    assert digest[:12] in page
    assert f"in force: {ROOT} on one" in page


def test_without_files_nothing_steers(few: Any) -> None:
    few.everything()
    assert read_json(few.store, "runs/run-1/plan/run.json")["steering"] == {}
    whole = merged(few)
    assert (whole["waivers"], whole["review"]["config_from"]) == ([], "")


def test_all_targets_of_a_run_are_judged_by_what_it_was_planned_with(few: Any, aws: EmbeddedAws) -> None:
    notebook(aws, "one")
    waive(few, waiver(few, ROOT, "one"))
    few.plan()
    waive(few)
    (region, *_) = read_json(few.store, "runs/run-1/plan/regions.json")
    few.audit(region)
    assert [one["resource"] for one in few.report(PLACE)["waivers"]] == ["one"]
    few.run = "run-2"
    few.plan()
    few.audit({**region, "run": "run-2"})
    assert few.report(PLACE)["waivers"] == []


@pytest.mark.parametrize("change", [b"waivers: []", None], ids=["altered", "gone"])
def test_a_copy_that_is_not_what_was_planned_is_refused(change: bytes | None, few: Any, memory: Any) -> None:
    few.store = memory()
    waive(few, waiver(few, ROOT, "one"))
    few.plan()
    key = "runs/run-1/plan/config/waivers.yaml"
    if change is None:
        del few.store.objects[key]
    else:
        put(few, key, change)
    (region, *_) = read_json(few.store, "runs/run-1/plan/regions.json")
    with pytest.raises(InputError, match=key):
        few.audit(region)
    with pytest.raises(InputError, match=key):
        merged(few)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("select = [", ConfigError, "config/sagemaker-auditor.toml: not TOML"),
        (b"\xff\xfe", ConfigError, "config/sagemaker-auditor.toml: not TOML"),
        ("selct = []", ConfigError, "unknown key 'selct'; did you mean 'select'"),
        ('severity = { no-such-rule = "low" }', ConfigError, r"severity\.no-such-rule"),
        ('[profiles.x]\ntags = {a = "b"}\nignore = ["no-such-word"]', ConfigError, "profiles.x.ignore"),
        ('select = ["no-such-word"]', UsageError, "no-such-word"),
        ('regions = ["eu-west-1"]', ConfigError, "regions: .* stack"),
        ('jobs_since = "7d"', ConfigError, "jobs_since: .* stack"),
        ("quota_share = 0.1", ConfigError, "quota_share: .* stack"),
        ('rules = ["own.py"]', ConfigError, "rules: "),
        ('waivers = "elsewhere.yaml"', ConfigError, "waivers: there is no elsewhere.yaml"),
        ('waivers = "waivers.yaml"', ConfigError, "waivers: there is no waivers.yaml"),
    ],
)
def test_a_configuration_that_does_not_fit_ends_the_run_before_it_begins(
    text: str | bytes, error: type[AuditError], said: str, few: Any
) -> None:
    put(few, CONFIG, text)
    with pytest.raises(error, match=said):
        few.plan()
    assert list(few.store.list("runs/")) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("waivers:\n- rule: x\n", "config/waivers.yaml"),
        ("waiver: []\n", "unknown key"),
        ("", "empty"),
        ("waivers:\n- rule: root-user-mfa\n  resource: a\n  reason: b\n  owner: c\n  approver: d\n", "expires"),
        ("waivers: [\n", "config/waivers.yaml"),
    ],
)
def test_waivers_that_do_not_fit_end_the_run_before_it_begins(text: str, said: str, few: Any) -> None:
    put(few, WAIVERS, text)
    with pytest.raises(InputError, match=said):
        few.plan()
    assert list(few.store.list("runs/")) == []


@pytest.mark.parametrize("name", ["waivers.yml", "sagemaker_auditor.toml", "notes/why.txt"])
def test_what_nobody_would_read_is_refused(name: str, few: Any) -> None:
    put(few, f"config/{name}", "waivers: []")
    with pytest.raises(ConfigError, match=f"config/{name}"):
        few.plan()
    assert list(few.store.list("runs/")) == []


def test_a_folder_that_a_console_made_is_nothing(few: Any, memory: Any) -> None:
    few.store = memory()
    few.store.objects["config/"] = b""
    few.plan()
    assert few.store.exists("runs/run-1/plan/run.json")


@given(
    config=strategies.binary(max_size=60) | strategies.text(max_size=60).map(str.encode), named=strategies.booleans()
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_bytes_are_read_or_explained(config: bytes, named: bool, few: Any, memory: Any) -> None:
    few.store = memory()
    put(few, CONFIG if named else WAIVERS, config)
    told = "config/"
    try:
        few.plan()
    except AuditError as error:
        told = str(error)
    assert "config/" in told
    assert few.store.exists("runs/run-1/plan/run.json") is (told == "config/")


def test_a_waived_finding_is_neither_new_nor_open(few: Any, aws: EmbeddedAws) -> None:
    few.everything()
    few.run = "run-2"
    notebook(aws, "one")
    waive(few, waiver(few, "notebook-instance-*", "one"))
    few.everything()
    assert few.ledger(PLACE)["new"] == []
    assert few.ledger(PLACE)["totals"]["severe"] == {OWN: 0}


def test_what_belongs_to_no_run_is_steered_by_what_lies_there_now(few: Any, aws: EmbeddedAws) -> None:
    put(few, CONFIG, f'ignore = ["root-user-mfa"]\nseverity = {{ {ROOT} = "low" }}')
    waive(few, waiver(few, ROOT, "one"))
    means = functions.steered_now(few.means())
    assert {rule.id: rule.severity.value for rule in means.catalog}[ROOT] == "LOW"
    notebook(aws, "one")
    few.everything()
    assert means.adjust is not None
    put(few, CONFIG, "nonsense = 1")
    with pytest.raises(ConfigError, match="nonsense"):
        functions.steered_now(few.means())

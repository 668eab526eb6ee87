"""Rule parameters in whole runs of the gate: verdicts, profiles, processes, reports, and what a change alters."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from click.testing import CliRunner

from auditor.cli import cli
from auditor.gate import many

COUNT = "endpoint-config-instance-count"
TAGS = "domain-tags"
CONFIG = "sagemaker-auditor.toml"


def variant(count: int) -> dict[str, Any]:
    return {
        "EndpointConfigName": "e",
        "ProductionVariants": [
            {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": count}
        ],
    }


def statuses(ran: Any, rule: str = COUNT) -> dict[str, str]:
    """File to what a rule says of it."""
    found = (one for one in ran.report["findings"] if one["rule"] == rule)
    return {one["location"]["file"]: one["status"] for one in found}


def test_the_configuration_decides_and_the_report_says_so(gate: Any) -> None:
    gate.write("create-endpoint-config.json", variant(1))
    plain = gate(".", "--select", COUNT)
    assert plain.code == 1
    assert plain.report["review"]["parameters"] == []
    gate.write(CONFIG, f"[rule.{COUNT}]\nfewest = 1\n")
    ran = gate(".", "--select", COUNT)
    assert ran.code == 0
    assert ran.finding(COUNT)["message"] == "the variant has at least 1 instance (fewest is 1, not 2)"
    assert ran.report["review"]["parameters"] == [f"{COUNT}: fewest is 1, not 2"]
    assert ran.report["scan"]["configuration"]["rule"] == {COUNT: {"fewest": 1}}
    (info,) = ran.report["rules"]
    meaning = "the least number of instances of a variant"
    assert info["parameters"] == [{"name": "fewest", "value": 1, "default": 2, "meaning": meaning}]
    assert info["title"] == "Every variant of an endpoint starts with at least 1 instances."


@pytest.mark.parametrize("form", ["console", "markdown", "github", "html"])
def test_every_form_for_people_says_what_is_set_otherwise(gate: Any, form: str) -> None:
    gate.write("create-endpoint-config.json", variant(1))
    gate.write(
        CONFIG, f"[rule.{COUNT}]\nfewest = 1\n[profiles.lab]\npaths = ['lab/*']\nrule = {{{COUNT} = {{fewest = 3}}}}\n"
    )
    text = " ".join(gate(".", "--select", COUNT, form=form).stdout.split())
    assert f"{COUNT}: fewest is 1, not 2" in text
    assert f"{COUNT} in lab: fewest is 3, not 2" in text


def test_sarif_explains_the_parameter(gate: Any) -> None:
    gate.write("create-endpoint-config.json", variant(1))
    gate.write(CONFIG, f"[rule.{COUNT}]\nfewest = 3\n")
    ran = json.loads(gate(".", "--select", COUNT, form="sarif").stdout)["runs"][0]
    (rule,) = ran["tool"]["driver"]["rules"]
    assert "Parameter fewest: is 3 (by default 2): the least number of instances" in rule["help"]["text"]
    assert "fewest is 3, not 2" in ran["results"][0]["message"]["text"]


def test_profiles_set_them_by_path_and_by_tag(gate: Any) -> None:
    tagged = {"Tags": [{"Key": "env", "Value": "dev-7"}]}
    gate.write("lab/create-endpoint-config.json", variant(1))
    gate.write("live/create-endpoint-config.json", variant(1))
    gate.write("live/dev/create-endpoint-config.json", variant(1) | tagged)
    gate.write(
        CONFIG,
        f"[profiles.lab]\npaths = ['lab/*']\n[profiles.lab.rule.{COUNT}]\nfewest = 1\n"
        f"[profiles.dev]\ntags = {{env = 'dev-*'}}\n[profiles.dev.rule.{COUNT}]\nfewest = 1\n",
    )
    assert statuses(gate(".", "--select", COUNT)) == {
        "lab/create-endpoint-config.json": "PASSED",
        "live/create-endpoint-config.json": "FAILED",
        "live/dev/create-endpoint-config.json": "PASSED",
    }


def test_a_tag_that_is_not_known_before_deployment_decides_nothing(gate: Any) -> None:
    template = {
        "Parameters": {"Env": {"Type": "String"}},
        "Resources": {
            "E": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {**variant(1), "Tags": [{"Key": "env", "Value": {"Ref": "Env"}}]},
            }
        },
    }
    gate.write("t.json", template)
    gate.write(CONFIG, f"[profiles.dev]\ntags = {{env = 'dev'}}\nrule = {{{COUNT} = {{fewest = 1}}}}\n")
    assert statuses(gate("t.json", "--select", COUNT)) == {"t.json": "NOT_AVAILABLE"}
    assert statuses(gate("t.json", "--select", COUNT, "--parameters", "Env=dev")) == {"t.json": "PASSED"}
    assert statuses(gate("t.json", "--select", COUNT, "--parameters", "Env=prod")) == {"t.json": "FAILED"}


def test_other_processes_judge_with_them(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(24):
        gate.write(f"{'lab' if number % 2 else 'live'}/{number:02}/create-endpoint-config.json", variant(1))
    gate.write(
        CONFIG,
        f"[rule.{COUNT}]\nfewest = 1\n[profiles.live]\npaths = ['live/*']\nrule = {{{COUNT} = {{fewest = 2}}}}\n",
    )
    apart: list[int] = []
    plain = many._Work.judged

    def counting(work: many._Work) -> Any:
        apart.append(len(work.files))
        return plain(work)

    monkeypatch.setattr(many, "second_process_possible", lambda: True)
    monkeypatch.setattr(many._Work, "judged", counting)
    found = statuses(gate("lab", "live", "--select", COUNT))
    assert apart == [24]
    assert {file.partition("/")[0]: status for file, status in found.items()} == {"lab": "PASSED", "live": "FAILED"}
    assert len(found) == 24


def test_required_tags_are_asked_for(gate: Any) -> None:
    domain = {
        "DomainName": "d",
        "AuthMode": "SSO",
        "DefaultUserSettings": {"ExecutionRole": "arn:aws:iam::111122223333:role/r"},
        "Tags": [{"Key": "owner", "Value": "ml"}],
    }
    gate.write("create-domain.json", domain)
    assert statuses(gate(".", "--select", TAGS), TAGS) == {"create-domain.json": "PASSED"}
    gate.write(CONFIG, f'[rule.{TAGS}]\nrequired = ["owner", "cost-centre", "data-class"]\n')
    ran = gate(".", "--select", TAGS)
    assert ran.finding(TAGS)["status"] == "FAILED"
    assert ran.finding(TAGS)["message"].startswith("it lacks the tags cost-centre, data-class (required is owner,")


def test_what_a_change_alters_in_them_is_told(gate: Any) -> None:
    def git(*words: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *words], cwd=gate.folder, check=True, capture_output=True)  # noqa: S607

    gate.write("create-endpoint-config.json", variant(2))
    gate.write(CONFIG, f"[rule.{COUNT}]\nfewest = 3\n")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    gate.write(CONFIG, f"[rule.{COUNT}]\nfewest = 1\n[rule.{TAGS}]\nrequired = ['x']\n")
    ran = gate(".", "--select", COUNT, "--config-from", "main")
    assert ran.code == 1
    assert ran.finding(COUNT)["message"].endswith("(fewest is 3, not 2)")
    assert f"configuration: rule.{COUNT}.fewest was 3 and becomes 1" in ran.report["review"]["altered"]
    assert f"configuration: rule.{TAGS}.required was not set and becomes ['x']" in ran.report["review"]["altered"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"[rule.{COUNT}]\nfewst = 1\n", f"{CONFIG}:2: rule.{COUNT}.fewst: .* (did you mean 'fewest'?)"),
        (f"[rule.{COUNT}]\nfewest = 'x'\n", f"{CONFIG}:2: rule.{COUNT}.fewest: expected a whole number"),
    ],
)
def test_what_does_not_fit_ends_the_run(gate: Any, text: str, said: str) -> None:
    gate.write("create-endpoint-config.json", variant(1))
    gate.write(CONFIG, text)
    ran = gate(".")
    assert ran.code == 2
    place, _, rest = said.partition(" .* ")
    assert place in ran.stderr
    assert rest in ran.stderr


HOSTILE = ["a\x1b[31m\n::error::x", "<script>alert(1)</script>", "**b** [x](http://e)"]


@pytest.mark.parametrize("form", ["console", "markdown", "github", "html", "sarif", "junit"])
def test_a_hostile_value_stays_text(gate: Any, form: str) -> None:
    domain = {"DomainName": "d", "AuthMode": "SSO", "Tags": [{"Key": "owner", "Value": "ml"}]}
    gate.write("create-domain.json", domain)
    gate.write(CONFIG, f"[rule.{TAGS}]\nrequired = {json.dumps(HOSTILE)}\n")
    text = gate(".", "--select", TAGS, form=form).stdout
    assert "::error::x" in text
    assert "\x1b[31m" not in text
    if form == "github":
        assert not [line for line in text.splitlines() if line.startswith("::error::x")]
    if form in ("html", "junit"):
        assert "<script>alert" not in text
    if form == "html":
        assert "<dt>Parameters</dt>" in text


def test_a_saved_report_tells_them_again(gate: Any) -> None:
    gate.write("create-endpoint-config.json", variant(1))
    gate.write(CONFIG, f"[rule.{COUNT}]\nfewest = 3\n[rule.{TAGS}]\nrequired = ['x', 'y']\n")
    saved = gate.write("old.json", gate(".").stdout)
    again = CliRunner().invoke(cli, ["report", str(saved), "-f", "json"], catch_exceptions=False).stdout
    assert json.loads(again) == json.loads(saved.read_text(encoding="utf-8"))
    assert f"{COUNT}: fewest is 3, not 2" in json.loads(again)["review"]["parameters"]

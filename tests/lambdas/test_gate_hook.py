"""The gate as a hook of CloudFormation: every question gets an answer that CloudFormation understands."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given, settings, strategies

from auditor.catalog import Catalog
from auditor.errors import InputError
from auditor.gate.hook import gate_hook
from lambda_handlers import gate_hook as handlers
from lambda_handlers import gate_template
from rules import MODULES

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/cloudformation"
ROOT_ACCESS = "notebook-instance-root-access"
NOTEBOOK = {
    "InstanceType": "ml.t3.medium",
    "RoleArn": "arn:aws:iam::111122223333:role/lab",
    "RootAccess": "Enabled",
}
MODEL = botocore.session.get_session().get_service_model("cloudformation")
CATALOG = Catalog.of(MODULES)
Answer = dict[str, Any]


def about_resource(properties: Any, kind: str = "AWS::SageMaker::NotebookInstance", **more: Any) -> Answer:
    """As the Hooks User Guide shows it ("Example Lambda Hook resource change input")."""
    data = {
        "targetName": kind,
        "targetType": kind,
        "targetLogicalId": "Lab",
        "targetModel": {"resourceProperties": properties, "previousResourceProperties": None},
        **more,
    }
    return {
        "clientRequestToken": "f8da6d11-b23f-48f4-814c-0fb6a667f50e",
        "awsAccountId": "111122223333",
        "stackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/Lab/1a2345b6-0000-00a0-a123-00abc0abc000",
        "changeSetId": None,
        "hookTypeName": "SageMakerAuditor::Gate::Hook",
        "hookTypeVersion": "00000001",
        "hookModel": {"LambdaFunction": "arn:aws:lambda:eu-west-1:111122223333:function:sagemaker-auditor-gate-hook"},
        "actionInvocationPoint": "CREATE_PRE_PROVISION",
        "requestData": data,
        "requestContext": {"invocation": 1, "callbackContext": None},
    }


def about_template(kind: str = "STACK") -> Answer:
    """As the guide shows it ("Example Lambda Hook stack change input")."""
    found = about_resource({}, kind)
    del found["requestData"]["targetModel"]
    found["requestData"] |= {"targetLogicalId": "my-stack", "payload": "https://bucket.s3.eu-west-1.amazonaws.com/k"}
    return found


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Asks the handler, with a template behind the URL where one is given."""

    def run(event: Any, template: Any = None, **environment: str) -> Answer:
        for name in ("FAIL_ON", "UNKNOWN", "SELECT", "IGNORE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"AWS_REGION": "eu-west-1", **environment}.items():
            monkeypatch.setenv(name, value)
        payload = json.dumps({"template": template, "previousTemplate": ""}).encode()
        monkeypatch.setattr(handlers, "fetch_payload", lambda _url, _region: payload)
        return understood(handlers.handler(event, None))

    return run


def understood(answer: Answer) -> Answer:
    """An answer, once it is certain that CloudFormation understands it."""
    assert answer["hookStatus"] in ("SUCCESS", "FAILED")
    assert (answer["hookStatus"] == "FAILED") == ("errorCode" in answer)
    assert answer.get("errorCode", "NonCompliant") in ("NonCompliant", "InternalFailure")
    assert 0 < len(answer["message"]) <= 4096
    assert isinstance(answer["clientRequestToken"], str)
    assert set(answer) <= {"hookStatus", "errorCode", "message", "clientRequestToken", "annotations"}
    named = [{key[0].upper() + key[1:]: value for key, value in one.items()} for one in answer.get("annotations", ())]
    shape = MODEL.operation_model("GetHookResult").output_shape
    assert shape is not None
    report = ParamValidator().validate({"Annotations": named}, shape)
    assert not report.has_errors(), report.generate_report()
    for member, values in (("Status", "AnnotationStatus"), ("SeverityLevel", "AnnotationSeverityLevel")):
        assert {one[member] for one in named} <= set(MODEL.shape_for(values).metadata["enum"])
    json.dumps(answer)
    return answer


def test_a_bad_resource_is_stopped_with_rule_and_fix(ask: Any) -> None:
    answer = ask(about_resource(NOTEBOOK), SELECT=ROOT_ACCESS)
    assert (answer["hookStatus"], answer["errorCode"]) == ("FAILED", "NonCompliant")
    headline, line = answer["message"].splitlines()
    assert headline == "sagemaker-auditor: 1 failed at LOW or above, 0 could not be judged, 0 passed"
    assert line.startswith(f"HIGH {ROOT_ACCESS}, Lab: users have root access. Fix: stop the instance")
    assert answer["clientRequestToken"] == "f8da6d11-b23f-48f4-814c-0fb6a667f50e"
    (annotation,) = answer["annotations"]
    assert (annotation["annotationName"], annotation["severityLevel"]) == (ROOT_ACCESS, "HIGH")


def test_the_function_of_pipelines_answers_hooks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELECT", ROOT_ACCESS)
    answer = understood(gate_template.handler(about_resource(NOTEBOOK), None))
    assert (answer["errorCode"], answer["message"].count(ROOT_ACCESS)) == ("NonCompliant", 1)


def test_a_good_resource_passes(ask: Any) -> None:
    answer = ask(about_resource({**NOTEBOOK, "RootAccess": "Disabled"}), SELECT=ROOT_ACCESS)
    assert answer["hookStatus"] == "SUCCESS"
    assert "0 failed at LOW or above, 0 could not be judged, 1 passed" in answer["message"]


def test_a_failure_below_the_threshold_passes(ask: Any) -> None:
    event = about_resource(NOTEBOOK)
    assert ask(event, SELECT=ROOT_ACCESS, FAIL_ON="CRITICAL")["hookStatus"] == "SUCCESS"
    assert ask(event, SELECT=ROOT_ACCESS, FAIL_ON="high")["hookStatus"] == "FAILED"
    assert ROOT_ACCESS not in ask(event, IGNORE=f"{ROOT_ACCESS}, MEDIUM")["message"]


def test_an_update_is_judged_by_what_will_be(ask: Any) -> None:
    event = about_resource({**NOTEBOOK, "RootAccess": "Disabled"})
    event["actionInvocationPoint"] = "UPDATE_PRE_PROVISION"
    event["requestData"]["targetModel"]["previousResourceProperties"] = NOTEBOOK
    assert ask(event, SELECT=ROOT_ACCESS)["hookStatus"] == "SUCCESS"


@pytest.mark.parametrize("kind", ["AWS::SageMaker::NotebookInstance", "STACK"])
def test_what_is_deleted_is_let_go(kind: str, ask: Any) -> None:
    event = about_resource({}, kind) if "::" in kind else about_template()
    event["actionInvocationPoint"] = "DELETE_PRE_PROVISION"
    assert (ask(event)["hookStatus"], ask(event)["message"]) == ("SUCCESS", "nothing is made")


def test_an_unset_property_has_the_services_default(ask: Any) -> None:
    unset = {key: value for key, value in NOTEBOOK.items() if key != "RootAccess"}
    assert ask(about_resource(unset), SELECT=ROOT_ACCESS)["errorCode"] == "NonCompliant"


def test_truth_values_may_come_as_text(ask: Any) -> None:
    rule = "model-network-isolation"
    model = {"ExecutionRoleArn": "arn:aws:iam::111122223333:role/lab", "PrimaryContainer": {"Image": "i"}}
    for value, status in (("true", "SUCCESS"), (True, "SUCCESS"), ("false", "FAILED"), (False, "FAILED")):
        event = about_resource({**model, "EnableNetworkIsolation": value}, "AWS::SageMaker::Model")
        assert ask(event, SELECT=rule)["hookStatus"] == status, value


def test_what_only_the_deployment_tells_is_told_or_fails(ask: Any) -> None:
    event = about_resource({**NOTEBOOK, "RootAccess": "{{resolve:ssm:/lab/root:1}}"})
    told = ask(event, SELECT=ROOT_ACCESS)
    assert told["hookStatus"] == "SUCCESS"
    assert "1 could not be judged" in told["message"]
    assert f"unknown {ROOT_ACCESS}, Lab: " in told["message"]
    failed = ask(event, SELECT=ROOT_ACCESS, UNKNOWN="fail")
    assert (failed["hookStatus"], failed["errorCode"]) == ("FAILED", "NonCompliant")
    assert [one["status"] for one in failed["annotations"]] == ["SKIPPED"]


def test_a_type_that_no_rule_knows_is_unknown(ask: Any) -> None:
    event = about_resource({}, "AWS::SageMaker::Teapot")
    assert "no rule knows the type AWS::SageMaker::Teapot" in ask(event)["message"]
    assert ask(event)["hookStatus"] == "SUCCESS"
    assert ask(event, UNKNOWN="fail")["hookStatus"] == "FAILED"


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::IAM::Role", "AWS::KMS::Key", "Custom::Thing"])
def test_a_neighbour_alone_is_not_judged(kind: str, ask: Any) -> None:
    """A bucket that comes without its policy does not lack one."""
    answer = ask(about_resource({}, kind), FAIL_ON="INFORMATIONAL", UNKNOWN="fail")
    assert (answer["hookStatus"], answer["message"]) == ("SUCCESS", f"{kind} is not judged by itself")


def test_the_cloud_control_api_takes_shorter_messages(ask: Any) -> None:
    name = {"targetLogicalId": "Lab" * 60}
    long = ask(about_resource(NOTEBOOK, **name))["message"]
    assert len(long) > 1024
    short = ask(about_resource(NOTEBOOK, targetType="RESOURCE", **name))["message"]
    assert len(short) <= 1024
    assert short.endswith("… and more")
    assert short.splitlines()[:2] == long.splitlines()[:2]


def test_a_name_that_no_template_could_have_does_no_harm(ask: Any) -> None:
    for name in ("a/b c", "Fn::Transform", "Fn::ForEach::X", "", None, 1):
        answer = ask(about_resource(NOTEBOOK, targetLogicalId=name), SELECT=ROOT_ACCESS)
        assert answer["errorCode"] == "NonCompliant", name


def test_the_bad_example_fails_and_the_good_one_passes(ask: Any) -> None:
    bad = ask(about_template(), (EXAMPLES / "bad.yaml").read_text(encoding="utf-8"), FAIL_ON="HIGH")
    assert bad["errorCode"] == "NonCompliant"
    assert "Notebook in line " in bad["message"]
    good = ask(about_template("CHANGE_SET"), (EXAMPLES / "good.yaml").read_text(encoding="utf-8"), FAIL_ON="LOW")
    assert good["hookStatus"] == "SUCCESS", good


def test_a_resource_alone_and_in_a_template_gets_the_same_verdict(ask: Any) -> None:
    template = {"Resources": {"Lab": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": NOTEBOOK}}}
    alone = ask(about_resource(NOTEBOOK))
    within = ask(about_template(), json.dumps(template))
    names = [[one["annotationName"] for one in answer["annotations"]] for answer in (alone, within)]
    assert names[0] == names[1]
    assert len(names[0]) > 2


def test_a_template_may_be_json_or_yaml(ask: Any) -> None:
    template = {"Resources": {"Lab": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": NOTEBOOK}}}
    yaml = f"Resources:\n  Lab: {json.dumps(template['Resources']['Lab'])}\n"
    for text in (json.dumps(template), json.dumps(template, indent=1), yaml):
        assert ask(about_template(), text, SELECT=ROOT_ACCESS)["errorCode"] == "NonCompliant"


def test_a_stack_without_sagemaker_passes(ask: Any) -> None:
    template = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n"
    assert ask(about_template(), template, UNKNOWN="fail")["hookStatus"] == "SUCCESS"


@pytest.mark.parametrize(
    ("template", "word"),
    [
        ("Resources: [", "template.yaml"),
        ("\x00", "template.yaml"),
        ("\ud800", "template.yaml"),
        ("Transform: Mine\nResources:\n  A: {Type: 'AWS::SageMaker::Model'}\n", "the macro Mine"),
    ],
)
def test_a_template_that_cannot_be_read_is_no_pass(template: str, word: str, ask: Any) -> None:
    answer = ask(about_template(), template)
    assert answer["hookStatus"] == "FAILED"
    assert word in answer["message"]


def test_yaml_may_begin_with_a_brace(ask: Any) -> None:
    template = "{Resources: {N: {Type: 'AWS::SageMaker::NotebookInstance', Properties: {RootAccess: Enabled}}}}"
    answer = ask(about_template(), template)
    assert answer["errorCode"] == "NonCompliant"
    assert "notebook-instance-root-access" in answer["message"]


@pytest.mark.parametrize(
    "template",
    [
        'Fn::Transform: {Name: AWS::Include, Parameters: {Location: "s3://b/k.yaml"}}',
        'Resources: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: "s3://b/k.yaml"}}}',
        "[]",
        "apiVersion: v1\nkind: Service\n",
    ],
)
def test_what_is_no_template_that_can_be_read_is_no_pass(template: str, ask: Any) -> None:
    answer = ask(about_template(), template)
    assert (answer["hookStatus"], answer["errorCode"]) == ("FAILED", "InternalFailure")


def test_both_spellings_of_the_token_are_known(ask: Any) -> None:
    event = about_resource(NOTEBOOK)
    event["clientRequesttoken"] = event.pop("clientRequestToken")
    assert ask(event)["clientRequestToken"] == event["clientRequesttoken"]


@pytest.mark.parametrize(
    ("event", "environment", "word"),
    [
        (None, {}, "none of a hook"),
        ({}, {}, "none of a hook"),
        ({"requestData": {"targetName": 1}}, {}, "none of a hook"),
        (about_resource(None), {}, "resourceProperties: it is no object"),
        (about_resource(NOTEBOOK), {"UNKNOWN": "maybe"}, "neither warn nor fail"),
        (about_resource(NOTEBOOK), {"FAIL_ON": "BAD"}, "fail-on"),
        (about_resource(NOTEBOOK), {"SELECT": "no-such-rule"}, "no-such-rule"),
    ],
)
def test_what_cannot_be_judged_is_a_failure_that_says_why(event: Any, environment: Any, word: str, ask: Any) -> None:
    answer = ask(event, **environment)
    assert (answer["hookStatus"], answer["errorCode"]) == ("FAILED", "InternalFailure")
    assert word in answer["message"]


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"{}", b'{"template": 1}', b"\xff", b"[" * 100_000])
def test_a_payload_that_holds_no_template_is_a_failure(payload: bytes) -> None:
    answer = understood(gate_hook(about_template(), {}, CATALOG, lambda _url, _region: payload))
    assert answer["errorCode"] == "InternalFailure"
    assert "payload" in answer["message"]


def test_a_template_that_cannot_be_fetched_is_a_failure() -> None:
    def refuse(url: Any, region: str) -> bytes:
        raise InputError(f"S3 answers 403 in {region}", file=str(url))

    answer = understood(gate_hook(about_template(), {"AWS_REGION": "eu-west-1"}, CATALOG, refuse))
    assert answer["errorCode"] == "InternalFailure"
    assert "S3 answers 403 in eu-west-1" in answer["message"]


def test_no_other_host_is_asked_for_a_template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    event = about_template()
    event["requestData"]["payload"] = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
    answer = understood(handlers.handler(event, None))
    assert answer["errorCode"] == "InternalFailure"
    assert "it is no presigned URL of S3" in answer["message"]


def test_the_package_needs_no_cfn_lint(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cfnlint", None)
    text = (EXAMPLES / "bad.yaml").read_text(encoding="utf-8")
    assert ask(about_template(), text)["errorCode"] == "NonCompliant"


def test_secrets_are_not_told(ask: Any) -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPLF"
    container = {"Image": "i", "Environment": {"AWS_ACCESS_KEY_ID": secret, "PASSWORD": "correct horse"}}
    event = about_resource({"PrimaryContainer": container}, "AWS::SageMaker::Model")
    text = json.dumps(ask(event, UNKNOWN="fail"))
    assert secret not in text
    assert "correct horse" not in text


_JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.text(max_size=20),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(max_size=8), inner),
    max_leaves=8,
)
_PROPERTIES = strategies.dictionaries(
    strategies.sampled_from(("RootAccess", "Tags", "KmsKeyId", "Ref", "Fn::If", "Fn::Transform")) | strategies.text(),
    _JSON,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(
    event=_JSON
    | strategies.builds(
        about_resource,
        _PROPERTIES,
        targetLogicalId=_JSON,
        kind=strategies.sampled_from(("AWS::SageMaker::NotebookInstance", "AWS::SageMaker::", "AWS::SageMaker::Model")),
    )
)
def test_every_question_gets_an_answer(event: Any) -> None:
    understood(gate_hook(event, {"AWS_REGION": "eu-west-1"}, CATALOG, lambda _url, _region: b"{}"))

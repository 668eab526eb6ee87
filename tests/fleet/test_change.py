"""One change: the same verdicts as a scan, from whatever event tells of it; nonsense is answered, never a crash."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from fnmatch import fnmatchcase
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from change_events import ARN, REGION, ROLE, Answer, call, event  # type: ignore[import-not-found]
from hypothesis import given, strategies

from auditor.cli.catalogs import load_catalog
from auditor.demo.account import populate
from auditor.errors import CredentialsError
from auditor.fleet import scope
from auditor.fleet.events import Ignored, change_of
from auditor.model.verdict import Severity

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws


def test_verdicts_are_those_of_a_scan(fleet: Any, aws: EmbeddedAws, change: Any, scan_findings: Any) -> None:
    populate(aws.endpoint_url, fleet.now)
    found = scan_findings(fleet.catalog, fleet.now, (REGION,))
    by_arn: dict[str, Counter[str]] = {}
    kinds: dict[str, str] = {}
    for one in found:
        if one.resource.type.startswith("AWS::SageMaker::") and one.resource.region == REGION:
            by_arn.setdefault(one.resource.arn, Counter())[one.status.value] += 1
            kinds.setdefault(one.resource.type, one.resource.arn)
    assert len(kinds) > 25
    wrong = {}
    for kind, arn in kinds.items():
        words = kind.rpartition("::")[2]
        answer = change(event(f"SageMaker {words} State Change", arn))
        if answer.get("findings") != dict(by_arn[arn]) or answer.get("resource") != arn:
            wrong[kind] = (answer, dict(by_arn[arn]))
    assert wrong == {}


def test_cloudtrail_tells_of_calls(change: Any, notebook: str, aws: EmbeddedAws) -> None:
    answer = change(call("CreateNotebookInstance", {"notebookInstanceName": "lab"}, {"notebookInstanceArn": notebook}))
    assert (answer["status"], answer["resource"]) == ("judged", notebook)
    assert answer["findings"]["FAILED"] > 1
    assert change(call("UpdateNotebookInstance", {"notebookInstanceName": "lab"}))["resource"] == notebook
    assert aws.calls.count("sagemaker", "ListNotebookInstances") == 0


def test_what_the_steps_of_a_pipeline_will_make_is_judged(change: Any, aws: EmbeddedAws) -> None:
    arguments = {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large"}}}
    definition = {"Version": "2020-12-01", "Steps": [{"Name": "Clean", "Type": "Processing", "Arguments": arguments}]}
    aws.client("sagemaker").create_pipeline(
        PipelineName="nightly", RoleArn=ROLE, PipelineDefinition=json.dumps(definition), ClientRequestToken="t" * 32
    )
    told = change(call("UpdatePipeline", {"pipelineName": "nightly"}))
    assert (told["status"], told["resource"]) == ("judged", f"{ARN}:pipeline/nightly")
    definition["Steps"] = []
    aws.client("sagemaker").update_pipeline(PipelineName="nightly", PipelineDefinition=json.dumps(definition))
    fewer = change(call("UpdatePipeline", {"pipelineName": "nightly"}))
    assert fewer["findings"].get("FAILED", 0) < told["findings"]["FAILED"]


def test_a_profile_is_told_by_its_domain_and_name(change: Any, aws: EmbeddedAws) -> None:
    sagemaker = aws.client("sagemaker")
    domain = sagemaker.create_domain(
        DomainName="studio",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": ROLE},
        SubnetIds=["subnet-1"],
        VpcId="vpc-1",
    )["DomainArn"].rpartition("/")[2]
    sagemaker.create_user_profile(DomainId=domain, UserProfileName="ada")
    asked = {"domainId": domain, "userProfileName": "ada"}
    answer = change(call("CreateUserProfile", asked))
    assert answer["resource"] == f"{ARN}:user-profile/{domain}/ada"
    assert change(call("UpdateDomain", {"domainId": domain}))["status"] == "judged"


def test_the_same_event_twice_tells_once(fleet: Any, change: Any, notebook: str, aws: EmbeddedAws) -> None:
    topic = aws.client("sns").create_topic(Name="notices")["TopicArn"]
    fleet.settings = replace(fleet.settings, topic_arn=topic, notify_severity=Severity.LOW)
    first = change(event("SageMaker Notebook Instance State Change", notebook))
    assert first["new"] == first["findings"]["FAILED"]
    assert first["notice"]["sent"] == 1
    second = change(event("SageMaker Notebook Instance State Change", notebook))
    assert second["new"] == 0
    assert "notice" not in second
    aws.amend("NotebookInstance", "lab", RootAccess="Disabled")
    assert change(event("SageMaker Notebook Instance State Change", notebook))["new"] == 0
    aws.amend("NotebookInstance", "lab", RootAccess="Enabled")
    assert change(event("SageMaker Notebook Instance State Change", notebook))["new"] == 1


def test_what_the_last_run_has_told_is_not_new(fleet: Any, change: Any, notebook: str) -> None:
    fleet.catalog = load_catalog(()).select(("notebook-instance-root-access",))
    fleet.settings = replace(fleet.settings, notify_severity=Severity.LOW)
    fleet.everything()
    assert change(event("SageMaker Notebook Instance State Change", notebook))["new"] == 0


def test_what_a_run_has_told_since_is_known(fleet: Any, change: Any, notebook: str, aws: EmbeddedAws) -> None:
    fleet.catalog = load_catalog(()).select(("notebook-instance-root-access",))
    fleet.settings = replace(fleet.settings, notify_severity=Severity.LOW)
    about = event("SageMaker Notebook Instance State Change", notebook)

    def ran(run: str, root: str) -> None:
        aws.amend("NotebookInstance", "lab", RootAccess=root)
        fleet.run = run
        fleet.everything()

    aws.amend("NotebookInstance", "lab", RootAccess="Disabled")
    assert change(about)["new"] == 0
    ran("run-1", "Enabled")
    assert change(about)["new"] == 0
    ran("run-2", "Disabled")
    aws.amend("NotebookInstance", "lab", RootAccess="Enabled")
    assert change(about)["new"] == 1
    assert change(about)["new"] == 0


def test_findings_are_imported_into_the_accounts_own_hub(
    fleet: Any, change: Any, notebook: str, aws: EmbeddedAws
) -> None:
    fleet.settings = replace(fleet.settings, security_hub=True)
    aws.client("securityhub").enable_security_hub()
    answer = change(event("SageMaker Notebook Instance State Change", notebook))
    assert answer["security_hub"]["new"] == answer["findings"]["FAILED"]
    assert answer["security_hub"]["problem"] == ""
    again = change(event("SageMaker Notebook Instance State Change", notebook))
    assert (again["security_hub"]["new"], again["security_hub"]["unchanged"]) == (0, answer["security_hub"]["new"])


def test_another_account_is_read_through_its_role(fleet: Any, change: Any, aws: EmbeddedAws, jobs: Any) -> None:
    fleet.settings = replace(fleet.settings, role_name="auditor", external_id="quite-a-secret", organization=True)
    jobs(1, account="111111111111")
    arn = f"arn:aws:sagemaker:{REGION}:111111111111:training-job/job-0000"
    answer = change(event("SageMaker Training Job State Change", arn, account="111111111111"))
    assert answer["resource"] == arn
    (assumed,) = [one.parameters for one in aws.calls.all() if one.operation == "AssumeRole"]
    assert "ExternalId=quite-a-secret" in assumed


def test_what_is_gone_or_closed_is_answered(fleet: Any, change: Any, aws: EmbeddedAws) -> None:
    gone = change(event("SageMaker Model State Change", f"{ARN}:model/gone"))
    assert gone["status"] == "gone"
    fleet.settings = replace(fleet.settings, role_name="auditor", accounts=("111111111111",))
    given = event(
        "SageMaker Model State Change", f"arn:aws:sagemaker:{REGION}:111111111111:model/x", account="111111111111"
    )
    aws.faults.deny("sts", "AssumeRole")
    assert "sts:AssumeRole" in change(given)["reason"]
    aws.faults.clear()
    aws.faults.throttle("sts", "AssumeRole")
    with pytest.raises(CredentialsError, match="delivered again"):
        change(given)


def test_what_was_not_read_is_not_judged(fleet: Any, change: Any, notebook: str, aws: EmbeddedAws) -> None:
    fleet.settings = replace(fleet.settings, security_hub=True)
    aws.client("securityhub").enable_security_hub()
    given = event("SageMaker Notebook Instance State Change", notebook)
    assert change(given)["security_hub"]["new"] > 0
    aws.calls.clear()
    aws.faults.deny("sagemaker", "DescribeNotebookInstance")
    denied = change(given)
    assert denied["status"] == "unread"
    assert "sagemaker:DescribeNotebookInstance" in denied["reason"]
    aws.faults.clear()
    aws.faults.fail("sagemaker", "DescribeNotebookInstance")
    with pytest.raises(CredentialsError, match="delivered again"):
        change(given)
    # What is known of it is not overwritten by what could not be seen.
    assert aws.calls.count("securityhub", "BatchImportFindings") == 0


def delivered(*bodies: str) -> Answer:
    """As Lambda hands over messages (Lambda Developer Guide, "Using Lambda with Amazon SQS")."""
    about = {"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:x", "awsRegion": REGION, "attributes": {}}
    return {"Records": [{"messageId": str(number), "body": body, **about} for number, body in enumerate(bodies)]}


def test_events_come_as_messages(change: Any, notebook: str) -> None:
    told = event("SageMaker Notebook Instance State Change", notebook)
    one, other, none = change(delivered(json.dumps(told), "{", "null"))["changes"]
    alone = change(told)
    assert {key: one[key] for key in ("status", "resource", "findings")} == {
        key: alone[key] for key in ("status", "resource", "findings")
    }
    assert (other["status"], none["status"]) == ("ignored", "ignored")
    assert change({"Records": []}) == {"changes": []}
    assert change({"Records": "x"})["status"] == "ignored"


def test_a_message_that_may_be_judged_later_comes_again(change: Any, notebook: str, aws: EmbeddedAws) -> None:
    aws.faults.throttle("sagemaker", "DescribeNotebookInstance")
    with pytest.raises(CredentialsError, match="delivered again"):
        change(delivered(json.dumps(event("SageMaker Notebook Instance State Change", notebook))))


class Recording:
    """A store that keeps which keys are asked for."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.read: set[str] = set()
        self.written: set[str] = set()

    def get(self, key: str) -> bytes | None:
        self.read.add(key)
        found: bytes | None = self.inner.get(key)
        return found

    def put(self, key: str, body: Any, *, media_type: str = "", only_new: bool = False) -> bool:
        self.written.add(key)
        return bool(self.inner.put(key, body, media_type=media_type, only_new=only_new))


def allowed_keys(action: str) -> list[str]:
    """Patterns of the keys that the template's role of audit_change may use so."""
    path = Path(__file__).resolve().parents[1] / "deploy/conftest.py"
    spec = spec_from_file_location("templates_as_data", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    role = module.Template("template.yaml").of_type("AWS::IAM::Role")["AuditChangeRole"]
    found = [
        place
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]
        if action in statement["Action"]
        for place in ([statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"])
    ]
    return [place.removeprefix("Reports.Arn/") for place in found]


def test_the_role_of_the_function_allows_the_keys_that_it_uses(fleet: Any, change: Any, notebook: str) -> None:
    fleet.store = Recording(fleet.store)
    assert change(event("SageMaker Notebook Instance State Change", notebook))["status"] == "judged"
    for used, action in ((fleet.store.read, "s3:GetObject"), (fleet.store.written, "s3:PutObject")):
        patterns = allowed_keys(action)
        assert used
        assert {key for key in used if not any(fnmatchcase(key, pattern) for pattern in patterns)} == set()
    assert scope.KEY in fleet.store.read


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (None, "no JSON object"),
        ([], "no JSON object"),
        ({}, "names no account"),
        (event("SageMaker Model State Change"), "does not tell which"),
        (event("SageMaker Image Version State Change", f"{ARN}:image-version/x/1"), "'Image Version'"),
        (event("EC2 Instance State-change Notification", "i-1"), "nothing that is judged"),
        (call("DeleteModel", {"modelName": "x"}), "makes or changes nothing"),
        (call("CreateModel", {"modelName": "x"}, errorCode="AccessDenied"), "was refused"),
        (call("CreateModel", None), "does not tell which"),
        (call("CreatePresignedDomainUrl", {"domainId": "d-1"}), "nothing that is judged"),
        ({**event("SageMaker Model State Change", f"{ARN}:model/x"), "source": "aws.ec2"}, "not SageMaker's"),
        ({**event("SageMaker Model State Change", f"{ARN}:model/x"), "account": "x"}, "names no account"),
        # Digits of another script would make keys and ARNs of an account that is none.
        (event("SageMaker Model State Change", account="\u0661" * 12, ModelName="x"), "names no account"),
        (
            event("SageMaker Model State Change", f"arn:aws:sagemaker:{REGION}:999999999999:model/x"),
            "does not tell which",
        ),
    ],
)
def test_what_is_not_judged_is_answered(given: Any, word: str, change: Any, aws: EmbeddedAws) -> None:
    answer = change(given)
    assert answer["status"] == "ignored"
    assert word in answer["reason"]
    assert not [one for one in aws.calls.all() if one.service == "sagemaker"]


_JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.text(max_size=20),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(max_size=8), inner),
    max_leaves=8,
)


@given(
    kind=strategies.sampled_from(("SageMaker Model State Change", "AWS API Call via CloudTrail")) | strategies.text(),
    resources=_JSON,
    detail=_JSON
    | strategies.fixed_dictionaries({"eventName": strategies.just("CreateModel"), "requestParameters": _JSON}),
)
def test_no_event_breaks_the_reading(kind: str, resources: Any, detail: Any) -> None:
    try:
        found = change_of({**event(kind), "resources": resources, "detail": detail})
    except Ignored:
        return
    assert found.keys

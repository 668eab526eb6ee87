"""The gate as a whole: which files it judges, what it says of the others, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from auditor.gate import many
from auditor.model.gap import Gap, Scope
from auditor.model.network import RouteTable, Subnet
from auditor.model.sagemaker import NotebookInstance
from auditor.model.unknown import Reason, Unknown
from auditor.sources import detect
from auditor.sources.interface import Deployment, GateContext, Reference
from auditor.sources.spelling import Spelling, to_api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.model.resource import Resource
    from auditor.sources.document import Document

BAD = "create-notebook-instance.json"
SAFE = {
    "DirectInternetAccess": "Disabled",
    "RootAccess": "Disabled",
    "SubnetId": "subnet-1",
    "SecurityGroupIds": ["sg-1"],
    "KmsKeyId": "key",
    "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
}


def test_a_finding_stands_where_its_value_does(gate: Any) -> None:
    gate.write(BAD)
    ran = gate(BAD)
    assert ran.code == 1
    found = ran.finding("notebook-instance-imdsv2")
    assert found["location"] == {"file": BAD, "line": 7, "logical_id": "nb"}
    assert ran.finding("notebook-instance-in-vpc")["location"]["line"] == 1


@pytest.mark.parametrize("where", ["HyperParameters", "Environment"])
def test_a_request_may_hold_any_words(gate: Any, where: str) -> None:
    job = {
        "TrainingJobName": "t",
        "RoleArn": "arn:aws:iam::111122223333:role/r",
        "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        where: {"operator": "SageMakerStopPipelineOperator", "task_id": "t"},
    }
    gate.write("job.json", json.dumps(job))
    ran = gate("job.json", "--select", "training-job-network-isolation")
    assert ran.code == 1
    assert ran.finding("training-job-network-isolation")["status"] == "FAILED"


def test_a_document_of_two_kinds_is_judged_as_both(gate: Any) -> None:
    model = {"apiVersion": "sagemaker.services.k8s.aws/v1alpha1", "kind": "NotebookInstance"}
    template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}
    spec = {"notebookInstanceName": "nb", "directInternetAccess": "Enabled"}
    gate.write("both.yaml", json.dumps({**model, "metadata": {"name": "nb"}, "spec": spec, **template}))
    ran = gate("both.yaml", "--select", "notebook-instance-direct-internet")
    assert ran.code == 1
    listed = {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "List", "items": [model]}]}
    gate.write("list.yaml", json.dumps(listed))
    assert gate("list.yaml").code == 3
    gate.write("within.yaml", json.dumps({"apiVersion": "x/v1", "kind": "Bundle", "objects": {"a": [model]}}))
    ran = gate("within.yaml")
    assert ran.code == 3
    assert "an object within another is not judged" in json.dumps(ran.report["coverage"])


def test_a_named_file_of_no_known_kind_is_refused(gate: Any) -> None:
    gate.write("package.json", {"name": "x"})
    gate.write(BAD)
    ran = gate("package.json", BAD)
    assert ran.code == 2
    assert "package.json: it is none of the kinds that are judged" in ran.stderr
    assert ran.targets == {"package.json": "NOT_SCANNED", BAD: "SCANNED"}
    assert gate("package.json", BAD, "--skip-other-files").code == 1


def test_one_broken_file_stops_no_other(gate: Any) -> None:
    gate.write("a.json", '{"a": 1,')
    gate.write("b.yaml", b"\xff\xfe\x00")
    gate.write("c.json", '{"a": 1, "a": 2}')
    gate.write("d.yaml", "a: &a [*a]\n")
    gate.write("e.json", "[" * 100_000)
    gate.write("f.json", "")
    gate.write(BAD)
    names = ["a.json", "b.yaml", "c.json", "d.yaml", "e.json", "f.json", BAD, "missing.json"]
    ran = gate(*names)
    assert ran.code == 2
    assert [line.split(":")[1].strip() for line in ran.stderr.splitlines() if line.startswith("error")] == [
        name for name in names if name != BAD
    ]
    assert ran.targets[BAD] == "SCANNED"
    assert "Traceback" not in ran.stderr


def test_a_request_is_refused_where_the_operation_has_no_such_member(gate: Any) -> None:
    gate.write(BAD, RoleArm="x")
    ran = gate(BAD)
    assert ran.code == 2
    assert "RoleArm: the operation has no such member (did you mean 'RoleArn'?)" in ran.stderr


def test_nothing_judged_is_said(gate: Any) -> None:
    gate.write("infra/package.json", {"name": "x"})
    ran = gate("infra")
    assert ran.code == 0
    assert "nothing was judged" in ran.stderr


@pytest.mark.parametrize("word", ["request", "create-notebook-instance", "CreateNotebookInstance"])
def test_as_goes_before_the_content(gate: Any, word: str) -> None:
    gate.write("nightly.json", {"NotebookInstanceName": "nb", **SAFE})
    ran = gate("nightly.json", "--as", word)
    assert ran.code == (2 if word == "request" else 0)


def test_a_kind_that_is_none_is_refused_with_the_nearest(gate: Any) -> None:
    gate.write(BAD)
    ran = gate(BAD, "--as", "create-notebook")
    assert ran.code == 2
    assert "did you mean" in ran.stderr


def test_the_deployment_is_what_the_flags_say(gate: Any) -> None:
    gate.write(BAD)
    ran = gate(BAD, "--region", "cn-north-1", "--account", "111122223333")
    (first, *_) = ran.report["findings"]
    assert (first["resource"]["region"], first["resource"]["account"]) == ("cn-north-1", "111122223333")
    assert Deployment.of("us-gov-west-1").partition == "aws-us-gov"
    assert Deployment.of("").partition == "aws"


_FAULTS = {one.__name__: one for one in (KeyError, MemoryError, RecursionError)}
_FAKED: dict[str, type[Resource]] = {"Subnet": Subnet, "Table": RouteTable}


class _Fake:
    """A kind of file in which every key is a notebook or what is around one, for what sources may yield."""

    def __init__(self, document: Document, context: GateContext) -> None:
        self._document = document
        self._context = context

    def collect(self) -> Iterator[Resource | Gap]:
        where = self._context.deployment
        for name, raw in self._document.value["Fake"].items():
            if name.startswith("Odd"):
                yield Gap(Scope(type="AWS::SageMaker::Odd", resource=name), "", Reason.UNSUPPORTED_SYNTAX, "odd")
                continue
            if name.startswith("Fault"):
                raise _FAULTS[raw.get("Error", "KeyError")](raw["Fault"])
            kind = next((kind for word, kind in _FAKED.items() if name.startswith(word)), NotebookInstance)
            values = {key: _value(value, self._context) for key, value in raw.items()}
            spelled = to_api(kind, values, Spelling("fake"), ("Fake", name))
            yield from spelled.gaps(self._document, where, name)
            yield spelled.resource(self._document, where, name)


def _value(value: Any, context: GateContext) -> Any:
    if not isinstance(value, dict) or "Ref" not in value:
        return value
    name = value["Ref"]
    if name in context.parameters:
        return context.parameters[name]
    return Reference(name) if name.startswith("Subnet") else Unknown(Reason.UNRESOLVED_REFERENCE, name)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adds the made-up kind to the table."""
    module = ModuleType("fake_kind")
    module.__dict__.update(recognises=lambda _: True, source=_Fake)
    monkeypatch.setitem(sys.modules, "fake_kind", module)
    kinds = (detect.Kind("fake", "fake_kind", frozenset({"Fake"})), *detect.KINDS)
    monkeypatch.setattr(detect, "KINDS", kinds)


@pytest.mark.usefixtures("fake")
def test_every_file_is_a_world_of_its_own(gate: Any) -> None:
    notebook = {**SAFE, "SubnetId": {"Ref": "SubnetA"}}
    route = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}
    table = {
        "RouteTableId": "TableA",
        "VpcId": "vpc-1",
        "Associations": [{"SubnetId": "SubnetA"}],
        "Routes": [route],
    }
    subnet = {"SubnetId": "SubnetA", "VpcId": "vpc-1", "MapPublicIpOnLaunch": True}
    gate.write("both.json", {"Fake": {"Nb": notebook, "SubnetA": subnet, "TableA": table}})
    gate.write("alone.json", {"Fake": {"Nb": notebook}})
    ran = gate("both.json", "alone.json", "both.json")
    status = [
        (finding["location"]["file"], finding["status"], finding["reason"])
        for finding in ran.report["findings"]
        if finding["rule"] == "notebook-instance-private-subnet"
    ]
    assert sorted(status) == [
        ("alone.json", "NOT_AVAILABLE", "UNRESOLVED_REFERENCE"),
        ("both.json", "FAILED", None),
    ]


@pytest.mark.usefixtures("fake")
def test_what_only_the_deployment_tells_fails_where_it_is_to(gate: Any) -> None:
    gate.write("t.json", {"Fake": {"Nb": {**SAFE, "RootAccess": {"Ref": "Root"}}}})
    only = ("t.json", "--select", "notebook-instance-root-access")
    assert gate(*only).code == 0
    assert gate(*only).finding("notebook-instance-root-access")["status"] == "NOT_AVAILABLE"
    assert gate(*only, "--unknown", "fail").code == 1
    assert gate(*only, "--unknown", "fail", "--fail-on", "CRITICAL").code == 0
    assert gate(*only, "--unknown", "fail", "--parameters", "Root=Disabled").code == 0
    assert gate(*only, "--parameters", "Root=Enabled").code == 1
    said = gate(*only, "--parameters", "Root=Enabled", "--parameters", "Rot=Disabled").stderr
    assert "no file has a parameter 'Rot'" in said
    assert "'Root'" not in said


@pytest.mark.usefixtures("fake")
def test_what_was_not_understood_of_one_resource_is_listed(gate: Any) -> None:
    gate.write("t.json", {"Fake": {"Nb": {**SAFE, "RootAcess": "Disabled"}, "OddThing": {}}})
    only = ("t.json", "--select", "notebook-instance-in-vpc")
    ran = gate(*only)
    assert ran.code == 0
    details = [gap["detail"] for gap in ran.report["coverage"]["gaps"]]
    assert "t.json:14: Fake.Nb.RootAcess: there is no such property (did you mean 'RootAccess'?)" in details
    assert "odd" in details
    assert gate(*only, "--unknown", "fail").code == 1


@pytest.mark.usefixtures("fake")
def test_a_fault_of_a_source_stops_no_other_file(gate: Any) -> None:
    gate.write("a.json", {"Fake": {"Nb": SAFE, "FaultyOne": {"Fault": "hunter2-hunter2"}}})
    gate.write("b.json", {"Fake": {"Nb": SAFE}})
    ran = gate("a.json", "b.json")
    assert ran.code == 2
    assert ran.targets == {"a.json": "PARTIAL", "b.json": "SCANNED"}
    assert "a.json: a fault of the auditor (KeyError)" in ran.stderr
    assert "hunter2" not in ran.stderr + ran.stdout


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("error", ["RecursionError", "MemoryError"])
def test_what_takes_too_much_stops_no_other_file(gate: Any, error: str) -> None:
    gate.write("a.json", {"Fake": {"Nb": SAFE, "FaultyOne": {"Fault": "hunter2-hunter2", "Error": error}}})
    gate.write("b.json", {"Fake": {"Nb": SAFE}})
    ran = gate("a.json", "b.json")
    assert ran.code == 2
    assert ran.targets == {"a.json": "PARTIAL", "b.json": "SCANNED"}
    assert "judge it in smaller parts" in ran.stderr
    assert "fault of the auditor" not in ran.stderr
    assert "hunter2" not in ran.stderr + ran.stdout


def _comparable(ran: Any) -> dict[str, Any]:
    report: dict[str, Any] = ran.report
    del report["scan"]
    return report


def test_two_processes_say_what_one_says(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(25):
        gate.write(f"infra/{number}/{BAD}", NotebookInstanceName=f"nb-{number}")
    gate.write("infra/7/broken.json", "{")
    gate.write("infra/9/broken.yaml", "a: [")
    monkeypatch.setattr(many, "second_process_possible", lambda: False)
    one = gate("infra")
    monkeypatch.setattr(many, "second_process_possible", lambda: True)
    two = gate("infra")
    assert (one.code, one.stderr) == (two.code, two.stderr)
    assert len(one.report["findings"]) > 100
    assert _comparable(one) == _comparable(two)


def _dies(judge: Callable[..., Any]) -> Callable[..., Any]:
    here = os.getpid()

    def judged(*given: Any) -> Any:
        if os.getpid() != here:
            os._exit(1)
        return judge(*given)

    return judged


def test_what_another_process_leaves_is_judged_here(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        gate.write(f"infra/{number}/{BAD}", NotebookInstanceName=f"nb-{number}")
    monkeypatch.setattr(many, "second_process_possible", lambda: True)
    monkeypatch.setattr(many._Work, "_judge", _dies(many._Work._judge))
    ran = gate("infra")
    assert ran.code == 1
    assert set(ran.targets.values()) == {"SCANNED"}
    assert len(ran.targets) == 20


HOSTILE = "import pathlib; pathlib.Path(r'{marker}').write_text(__name__)\n"
_CONSOLE = (str(Path(sys.executable).with_name("sagemaker-auditor")),)
_MODULE = (sys.executable, "-P", "-m", "auditor")


@pytest.mark.parametrize("program", [_CONSOLE, _MODULE], ids=["console", "module"])
def test_nothing_of_the_audited_folder_is_run(tmp_path: Path, program: tuple[str, ...]) -> None:
    marker = tmp_path / "marker"
    folder = tmp_path / "audited"
    names = ("auditor", "rules", "reports", "yaml", "json", "multiprocessing", "click", "sitecustomize", "conftest")
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(HOSTILE.format(marker=marker), encoding="utf-8")
    for number in range(20):
        (folder / f"create-notebook-instance-{number}.json").write_text('{"RootAccess": "Enabled"}', encoding="utf-8")
    (folder / "a.yaml").write_text("a: 1\n", encoding="utf-8")
    (folder / "rules" / "sagemaker-auditor.toml").write_text('rules = ["rules/__init__.py"]\n', encoding="utf-8")
    ran = subprocess.run(
        [*program, "gate", ".", "-f", "json"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 1, ran.stderr
    assert len(json.loads(ran.stdout)["coverage"]["targets"]) == 21
    assert not marker.exists()


def test_a_macro_takes_no_resource_out_of_the_gate(gate: Any) -> None:
    gate.write(
        "infra/t.yaml",
        "Resources:\n  N:\n    Type: AWS::SageMaker::NotebookInstance\n    Properties:\n      RootAccess: Enabled\n"
        "      Fn::Transform: {Name: AWS::Include, Parameters: {Location: 's3://b/k.yaml'}}\n",
    )
    ran = gate("infra")
    assert ran.code == 3
    assert not ran.report["coverage"]["complete"]

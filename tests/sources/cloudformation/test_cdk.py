"""CDK's output: nested stacks get their parameters from the stack around them."""

import json
from pathlib import Path

from auditor.model.resource import Resource
from auditor.model.sagemaker import NotebookInstance
from auditor.sources.cloudformation import source
from auditor.sources.document import read_documents
from auditor.sources.interface import Deployment, GateContext, Neighbour

OUTER = {
    "Parameters": {"Root": {"Type": "String", "Default": "Disabled"}},
    "Resources": {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True}},
        "Nested": {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {
                "TemplateURL": {"Fn::Sub": "https://s3.${AWS::URLSuffix}/x"},
                "Parameters": {"RootParameter": {"Ref": "Root"}, "KeyParameter": {"Fn::GetAtt": ["Key", "Arn"]}},
            },
            "Metadata": {"aws:cdk:path": "App/Nested", "aws:asset:path": "AppNested.nested.template.json"},
        },
    },
}
INNER = {
    "Parameters": {"RootParameter": {"Type": "String"}, "KeyParameter": {"Type": "String"}},
    "Resources": {
        "Notebook": {
            "Type": "AWS::SageMaker::NotebookInstance",
            "Properties": {"RootAccess": {"Ref": "RootParameter"}, "KmsKeyId": {"Ref": "KeyParameter"}},
            "Metadata": {"aws:cdk:path": "App/Nested/Notebook"},
        }
    },
}


def _notebook(folder: Path, **parameters: str) -> NotebookInstance:
    (document,) = read_documents(folder / "AppNested.nested.template.json")
    found = source(document, GateContext(Deployment(), parameters)).collect()
    (notebook,) = [item for item in found if isinstance(item, Resource)]
    assert isinstance(notebook, NotebookInstance)
    return notebook


def test_a_nested_stack_is_given_its_parameters(tmp_path: Path) -> None:
    (tmp_path / "App.template.json").write_text(json.dumps(OUTER), encoding="utf-8")
    (tmp_path / "AppNested.nested.template.json").write_text(json.dumps(INNER), encoding="utf-8")
    (tmp_path / "Broken.template.json").write_text("{", encoding="utf-8")
    notebook = _notebook(tmp_path)
    assert (notebook.root_access, notebook.kms_key_id) == ("Disabled", "App.template.json#Key")
    assert str(notebook.origin.default).endswith("#Notebook (App/Nested/Notebook)")
    assert _notebook(tmp_path, Root="Enabled").root_access == "Enabled"


def _beside(folder: Path) -> dict[str, str]:
    """What can be looked at in the world of the nested stack, and where it stands."""
    (document,) = read_documents(folder / "AppNested.nested.template.json", "AppNested.nested.template.json")
    found = source(document, GateContext()).collect()
    named = [item.resource for item in found if isinstance(item, Neighbour)]
    return {one.identity.name: str(one.origin.default) for one in named}


def test_what_is_around_a_nested_stack_can_be_looked_at_where_nothing_is_open_about_it(tmp_path: Path) -> None:
    outer = json.loads(json.dumps(OUTER))
    outer["Parameters"]["Turned"] = {"Type": "String", "AllowedValues": ["true", "false"]}
    open_key = {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": {"Ref": "Turned"}}}
    outer["Resources"]["Open"] = open_key
    (tmp_path / "App.template.json").write_text(json.dumps(outer, indent=1), encoding="utf-8")
    (tmp_path / "AppNested.nested.template.json").write_text(json.dumps(INNER), encoding="utf-8")
    line = (tmp_path / "App.template.json").read_text(encoding="utf-8").split('"Properties"')[0].count("\n") + 1
    found = _beside(tmp_path)
    assert found == {"App.template.json#Key": f"App.template.json:{line}#Key"}
    assert _notebook(tmp_path).kms_key_id == "App.template.json#Key"


def test_without_the_stack_around_it_nothing_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "AppNested.nested.template.json").write_text(json.dumps(INNER), encoding="utf-8")
    assert "RootParameter" in _notebook(tmp_path).peek("root_access").detail

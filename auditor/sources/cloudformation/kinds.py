"""SageMaker's types as CloudFormation spells them, where it spells them otherwise than the API."""

import json
from collections.abc import Mapping
from typing import Any

from auditor.model.unknown import Reason, Unknown
from auditor.sources.cloudformation.expressions import is_unknown
from auditor.sources.spelling import Spelling

_ENDPOINT_NAME = {"endpointname": ""}

SPELLING = Spelling(
    "cloudformation",
    no_such="the type has no such property",
    unsaid="a template does not say it",
    # An empty member: a property that steers CloudFormation, or that the service itself writes.
    renames={
        "AWS::SageMaker::DataQualityJobDefinition": _ENDPOINT_NAME,
        "AWS::SageMaker::Endpoint": {
            "excluderetainedvariantproperties": "",
            "retainallvariantproperties": "",
            "retaindeploymentconfig": "",
        },
        "AWS::SageMaker::Image": {
            "imagedescription": "Description",
            "imagedisplayname": "DisplayName",
            "imagerolearn": "RoleArn",
        },
        "AWS::SageMaker::InferenceComponent": {"deploymentconfig": "", "endpointarn": ""},
        "AWS::SageMaker::InferenceExperiment": {"desiredstate": "", "statusreason": ""},
        "AWS::SageMaker::ModelBiasJobDefinition": _ENDPOINT_NAME,
        "AWS::SageMaker::ModelCard": {"createdby": "", "lastmodifiedby": ""},
        "AWS::SageMaker::ModelExplainabilityJobDefinition": _ENDPOINT_NAME,
        "AWS::SageMaker::ModelPackage": {
            "additionalinferencespecificationstoadd": "",
            "approvaldescription": "",
            "modelpackagestatusdetails": "",
            "modelpackageversion": "",
        },
        "AWS::SageMaker::ModelPackageGroup": {"modelpackagegrouppolicy": ""},
        "AWS::SageMaker::ModelQualityJobDefinition": _ENDPOINT_NAME,
        "AWS::SageMaker::MonitoringSchedule": {
            "endpointname": "",
            "failurereason": "",
            "lastmonitoringexecutionsummary": "",
            "monitoringschedulestatus": "",
        },
        "AWS::SageMaker::PartnerApp": {"appversion": ""},
        "CognitoMemberDefinition": {
            "cognitoclientid": "ClientId",
            "cognitousergroup": "UserGroup",
            "cognitouserpool": "UserPool",
        },
        "OidcMemberDefinition": {"oidcgroups": "Groups"},
    },
)


def adapted(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a SageMaker resource, where CloudFormation gives a thing another form than the API."""
    out = dict(properties)
    if kind == "AWS::SageMaker::Pipeline" and isinstance(out.get("PipelineDefinition"), dict):
        definition = out.pop("PipelineDefinition")
        if "PipelineDefinitionBody" in definition:
            out["PipelineDefinition"] = definition["PipelineDefinitionBody"]
        elif "PipelineDefinitionS3Location" in definition:
            out["PipelineDefinitionS3Location"] = definition["PipelineDefinitionS3Location"]
    if kind == "AWS::SageMaker::ModelCard" and isinstance(out.get("Content"), dict):
        content = out["Content"]
        why = Unknown(Reason.UNRESOLVED_REFERENCE, "Content: part of it is known only at deployment")
        out["Content"] = why if is_unknown(content) else json.dumps(content)
    if kind.endswith(("JobDefinition", "MonitoringSchedule")):
        out = _structured(out)
    return out


def _structured(value: Any) -> Any:
    """The Parquet format of batch input is a switch here and an empty structure in the API."""
    if isinstance(value, dict):
        return {
            key: {} if key == "Parquet" and isinstance(item, bool | str) else _structured(item)
            for key, item in value.items()
            if not (key == "Parquet" and isinstance(item, bool | str) and item in (False, "false"))
        }
    return [_structured(item) for item in value] if isinstance(value, list) else value

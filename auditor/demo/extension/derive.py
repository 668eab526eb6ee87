"""Members that AWS adds to what a Create request says: identifiers, defaults, times, statuses.

Each function completes the data of one type in place; members that are already there (set by the request, or
by the sample account to place a job in time) stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.s3.models import s3_backends

from auditor.demo.errors import AwsError
from auditor.demo.extension import derive_ml
from auditor.demo.extension.kinds import KINDS, VALIDATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.demo.extension.store import SageMakerStore

Data = dict[str, Any]


def complete(store: SageMakerStore, kind_name: str, data: Data, now: float) -> None:
    """Fill in what AWS adds on creation: common members, the type's own, then its ARN.

    Args:
        store: The store of the account and region.
        kind_name: A key of ``KINDS``.
        data: The members so far, in Describe's spelling.
        now: Seconds since the epoch.
    """
    kind = KINDS[kind_name]
    data.setdefault(kind.created, now)
    data.setdefault(kind.modified, data[kind.created])
    if kind.status:
        data.setdefault(kind.status, kind.settled)
    if specific := DERIVED.get(kind_name):
        specific(store, data)
    data.setdefault(kind.arn_member, store.arn(kind, data))


def _notebook(store: SageMakerStore, data: Data) -> None:
    """Apply CreateNotebookInstance's defaults (API reference of that operation)."""
    name = data["NotebookInstanceName"]
    data.setdefault("DirectInternetAccess", "Enabled")
    data.setdefault("RootAccess", "Enabled")
    data.setdefault("VolumeSizeInGB", 5)
    data.setdefault("PlatformIdentifier", "notebook-al2-v2")
    data.setdefault("InstanceMetadataServiceConfiguration", {"MinimumInstanceMetadataServiceVersion": "1"})
    data.setdefault("Url", f"{name.lower()}.notebook.{store.region_name}.sagemaker.aws")
    if data.get("SubnetId"):
        data.setdefault("NetworkInterfaceId", f"eni-{store.ident('eni', name, length=17)}")


def _domain(store: SageMakerStore, data: Data) -> None:
    """Give a domain its id, file system and boundary group, and CreateDomain's defaults."""
    name = data["DomainName"]
    data.setdefault("DomainId", f"d-{store.ident('domain', name)}")
    data.setdefault("HomeEfsFileSystemId", f"fs-{store.ident('efs', name, length=17)}")
    data.setdefault("Url", f"https://{data['DomainId']}.studio.{store.region_name}.sagemaker.aws")
    data.setdefault("AppNetworkAccessType", "PublicInternetOnly")
    data.setdefault("TagPropagation", "DISABLED")
    data.setdefault("SecurityGroupIdForDomainBoundary", f"sg-{store.ident('sg', name, length=17)}")
    if key := data.get("KmsKeyId") or data.get("HomeEfsFileSystemKmsKeyId"):
        data["KmsKeyId"] = data["HomeEfsFileSystemKmsKeyId"] = key


def _member_of_domain(store: SageMakerStore, data: Data) -> None:
    """Refuse what belongs to an unknown domain; give user profiles and spaces their file system uid."""
    domain = store.get(KINDS["Domain"], data["DomainId"])
    owner = data.get("UserProfileName") or data.get("SpaceName") or ""
    data.setdefault("Owner", owner)
    uid = 200_000 + int(store.ident("uid", domain.key[0], owner, length=4), 16)
    data.setdefault("HomeEfsFileSystemUid", str(uid))
    data.setdefault("Url", f"{domain.data['Url']}/{owner}")


def _image(store: SageMakerStore, data: Data) -> None:
    """Spell an image's ARN in lower case, as AWS does."""
    data.setdefault("ImageArn", store.arn(KINDS["Image"], {"ImageName": data["ImageName"].lower()}))


def _image_version(store: SageMakerStore, data: Data) -> None:
    """Number a version within its image; refuse an unknown image."""
    image = store.get(KINDS["Image"], data["ImageName"])
    held = [key for key in store.of(KINDS["ImageVersion"]) if key[0] == data["ImageName"]]
    data.setdefault("Version", len(held) + 1)
    data.setdefault("ImageArn", image.arn)
    data.setdefault("ContainerImage", data["BaseImage"])


def _cluster(store: SageMakerStore, data: Data) -> None:
    """Give a HyperPod cluster its id; turn requested instance counts into current and target counts."""
    data.setdefault("ClusterId", store.ident("cluster", data["ClusterName"]))
    for member in ("InstanceGroups", "RestrictedInstanceGroups"):
        for group in data.get(member) or ():
            group.setdefault("TargetCount", group["InstanceCount"])
            group.setdefault("CurrentCount", group["InstanceCount"])
            group.setdefault("Status", "InService")


def _workforce(store: SageMakerStore, data: Data) -> None:
    """Give a workforce its portal's name and, in a VPC, its endpoint."""
    name = data["WorkforceName"]
    data.setdefault(
        "SubDomain", f"{store.ident('labeling', name, length=10)}.labeling.{store.region_name}.sagemaker.aws"
    )
    if vpc := data.get("WorkforceVpcConfig"):
        vpc.setdefault("VpcEndpointId", f"vpce-{store.ident('vpce', name, length=17)}")


def _workteam(store: SageMakerStore, data: Data) -> None:
    """Tie a work team to its workforce."""
    name = data.get("WorkforceName", "default")
    data.setdefault("WorkforceArn", store.arn(KINDS["Workforce"], {"WorkforceName": name}))
    data.setdefault(
        "SubDomain", f"{store.ident('labeling', name, length=10)}.labeling.{store.region_name}.sagemaker.aws"
    )


def _app(prefix: str) -> Callable[[SageMakerStore, Data], None]:
    """Return a function that gives a partner app or MLflow app its id."""

    def derive(store: SageMakerStore, data: Data) -> None:
        data.setdefault("AppId", "app-" + store.ident(prefix, data["Name"]).upper())
        if prefix == "partner":
            data.setdefault("BaseUrl", f"https://{data['AppId']}.partner-app.{store.region_name}.sagemaker.aws")

    return derive


def _tracking_server(store: SageMakerStore, data: Data) -> None:
    """Apply CreateMlflowTrackingServer's defaults."""
    data.setdefault("TrackingServerSize", "Small")
    data.setdefault("MlflowVersion", "2.16")
    data.setdefault("IsActive", "Active")
    data.setdefault("AutomaticModelRegistration", False)
    name = store.ident("mlflow", data["TrackingServerName"], length=10)
    data.setdefault("TrackingServerUrl", f"https://t-{name}.{store.region_name}.experiments.sagemaker.aws")


def _device_fleet(_: SageMakerStore, data: Data) -> None:
    """Name the IoT role alias that a fleet asks for."""
    if data.get("EnableIotRoleAlias"):
        data.setdefault("IotRoleAlias", f"SageMakerEdge-{data['DeviceFleetName']}")


def _feature_group(store: SageMakerStore, data: Data) -> None:
    """Report the offline store as active, with the folder that AWS resolves."""
    data.setdefault("NextToken", "")
    offline = data.get("OfflineStoreConfig")
    if offline is None:
        return
    data.setdefault("OfflineStoreStatus", {"Status": "Active"})
    storage = offline["S3StorageConfig"]
    path = f"{store.account_id}/sagemaker/{store.region_name}/offline-store/{data['FeatureGroupName']}/data"
    storage.setdefault("ResolvedOutputS3Uri", f"{storage['S3Uri'].rstrip('/')}/{path}")
    offline.setdefault("TableFormat", "Glue")


def _pipeline(store: SageMakerStore, data: Data) -> None:
    """Read a definition that the request names in S3: DescribePipeline answers with the text."""
    location = data.get("PipelineDefinitionS3Location")
    if location and not data.get("PipelineDefinition"):
        held = s3_backends[store.account_id][store.partition].get_object(location["Bucket"], location["ObjectKey"])
        if held is None:
            raise AwsError(VALIDATION, "Could not read the pipeline definition from S3.")
        data["PipelineDefinition"] = held.value.decode()


def _human_task_ui(store: SageMakerStore, data: Data) -> None:
    """Report a template by address and digest, never by content."""
    digest = store.ident("template", str(data["UiTemplate"]), length=64)
    data["UiTemplate"] = {
        "Url": f"https://human-task-ui.{store.region_name}/{digest}",
        "ContentSha256": digest,
    }


def _project(store: SageMakerStore, data: Data) -> None:
    """Give a project its id."""
    data.setdefault("ProjectId", f"p-{store.ident('project', data['ProjectName'])}")


DERIVED: dict[str, Callable[[SageMakerStore, Data], None]] = {
    "App": _member_of_domain,
    "Cluster": _cluster,
    "DeviceFleet": _device_fleet,
    "Domain": _domain,
    "FeatureGroup": _feature_group,
    "HumanTaskUi": _human_task_ui,
    "Image": _image,
    "ImageVersion": _image_version,
    "MlflowApp": _app("mlflow"),
    "MlflowTrackingServer": _tracking_server,
    "NotebookInstance": _notebook,
    "PartnerApp": _app("partner"),
    "Pipeline": _pipeline,
    "Project": _project,
    "Space": _member_of_domain,
    "UserProfile": _member_of_domain,
    "Workforce": _workforce,
    "Workteam": _workteam,
    **derive_ml.DERIVED,
}

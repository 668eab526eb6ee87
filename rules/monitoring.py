"""Monitoring: what endpoints answer is captured and watched."""

from auditor.model.inventory import Related
from auditor.model.rule import rule
from auditor.model.sagemaker import Endpoint, Model, ModelPackageGroup, MonitoringSchedule, ProcessingJob
from auditor.model.surroundings import AccountRegion
from auditor.model.unknown import CannotAssess
from auditor.model.verdict import Fact, Severity, Verdict, failed, not_applicable, passed


@rule(
    "endpoint-data-capture",
    severity=Severity.LOW,
    controls=("NIST-800-53r5:AU-2", "WA-ML:MLSEC05-BP01"),
    tags=("monitoring",),
)
def data_capture(endpoint: Endpoint) -> Verdict:
    """An endpoint captures requests and answers.

    Why: without them nobody can tell drift, misuse or extraction of the model from normal use.
    Fix: update the endpoint with a configuration whose DataCaptureConfig has EnableCapture true.
    """
    capture = endpoint.data_capture_config
    if capture is None or not capture.enable_capture:
        return failed("data capture is off", at="DataCaptureConfig.EnableCapture")
    if capture.capture_status != "Started":
        return failed("data capture is stopped", at="DataCaptureConfig.CaptureStatus")
    return passed("data capture runs", at=("DataCaptureConfig.EnableCapture", "DataCaptureConfig.CaptureStatus"))


@rule(
    "endpoint-monitored",
    severity=Severity.LOW,
    controls=("NIST-800-53r5:CA-7", "WA-ML:MLSEC05-BP01"),
    tags=("monitoring",),
)
def monitored(endpoint: Endpoint, schedules: Related[MonitoringSchedule]) -> Verdict:
    """A monitoring schedule watches an endpoint in service.

    Why: a model that drifts or is poisoned goes on answering, wrongly.
    Fix: create a monitoring schedule for the endpoint, and start it.
    """
    if endpoint.endpoint_status != "InService":
        return not_applicable("the endpoint is not in service")
    unknown: CannotAssess | None = None
    for schedule in schedules.seen():
        try:
            watches = schedule.endpoint_name == endpoint.endpoint_name
            if watches and schedule.monitoring_schedule_status == "Scheduled":
                return passed("a schedule watches it", at=Fact(schedule, "MonitoringScheduleStatus"))
        except CannotAssess as error:
            unknown = unknown or error
    if unknown is not None:
        raise unknown
    schedules.all()
    return failed("no schedule watches it", at="EndpointName")


@rule("region-model-registry", severity=Severity.LOW, controls=("WA-ML:MLSEC04-BP01",), tags=("governance",))
def registry(region: AccountRegion, groups: Related[ModelPackageGroup]) -> Verdict:
    """A region that serves models registers them.

    Why: without a registry nobody can say which version was approved, by whom, and what it was made from.
    Fix: create a model package group and register models in it.
    """
    if not region.has(Model.cfn_type):
        return not_applicable("the region has no models")
    if groups.seen():
        return passed("models are registered", at=Fact(groups.seen()[0], "ModelPackageGroupName"))
    groups.all()
    return failed("there is no model package group", at="ResourceTypes")


@rule("region-clarify", severity=Severity.INFORMATIONAL, controls=("WA-ML:MLSEC04-BP01",), tags=("governance",))
def clarify(region: AccountRegion, jobs: Related[ProcessingJob]) -> Verdict:
    """A region that serves models has run SageMaker Clarify on them.

    Why: bias and missing explanations are found by looking.
    Fix: run a processing job with the sagemaker-clarify-processing image.
    Limits: only jobs within the scan's window are seen.
    """
    if not region.has(Model.cfn_type):
        return not_applicable("the region has no models")
    unknown: CannotAssess | None = None
    for job in jobs.seen():
        try:
            if "/sagemaker-clarify-processing" in job.app_specification.image_uri:
                return passed("a Clarify job ran", at=Fact(job, "AppSpecification.ImageUri"))
        except CannotAssess as error:
            unknown = unknown or error
    if unknown is not None:
        raise unknown
    jobs.all()
    return failed("no Clarify job was found", at="ResourceTypes")

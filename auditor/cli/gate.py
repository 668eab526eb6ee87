"""`gate`: judge what is about to be deployed, by the same rules."""

import secrets
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from auditor import config as configuration
from auditor.cli import logs, options, outputs
from auditor.cli.catalogs import load_catalog
from auditor.errors import ExitCode, InputError, UsageError
from auditor.model.coverage import ScanInfo, Target, TargetStatus
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.unknown import Reason
from auditor.scan.assessment import Assessment
from auditor.sources.document import read_documents
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.requests import RequestSource


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "operation", metavar="OPERATION", help="What the files are, such as create-training-job.")
@click.option("--region", default="", help="Where it will be deployed, where the rules need to know.")
@options.judging_options
@options.report_options
@options.logging_options
def command(paths: tuple[Path, ...], **given: Any) -> int:
    """Judge CreateX request files (JSON), such as `aws sagemaker create-training-job --cli-input-json` takes.

    A folder stands for the .json files in it. A file that cannot be read is named, and the others are judged.
    """
    logs.configure(given["verbose"], given["log_format"])
    settings = _settings(given)
    catalog = load_catalog(settings.rules).select(settings.select, settings.ignore)
    plan = outputs.plan(given["formats"], given["output"])
    started = datetime.now(UTC)
    assessment = Assessment(catalog, started, "request")
    targets, broken = _read(assessment, paths, given["operation"] or "", Deployment(region=given["region"]))
    assessment.settle(())
    info = ScanInfo(
        id=f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
        kind="gate",
        started_at=started.isoformat(timespec="seconds"),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        accounts=(),
        regions=(given["region"],) if given["region"] else (),
        configuration=settings.model_dump(mode="json", include={"select", "ignore", "fail_on", "rules"}),
    )
    report = assessment.report(info, targets)
    used = outputs.write(report, plan)
    outputs.summarise(report, sys.stderr if used else sys.stdout)
    outputs.announce(plan)
    if broken:
        return int(ExitCode.USAGE)
    return int(assessment.exit_code(report, settings.fail_on))


def _settings(given: dict[str, Any]) -> configuration.AuditConfig:
    flags = {name: given[name] for name in ("select", "ignore", "fail_on")} | {"rules": given["own_rules"]}
    chosen = given["config_path"] or configuration.config_from_environment()
    return configuration.load(chosen, {key: value for key, value in flags.items() if value not in (None, ())})


def _read(
    assessment: Assessment, paths: tuple[Path, ...], operation: str, deployment: Deployment
) -> tuple[list[Target], bool]:
    """Take every file; those that cannot be read are named on stderr and in the coverage."""
    targets: list[Target] = []
    broken = False
    for path in _files(paths):
        try:
            context = GateContext(deployment, operation=operation)
            for item in (item for doc in read_documents(path) for item in RequestSource(doc, context).collect()):
                assessment.take(item)
                if isinstance(item, Resource):
                    targets.append(Target("", deployment.region, path.as_posix(), TargetStatus.SCANNED, 1))
        except InputError as error:
            broken = True
            click.echo(f"error: {error}", err=True)
            scope = Scope(region=deployment.region, resource=path.as_posix())
            assessment.take(Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, str(error)))
            targets.append(Target("", deployment.region, path.as_posix(), TargetStatus.NOT_SCANNED, 0, str(error)))
    return targets, broken


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(path.rglob("*.json"))
            if not found:
                raise UsageError(f"{path} holds no .json file")
            yield from found
        else:
            yield path

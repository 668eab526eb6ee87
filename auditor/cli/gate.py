"""`gate`: judge what is about to be deployed, by the same rules."""

import secrets
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from auditor.cli import frames, logs, options, outputs
from auditor.cli.steered import Steered
from auditor.errors import ExitCode
from auditor.gate.files import candidates
from auditor.gate.many import judge_files
from auditor.gate.parameters import read_parameters
from auditor.gate.run import Gate, Outcome
from auditor.gate.verdict import unresolved
from auditor.model.coverage import Report, ScanInfo
from auditor.scan.assessment import Assessment
from auditor.sources.detect import KINDS, Kind, kind_called
from auditor.sources.interface import Deployment, GateContext
from reports.text import visible

_KINDS = ", ".join(kind.name for kind in KINDS)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--as",
    "kind",
    metavar="KIND",
    default="",
    help=f"What the files are: {_KINDS}, or an operation such as create-training-job; else told by content.",
)
@click.option(
    "--parameters",
    multiple=True,
    metavar="FILE|NAME=VALUE",
    help="Values of template or pipeline parameters; repeatable.",
)
@click.option("--region", default="", help="Where it will be deployed, where the rules need to know.")
@click.option("--account", default="", help="The account it will be deployed to, where the rules need to know.")
@click.option(
    "--unknown",
    type=click.Choice(["warn", "fail"]),
    default="warn",
    help="Whether what only the deployment tells fails the gate (default warn).",
)
@click.option(
    "--skip-other-files",
    is_flag=True,
    help="Leave out files of no known kind also where they are named, as a commit hook names them.",
)
@click.option(
    "--unchanged",
    is_flag=True,
    help="Judge also what a Terraform plan leaves as it is and what leans on no change.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    help="An earlier JSON report: only findings that it does not hold fail the gate.",
)
@click.option("--changed-since", metavar="REF", default="", help="Only findings in files that changed since a git ref.")
@click.option(
    "--config-from", metavar="REF", default="", help="Take configuration and waivers from a git ref, such as the base."
)
@options.waivers_option
@options.judging_options
@options.report_options
@options.logging_options
def command(paths: tuple[Path, ...], **given: Any) -> int:
    """Judge templates, plans, manifests and requests before they are deployed.

    A folder stands for every file in it that is of a known kind. A file that cannot be read is named, and the
    others are judged.
    """
    logs.configure(given["verbose"], given["log_format"])
    started = datetime.now(UTC)
    steered = Steered.of(given, _flags(given), started.date())
    settings, catalog = steered.settings, steered.catalog
    plan = outputs.plan(given["formats"], given["output"])
    gate = _gate(given)
    fresh = partial(Assessment, catalog, started, "gate", steered.policy.adjust)
    assessment = fresh()
    files, unchanged = steered.of_the_change(candidates(paths, skip_others=given["skip_other_files"]))
    outcome = judge_files(gate, assessment, files, fresh)
    outcome.targets += unchanged
    _tell(outcome, gate.context.parameters)
    info = ScanInfo(
        id=f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
        kind="gate",
        started_at=started.isoformat(timespec="seconds"),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        accounts=(given["account"],) if given["account"] else (),
        regions=(given["region"],) if given["region"] else (),
        configuration=settings.model_dump(mode="json", exclude={"state"})
        | {"unknown": given["unknown"], "as": given["kind"], "parameters": sorted(gate.context.parameters)},
    )
    report = steered.complete(assessment.report(info, outcome.targets))
    used = outputs.write(report, plan)
    frames.show(report, files, sys.stderr if used else sys.stdout)
    outputs.summarise(report, sys.stderr if used else sys.stdout)
    outputs.announce(plan)
    return int(_exit_code(outcome, assessment, report, steered, fail_on_unknown=given["unknown"] == "fail"))


def _flags(given: dict[str, Any]) -> dict[str, Any]:
    flags = {name: given[name] for name in ("select", "ignore", "fail_on")} | {"rules": given["own_rules"]}
    return {key: value for key, value in flags.items() if value not in (None, ())}


def _gate(given: dict[str, Any]) -> Gate:
    kind: Kind | None = kind_called(given["kind"]) if given["kind"] else None
    # A word that names no kind was found to be an operation.
    operation = given["kind"] if kind is not None and not kind.called(given["kind"]) else ""
    deployment = Deployment.of(given["region"], given["account"])
    return Gate(GateContext(deployment, read_parameters(given["parameters"]), operation, given["unchanged"]), kind)


def _tell(outcome: Outcome, parameters: Iterable[str]) -> None:
    for error in outcome.errors:
        # Keys and names of files are a stranger's: a line of theirs might be a command to the runner of a build.
        click.echo(visible(f"error: {error}"), err=True)
    for name in sorted(set(parameters) - outcome.asked):
        click.echo(f"warning: --parameters: no file has a parameter {name!r}", err=True)
    if not outcome.resources and not outcome.errors:
        click.echo("nothing was judged: none of the files holds a resource that the rules know", err=True)


def _exit_code(
    outcome: Outcome,
    assessment: Assessment,
    report: Report,
    steered: Steered,
    *,
    fail_on_unknown: bool,
) -> ExitCode:
    if outcome.refused:
        return ExitCode.USAGE
    fail_on = steered.settings.fail_on
    code = steered.policy.exit_code(assessment.exit_code(report, fail_on), report)
    if code is ExitCode.CLEAN and fail_on_unknown and unresolved(report, fail_on):
        return ExitCode.FAILED
    return code

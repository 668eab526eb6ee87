"""`demo`: a realistic account in an embedded AWS, scanned like any other."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from auditor.errors import AuditError, ExitCode

_REGIONS = ("eu-west-1", "us-east-1")


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/demo"),
    show_default=True,
    help="Folder for the reports.",
)
@click.option("--seed", type=int, default=42, show_default=True, help="Makes the ids of the account repeatable.")
def command(output: Path, seed: int) -> None:
    """Fill an embedded AWS with a realistic account, scan it over HTTP, and report.

    The account has faults on purpose, so the scan's exit code is not passed on.
    """
    try:
        from auditor.demo.account import populate  # noqa: PLC0415  needs the extra
        from auditor.demo.server import EmbeddedAws  # noqa: PLC0415  needs the extra
    except ImportError as error:
        raise AuditError(f"{error.name} is not installed", "install sagemaker-auditor[demo]") from None
    with EmbeddedAws(seed=seed) as aws:
        click.echo(f"An embedded AWS listens on {aws.endpoint_url}; filling it with a sample account …", err=True)
        populate(aws.endpoint_url, datetime.now(UTC))
        words = [sys.executable, "-P", "-m", "auditor", "scan", "--no-state"]
        for region in _REGIONS:
            words += ["--region", region]
        report, findings = output / "report.html", output / "findings.json"
        words += ["-f", f"html={report}", "-f", f"json={findings}"]
        environment = {**_without_aws(), **aws.environment()}
        code = subprocess.run(words, env=environment, check=False).returncode  # noqa: S603  our own program
    if code in (ExitCode.USAGE, ExitCode.INCOMPLETE) or code > max(ExitCode):
        raise AuditError(f"the scan of the sample account ended with {code}")
    click.echo(f"\nThe report lies in {report}; every finding is in {findings}.")


def _without_aws() -> dict[str, str]:
    """The environment without what would lead the scan to a real account."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}

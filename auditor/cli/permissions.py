"""`permissions`: the IAM policy that the auditor needs."""

import json

import click


@click.command()
@click.option(
    "--for",
    "purpose",
    type=click.Choice(["scan", "organization", "planner", "security-hub"]),
    default="scan",
    show_default=True,
    help="What the policy is to allow.",
)
def command(purpose: str) -> None:
    """Print the IAM policy that a scan needs: derived from what it calls, nothing more."""
    from auditor.sources.live.permissions import policy  # noqa: PLC0415  loads the tables

    click.echo(json.dumps(policy(purpose), indent=2))

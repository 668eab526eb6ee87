"""`completion SHELL`: the script that completes commands and options."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell, for example: eval "$(sagemaker-auditor completion bash)"."""
    from auditor.cli import cli  # noqa: PLC0415  this module is loaded by it

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    name = "sagemaker-auditor"
    click.echo(kind(cli, {}, name, "_SAGEMAKER_AUDITOR_COMPLETE").source())

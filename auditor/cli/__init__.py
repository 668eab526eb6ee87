"""The command line: one function per sub-command, and the only place that prints."""

import gc
import importlib
import os
import sys
import threading
from typing import Any

import click

from auditor import __version__
from auditor.catalog import nearest
from auditor.errors import AuditError, ExitCode

# Command name to its module; loaded when it is called, so that `rules list` never pays for boto3.
_COMMANDS = {
    "scan": "auditor.cli.scan",
    "gate": "auditor.cli.gate",
    "schedule": "auditor.cli.schedule",
    "demo": "auditor.cli.demo",
    "rules": "auditor.cli.rules",
    "explain": "auditor.cli.explain",
    "permissions": "auditor.cli.permissions",
    "report": "auditor.cli.report",
    "config": "auditor.cli.config",
    "completion": "auditor.cli.completion",
}

# After so many more objects made than given back, garbage is looked for.
_GARBAGE = 20_000


class _LazyGroup(click.Group):
    """Imports a sub-command's module when it is asked for, and names the nearest command for a wrong one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the table."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name]).command
        if not gc.isenabled():
            # Nothing that was loaded is garbage, and little of what a run makes refers to itself.
            gc.freeze()
            gc.set_threshold(_GARBAGE, 20, 20)
            gc.enable()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Explain a command that does not exist."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            hint = nearest(args[0], _COMMANDS) or f"known are {', '.join(_COMMANDS)}"
            raise click.UsageError(f"no command is called {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="sagemaker-auditor")
def cli() -> None:
    """Prove how Amazon SageMaker is run.

    Exit codes: 0 clean, 1 failed findings at or above --fail-on, 2 usage or configuration, 3 incomplete.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code; no traceback reaches the user.

    Args:
        arguments: the words after the program's name; None for those of the process.
    """
    code = _run(arguments)
    if arguments is None and sys.argv[1:2] == ["gate"]:
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> None:
    """End at once: to take apart all that was loaded takes as long as to judge twenty files, and helps nobody.

    Where output cannot be written to its end, or something is still at work, this comes back.
    """
    if threading.active_count() > 1:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    os._exit(code)


def _run(arguments: list[str] | None) -> int:
    try:
        result: Any = cli.main(arguments, prog_name="sagemaker-auditor", standalone_mode=False)
    except AuditError as error:
        click.echo(_one_line(f"error: {error}"), err=True)
        return int(error.exit_code)
    except click.ClickException as error:
        # Its type calls it final, and `show` writes it as it is.
        vars(error)["message"] = _one_line(error.message)
        error.show()
        return int(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return 130
    except BrokenPipeError:
        # The reader of our output went away: nothing more to say to it.
        sys.stderr.close()
        return int(ExitCode.CLEAN)
    except Exception as error:  # noqa: BLE001  the one place where an unforeseen error becomes a message
        from auditor.cli.logs import report_crash  # noqa: PLC0415  only on the way out

        report_crash(error)
        return int(ExitCode.INCOMPLETE)
    return int(result) if isinstance(result, int) else int(ExitCode.CLEAN)


def _one_line(text: str) -> str:
    from reports.text import visible  # noqa: PLC0415  only on the way out

    return visible(text)

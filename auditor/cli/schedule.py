"""`schedule`: scans at set times, where AWS's own schedulers are not to be used."""

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from auditor.cli import logs, options
from auditor.config import default_state_path
from auditor.errors import ExitCode, UsageError
from auditor.scheduler.heartbeat import healthy
from auditor.scheduler.timetable import Timetable, parse_span

_LONGEST_LIMIT = timedelta(hours=6)
_GRACE_SECONDS = 20
# While a scan is given its time to end, no heartbeat is written.
_LONGEST_GRACE = 60
_EXIT_CODES = {"success": ExitCode.CLEAN, "skipped": ExitCode.CLEAN, "error": ExitCode.USAGE}


class _Command(click.Command):
    """Says where the options of `scan` belong."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as any command does.

        Raises:
            UsageError: an option is none of `schedule`.
        """
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise UsageError(
                f"schedule has no option {error.option_name}", f"one of scan's stands after --: -- {error.option_name}"
            ) from None


@click.command(cls=_Command)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- SCAN_OPTIONS...]")
@click.option("--every", metavar="SPAN", help="Time from run to run, on the UTC clock: 30m, 6h, 1d.")
@click.option("--at", metavar="HH:MM", help="Time of day in UTC, once a day.")
@click.option("--jitter", metavar="SPAN", help="Begin up to so much later, as the host's name decides.")
@click.option("--time-limit", metavar="SPAN", help="End a scan after so long (default 6h, or --every if shorter).")
@click.option(
    "--grace",
    type=click.IntRange(1, _LONGEST_GRACE),
    default=_GRACE_SECONDS,
    show_default=True,
    help="Seconds that a scan which is ended has before it is killed.",
)
@click.option(
    "--state-folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Lock, memory, heartbeat, metrics and last report; may be shared.",
)
@click.option("--metrics", type=click.Path(path_type=Path, dir_okay=False), help="Metrics file, ending in .prom.")
@click.option("--once", is_flag=True, help="Make the run that is due, if one is, and leave: for a CronJob.")
@click.option("--healthy", "check", is_flag=True, help="Only say whether the scheduler of this host lives.")
@options.logging_options
def command(  # noqa: PLR0913  one parameter an option, as click hands them over
    *,
    words: tuple[str, ...],
    every: str | None,
    at: str | None,
    jitter: str | None,
    time_limit: str | None,
    grace: int,
    state_folder: Path | None,
    metrics: Path | None,
    once: bool,
    check: bool,
    verbose: int,
    log_format: str,
) -> int:
    """Scan again and again; what stands after -- is handed to scan.

    A run is a process of its own with a time limit. Two schedulers that share a state folder never scan at the same
    time. After an outage one run makes up for all that were missed. SIGTERM ends the scan, then the scheduler.

    Exit codes of --once: 0 the run read everything, whatever it found, or none was due; 2 the scan failed;
    3 incomplete, out of time or stopped. --healthy: 0 or 1.
    """
    folder = state_folder or default_state_path().parent / "schedule"
    if check:
        return _check(folder)
    logs.configure(verbose + 1, log_format)
    timetable = Timetable.of(every, at, jitter)
    if metrics is not None and metrics.suffix != ".prom":
        raise UsageError(f"--metrics: {metrics} does not end in .prom", "the textfile collector reads no other file")
    limit = _limit(time_limit, timetable)
    _try_words(words)
    from auditor.scheduler.clock import SystemClock  # noqa: PLC0415  not for --healthy, which runs every minute
    from auditor.scheduler.loop import Loop  # noqa: PLC0415  the same
    from auditor.scheduler.process import Scan  # noqa: PLC0415  the same

    clock = SystemClock()
    loop = Loop(folder.absolute(), timetable, Scan(words, limit.total_seconds(), grace, clock), clock, metrics)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.stop())
    if not once:
        loop.run()
        return int(ExitCode.CLEAN)
    result = loop.run_once()
    return int(ExitCode.CLEAN if result is None else _EXIT_CODES.get(result, ExitCode.INCOMPLETE))


def _check(folder: Path) -> int:
    if healthy(folder, datetime.now(UTC)):
        click.echo("the scheduler of this host lives")
        return int(ExitCode.CLEAN)
    click.echo(f"no scheduler of this host has shown in {folder} lately that it lives", err=True)
    # Docker keeps 2 for itself: https://docs.docker.com/reference/dockerfile/#healthcheck
    return int(ExitCode.FAILED)


def _limit(text: str | None, timetable: Timetable) -> timedelta:
    if text is None:
        return min(timetable.period, _LONGEST_LIMIT)
    limit = parse_span(text, "--time-limit")
    if not timedelta() < limit <= timetable.period:
        raise UsageError(f"--time-limit {text} is not between nothing and the time from run to run")
    return limit


def _try_words(words: tuple[str, ...]) -> None:
    """Let `scan` parse its options now: at three in the morning nobody reads that one is misspelt."""
    from auditor.cli.scan import command as scan  # noqa: PLC0415  not for --healthy

    try:
        scan.make_context("scan", list(words))
    except click.exceptions.Exit:
        raise UsageError("--help after -- is no scan", "sagemaker-auditor scan --help") from None
    except click.ClickException as error:
        raise UsageError(f"scan does not take what stands after --: {error.format_message()}") from None

"""How a scan gets on, on stderr: one live line on a terminal, plain lines otherwise."""

import sys
import time

import click

_SECONDS_BETWEEN = 0.2


class TerminalProgress:
    """Rewrites one line."""

    def __init__(self) -> None:
        self._shown = 0.0
        self._counts: dict[tuple[str, str], int] = {}

    def region(self, account: str, region: str, resources: int, *, done: bool) -> None:
        """Show how many resources were read so far, in how many regions."""
        self._counts[account, region] = resources
        now = time.monotonic()
        if not done and now - self._shown < _SECONDS_BETWEEN:
            return
        self._shown = now
        total = sum(self._counts.values())
        text = f"{account} {region}: {resources} resources; {total} in {len(self._counts)} regions"
        click.echo(f"\r\x1b[2K{text}", nl=done, err=True)


class PlainProgress:
    """One line a region, when it is done."""

    def region(self, account: str, region: str, resources: int, *, done: bool) -> None:
        """Say how many resources a region had."""
        if done:
            click.echo(f"{account} {region}: {resources} resources", err=True)


def progress_for_stderr() -> TerminalProgress | PlainProgress:
    """The one that fits where stderr goes."""
    return TerminalProgress() if sys.stderr.isatty() else PlainProgress()

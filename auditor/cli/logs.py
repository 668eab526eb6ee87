"""Logging on stderr, as text or JSON, with secrets redacted."""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime

import click

from reports.text import visible

_SECRETS = (
    re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])"),
    re.compile(r"(?i)(?<=signature=)[0-9a-f]{32,}"),
    re.compile(r"(?i)(?<=secretaccesskey['\"]: ['\"])[^'\"]+"),
    re.compile(r"(?i)(?<=sessiontoken['\"]: ['\"])[^'\"]+"),
    re.compile(r"(?i)(?<=externalid['\"]: ['\"])[^'\"]+"),
    re.compile(r"[A-Za-z0-9/+=]{100,}"),
)


def redacted(text: str) -> str:
    """A line of log without what looks like a credential; control characters made visible."""
    for pattern in _SECRETS:
        text = pattern.sub("<redacted>", text)
    return "".join(char if char.isprintable() or char in "\n\t" else repr(char)[1:-1] for char in text)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return visible(redacted(f"{record.levelname.lower()}: {record.getMessage()}"))


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        return json.dumps(entry)


def configure(verbosity: int, log_format: str) -> None:
    """Send the auditor's log to stderr.

    Args:
        verbosity: 0 for warnings, 1 for what is being done, 2 for every request as well.
        log_format: `text` or `json`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if log_format == "json" else _Text())
    logger = logging.getLogger("auditor")
    logger.handlers[:] = [handler]
    logger.propagate = False
    logger.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)])
    # What botocore warns of becomes a gap; by itself it would print a traceback, and not redacted.
    library = logging.getLogger("botocore")
    library.handlers[:] = [handler]
    library.propagate = False
    library.setLevel(logging.WARNING if verbosity else logging.ERROR)


def report_crash(error: BaseException) -> None:
    """Explain an unforeseen error in one line; the traceback only at `-vv`."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
    click.echo(visible(redacted(f"error: unforeseen {type(error).__name__} at {where}: {error}")), err=True)
    if logging.getLogger("auditor").isEnabledFor(logging.DEBUG):
        for line in redacted("".join(traceback.format_exception(error))).split("\n"):
            # The message may hold lines that would be commands to the runner of a build.
            click.echo(f"| {visible(line)}", err=True)
    click.echo("Please report it; -vv shows the traceback.", err=True)

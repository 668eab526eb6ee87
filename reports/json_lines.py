"""One JSON record to a line, for reports too large to be read as a whole."""

from typing import TextIO

from auditor.model.coverage import Report

from .encoding import Head, lines

HEADER = ("schema_version", "tool", "scan")
SUMMARY = ("coverage", "summary", "rules", "waivers", "review")


def render(report: Report, stream: TextIO) -> None:
    """Write a header record, one record per finding, and a summary record; `record` says which it is.

    Args:
        report: what to write; its findings are read once.
        stream: takes ASCII.
    """
    parts = dict(Head.of(report).parts())
    stream.write(_record("header", {key: parts[key] for key in HEADER}))
    for line in lines(report.findings):
        stream.write('{"record":"finding",')
        stream.write(line[1:])
        stream.write("\n")
    stream.write(_record("summary", {key: parts[key] for key in SUMMARY}))


def _record(kind: str, parts: dict[str, str]) -> str:
    members = "".join(f',"{key}":{text}' for key, text in parts.items())
    return f'{{"record":"{kind}"{members}}}\n'

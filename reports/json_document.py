"""One JSON document: every finding, never folded."""

from typing import TextIO

from auditor.model.coverage import Report

from .encoding import Head, lines


def render(report: Report, stream: TextIO) -> None:
    """Write a report as one JSON document, each finding on a line of its own.

    Args:
        report: what to write; its findings are read once.
        stream: takes ASCII.
    """
    opening = "{\n"
    for key, text in Head.of(report).parts():
        stream.write(f'{opening}"{key}": {text}')
        opening = ",\n"
    stream.write(',\n"findings": [')
    separator = "\n"
    for line in lines(report.findings):
        stream.write(separator)
        stream.write(line)
        separator = ",\n"
    stream.write("\n]\n}\n")

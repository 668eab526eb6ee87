"""Where reports go: files, a folder, standard output; several formats at once."""

import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import click

from auditor.catalog import nearest
from auditor.config import step_summary_from_environment
from auditor.errors import UsageError
from auditor.model.coverage import Report
from reports import RENDERERS

_STDOUT = "-"
_NAMES = {
    "json": "findings.json",
    "jsonl": "findings.jsonl",
    "html": "report.html",
    "console": "summary.txt",
    "asff": "findings.asff.json",
    "ocsf": "findings.ocsf.jsonl",
    "sarif": "findings.sarif",
    "junit": "junit.xml",
    "github": "annotations.github.txt",
    "markdown": "comment.md",
}


@dataclass(frozen=True, slots=True)
class Output:
    """One report to be written.

    Args:
        form: the name of a renderer.
        path: a file, or `-` for standard output.
    """

    form: str
    path: str


def plan(formats: Iterable[str], output: str | None) -> list[Output]:
    """What to write where.

    Args:
        formats: `FORMAT` or `FORMAT=PATH`, as given with `-f`.
        output: a file, a folder (existing, or ending in a slash) or `-`, as given with `--output`.

    Raises:
        UsageError: an unknown format, several reports for one place, a file whose format cannot be told, or a
            place that cannot be written: better now than after an hour's scan.
    """
    outputs = []
    bare = []
    for word in formats:
        form, _, path = word.partition("=")
        if form not in RENDERERS:
            raise UsageError(
                f"no format is called {form!r}",
                nearest(form, RENDERERS) or f"known are {', '.join(RENDERERS)}",
            )
        if path:
            outputs.append(Output(form, path))
        else:
            bare.append(form)
    outputs += _place(bare, output)
    taken: set[str] = set()
    for item in outputs:
        if item.path in taken:
            where = "standard output" if item.path == _STDOUT else item.path
            raise UsageError(f"two reports would go to {where}", "give each its place: -f json=FILE")
        taken.add(item.path)
        if item.path != _STDOUT:
            _must_be_writable(item.path)
    return outputs


def _must_be_writable(path: str) -> None:
    """Try it, without leaving anything behind."""
    target = Path(path)
    try:
        if target.is_dir():
            raise UsageError(
                f"{path} cannot be written: it is a folder", f"name a file in it, or give it with -o {path}/"
            )
        if not target.exists() or target.is_file():
            folder = next(parent for parent in target.parents if parent.exists())
            with tempfile.TemporaryFile(dir=folder):
                pass
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: str, error: OSError) -> UsageError:
    return UsageError(
        f"{path} cannot be written: {error.strerror or error}", "give another place with -o or -f FORMAT=PATH"
    )


def _place(forms: list[str], output: str | None) -> list[Output]:
    if output is None or output == _STDOUT:
        return [Output(form, _STDOUT) for form in forms]
    if output.endswith(("/", os.sep)) or Path(output).is_dir() or len(forms) > 1:
        return [Output(form, str(Path(output) / _NAMES[form])) for form in forms or ("html", "json")]
    if forms:
        return [Output(forms[0], output)]
    told = [name for name, renderer in RENDERERS.items() if output.endswith(renderer.suffix)]
    if told:
        # `.asff.json` ends in `.json`, too: the longer one says more.
        return [Output(max(told, key=lambda name: len(RENDERERS[name].suffix)), output)]
    if not Path(output).suffix:
        return [Output(form, str(Path(output) / _NAMES[form])) for form in ("html", "json")]
    raise UsageError(f"the format of {output} cannot be told from its name", "say it: -f json")


def write(report: Report, outputs: Iterable[Output]) -> bool:
    """Write every report; files appear whole or not at all.

    Returns:
        True where standard output holds one of them.

    Raises:
        UsageError: a file cannot be written.
    """
    to_stdout = False
    for output in outputs:
        if output.form == "github":
            _to_step_summary(report)
        if output.path == _STDOUT:
            to_stdout = True
            _to_stdout(report, output.form)
            continue
        try:
            _to_file(report, output)
        except OSError as error:
            raise _unwritable(output.path, error) from None
    return to_stdout


def summarise(report: Report, stream: TextIO) -> None:
    """Print the summary that fits one screen."""
    RENDERERS["console"].render(report, stream)


def _to_step_summary(report: Report) -> None:
    """Add the comment to the summary of a GitHub job, where there is one (GITHUB_STEP_SUMMARY)."""
    path = step_summary_from_environment()
    if path is None:
        return
    try:
        with path.open("a", encoding="utf-8", newline="\n") as stream:
            RENDERERS["markdown"].render(report, stream)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}", "see GITHUB_STEP_SUMMARY") from None


def _to_stdout(report: Report, form: str) -> None:
    RENDERERS[form].render(report, sys.stdout)
    sys.stdout.flush()


def _to_file(report: Report, output: Output) -> None:
    path = Path(output.path)
    if path.exists() and not path.is_file():
        # A device or a pipe (/dev/null, /dev/fd/3) is written to; nothing may take its place.
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            RENDERERS[output.form].render(report, stream)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with ExitStack() as undo:
        undo.callback(Path(name).unlink, missing_ok=True)
        with open(handle, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123  a descriptor, not a path
            RENDERERS[output.form].render(report, stream)
        # mkstemp makes the file private; a report is as readable as any file the user makes.
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)


def announce(outputs: Iterable[Output]) -> None:
    """Say on stderr where the files lie."""
    for output in outputs:
        if output.path != _STDOUT:
            click.echo(f"{output.form}: {output.path}", err=True)

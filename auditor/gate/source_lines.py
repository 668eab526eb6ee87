"""The lines of a judged file, with those that hold what nobody may see marked.

Nothing is shown by default: a line is masked where a sensitive member, an environment or hyperparameters begin, go
on or end in it, where a secret is recognised in it, or where its key names one.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.model.sensitive import redact
from auditor.sources.document import is_dockerfile, read_documents, read_text
from auditor.sources.marks import Mark
from reports.code_frame import SourceText

# Members that the model drops at the door, and what tools call them; without case, dashes and underscores.
SENSITIVE = frozenset(
    {
        *("args", "command", "containerarguments", "containerentrypoint", "containerenvironmentvariables", "content"),
        *("data", "env", "environment", "environmentvariables", "hyperparameters", "statichyperparameters"),
        *("pipelinedefinition", "pipelinedefinitionbody"),
        *("stringdata", "studiolifecycleconfigcontent", "userdata"),
    }
)
_LARGEST = 4 * 1024 * 1024
_KEY = re.compile(r"""\s*(?:-\s+)?["']?(?P<key>[A-Za-z_][\w.:/-]{0,80})["']?\s*[:=]""")
_OPENS = re.compile(r"""^\s*["']?(?P<name>[\w-]+)["']?\s*=?\s*(?:jsonencode\(|merge\()?\s*[{\[]""")
# One without an end takes the rest of the line, lest its end be looked for from every quote in it.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?$)')
_PLANS = ("planned_values", "resource_changes", "prior_state")


def source_text(path: Path, shown: str) -> SourceText | None:
    """The lines of a file; None where it cannot be read, is too large, or no person wrote it.

    Args:
        path: the file.
        shown: what reports call it.
    """
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        text = read_text(path, shown)
        lines = tuple(text.splitlines())
        if is_dockerfile(path):
            return SourceText(lines, frozenset(_in_dockerfile(lines)), context=0)
        if path.suffix in (".tf", ".hcl", ".tofu"):
            return SourceText(lines, frozenset(_in_blocks(lines)), context=0)
        documents = read_documents(path, shown)
        if documents and documents[0].form == "json":
            # Text within JSON may hold what separates lines elsewhere; marks count line feeds alone.
            lines = tuple(text.split("\n"))
    except (InputError, OSError):
        return None
    if any(isinstance(one.value, dict) and any(key in one.value for key in _PLANS) for one in documents):
        # A plan holds values that Terraform knows to be sensitive, and was written by a machine.
        return None
    found: dict[int, list[bool]] = {}
    for document in documents:
        _walk(document.value, document.marks(), found)
    return SourceText(lines, frozenset(_masked(lines, found)), context=2)


def _walk(top: Any, marks: Mark, found: dict[int, list[bool]]) -> None:
    """Note in which lines values begin, and whether they are sensitive."""
    seen: set[tuple[int, bool]] = set()
    waiting: list[tuple[Any, Mark, bool]] = [(top, marks, False)]
    while waiting:
        value, mark, hidden = waiting.pop()
        found.setdefault(mark.line, []).append(hidden)
        # What an alias repeats is walked once.
        if mark.inside is None or (id(mark.inside), hidden) in seen:
            continue
        seen.add((id(mark.inside), hidden))
        inner = hidden or _never_echoed(value)
        for key, item in _items(value):
            below = mark.inside.get(key)
            if below is not None:
                waiting.append((item, below, inner or is_sensitive(str(key))))


def _items(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _never_echoed(value: Any) -> bool:
    return isinstance(value, Mapping) and str(value.get("NoEcho", "")).lower() == "true"


def _masked(lines: tuple[str, ...], found: Mapping[int, list[bool]]) -> Iterator[int]:
    hidden = False
    for number, line in enumerate(lines, 1):
        if number in found:
            begins = found[number]
            # What ends in the line that something else begins in may be sensitive, too: JSON on one line.
            hidden = any(begins)
        if hidden or _looks_secret(line):
            yield number


def _in_blocks(lines: tuple[str, ...]) -> Iterator[int]:
    """Sensitive lines of HCL, by counting brackets; strings are taken out first."""
    depth, until = 0, -1
    for number, line in enumerate(lines, 1):
        bare = _STRING.sub('""', line)
        opens = _OPENS.match(line)
        if until < 0 and opens and is_sensitive(opens["name"]):
            until = depth
        key = _KEY.match(line)
        if until >= 0 or _looks_secret(line) or (key and is_sensitive(key["key"])):
            yield number
        depth += sum(bare.count(sign) for sign in "{[(") - sum(bare.count(sign) for sign in "}])")
        if until >= 0 and depth <= until:
            until = -1


def _in_dockerfile(lines: tuple[str, ...]) -> Iterator[int]:
    hidden = goes_on = False
    for number, line in enumerate(lines, 1):
        if not goes_on:
            hidden = line.strip().split(" ", 1)[0].upper() in ("ARG", "ENV")
        if hidden or _looks_secret(line):
            yield number
        goes_on = line.rstrip().endswith("\\") or (goes_on and line.lstrip().startswith("#"))


def _looks_secret(line: str) -> bool:
    key = _KEY.match(line)
    name = key["key"] if key else ""
    rest = line[key.end() :].strip() if key else line
    return bool(redact(line).secrets or redact(rest.strip("\"', "), name).secrets)


def is_sensitive(key: str) -> bool:
    """Whether what stands under a key is never shown."""
    return re.sub(r"[-_]", "", key).lower() in SENSITIVE

"""A document that was given for judgement: what it holds, and in which line each value stands."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

from auditor.errors import InputError
from auditor.sources.jsonfile import json_marks, parse_json
from auditor.sources.marks import MAX_BYTES, Mark

Form = Literal["json", "yaml", "text"]
_YAML_SUFFIXES = frozenset({".yaml", ".yml"})
_ZIP = b"PK\x03\x04"


def _nowhere() -> Mark:
    return Mark(1)


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON or YAML document, or the text of a file that is neither.

    Values that YAML aliases repeat are shared: nobody may change `value` in place.

    Args:
        shown: the file as the user knows it, with forward slashes; what reports and errors name.
        value: plain data: dict, list, str, int, float, bool, None. Of a Dockerfile its text.
        path: where the file is.
        form: json, yaml or text.
        index: 0-based number of the document within its file.
        marks: gives where its values stand; asked only for a line.
    """

    shown: str
    value: Any
    path: Path = Path()
    form: Form = "json"
    index: int = 0
    marks: Callable[[], Mark] = field(default=_nowhere, repr=False, compare=False)

    def line_of(self, path: Sequence[str | int]) -> int:
        """The 1-based line of a value, or of the nearest value around it.

        Args:
            path: keys and 0-based indices from the top of the document.
        """
        return self.marks().line_of(path)

    def wrong(self, message: str, path: Sequence[str | int] = (), remedy: str = "") -> InputError:
        """The error for something at a path of this document."""
        line = self.line_of(path)
        return InputError(message, file=self.shown, line=line, key=shown_path(path), remedy=remedy)


def shown_path(path: Sequence[str | int]) -> str:
    """A path as errors and findings name it: `Resources.Job.Properties.Tags[0].Key`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def read_documents(path: Path, shown: str = "") -> list[Document]:
    """The documents of a file: one of JSON, any number of YAML, the text of a Dockerfile.

    Args:
        path: the file.
        shown: the file as the user knows it; its path where empty.

    Raises:
        InputError: it cannot be read, is too large, empty, not UTF-8, or neither JSON nor YAML, nests too deeply,
            repeats a key, or expands too far; names file, line and remedy.
    """
    shown = shown or path.as_posix()
    text = read_text(path, shown)
    if is_dockerfile(path):
        return [Document(shown, text, path, "text")]
    with _uncollected():
        suffix = path.suffix.lower()
        if suffix == ".json" or (text.lstrip()[:1] in ("{", "[") and suffix not in _YAML_SUFFIXES):
            return [_json(text, path, shown)]
        return _yaml(text, path, shown)


def is_dockerfile(path: Path) -> bool:
    """Whether a file is a Dockerfile by its name: `Dockerfile`, `Dockerfile.train`, `train.dockerfile`."""
    name = path.name.lower()
    head = name.split(".", 1)[0]
    return head in ("dockerfile", "containerfile") or name.endswith((".dockerfile", ".containerfile"))


def read_text(path: Path, shown: str) -> str:
    """The text of a file.

    Raises:
        InputError: it cannot be read, is too large, empty, or not text in UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(error.strerror or "cannot be read", file=shown) from error
    if len(data) > MAX_BYTES:
        raise InputError("too large", file=shown, remedy=f"at most {MAX_BYTES // 1024**2} MiB are read")
    if not data.strip():
        raise InputError("the file is empty", file=shown)
    if data.startswith(_ZIP):
        remedy = "terraform show -json plan > plan.json"
        raise InputError("a zip archive, as `terraform plan -out` writes it, is not read", file=shown, remedy=remedy)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("not text in UTF-8", file=shown, line=line, remedy="save it as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError("it is binary, or not text in UTF-8", file=shown, line=line, remedy="save it as UTF-8")
    return text


@contextmanager
def _uncollected() -> Iterator[None]:
    # A tree grows that holds no cycles: looking for some all the while takes longer than building it.
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _json(text: str, path: Path, shown: str) -> Document:
    value = parse_json(text, shown)
    return Document(shown, value, path, "json", 0, cache(partial(json_marks, text, shown)))


def _yaml(text: str, path: Path, shown: str) -> list[Document]:
    # PyYAML is loaded where there is YAML.
    from auditor.sources.yamlfile import read_yaml  # noqa: PLC0415

    return [
        Document(shown, value, path, "yaml", index, partial(_same, mark))
        for index, (value, mark) in enumerate(read_yaml(text, shown))
        if value is not None
    ]


def _same(mark: Mark) -> Mark:
    return mark

"""Templates of nested stacks, where they lie beside the template that uses them.

`aws cloudformation package` and CDK both let a template name another by a path: the former in TemplateURL, relative
to the template, the latter in the resource's metadata, in the same folder. What lies elsewhere is not read.
Source: AWS CLI reference, "cloudformation package"; CDK's `aws:asset:path`.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.sources.document import Document, read_documents
from auditor.sources.interface import Reference

ASSET = "aws:asset:path"


def document_of(around: Document, url: Any, asset: str) -> Document | None:
    """The template of a nested stack; None where it is not at hand, or cannot be read.

    Args:
        around: the template that uses it.
        url: what is said of where it is, resolved.
        asset: the file that CDK says it is; empty where it says none.
    """
    name = asset or (url if isinstance(url, str) and not isinstance(url, Reference) else "")
    if not name or "://" in name or "\0" in name or not around.path.name:
        return None
    folder = around.path.resolve().parent
    file = Path(folder, name).resolve()
    # A template may come from a stranger: it leads to no file outside of what it is part of.
    if Path(name).is_absolute() or not file.is_relative_to(_root(folder)) or not _is_file(file):
        return None
    return _read(file, _shown(around, folder, file))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A name that no file can have, for its length.
        return False


def _shown(around: Document, folder: Path, file: Path) -> str:
    """What reports call a file beside another, that is itself called as the user knows it."""
    steps = len(folder.parts) - len(_common(folder, file).parts)
    outer = Path(around.shown).parent
    if steps > len(outer.parts) or ".." in outer.parts:
        return file.name
    return Path(*outer.parts[: len(outer.parts) - steps], file.relative_to(_common(folder, file))).as_posix()


def _common(folder: Path, file: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if file.is_relative_to(one))


@lru_cache(maxsize=64)
def _root(folder: Path) -> Path:
    """The repository that a folder is in, or the folder itself."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


@lru_cache(maxsize=8)
def _read(file: Path, shown: str) -> Document | None:
    try:
        (document,) = read_documents(file, shown)
    except (InputError, ValueError):
        # It is told where that file itself is judged.
        return None
    return document

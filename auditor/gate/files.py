"""Which files a gate looks at, and what it calls them."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from auditor.errors import UsageError
from auditor.sources.document import is_dockerfile

_SUFFIXES = frozenset({".json", ".template", ".yaml", ".yml"})
# What belongs to others: packages that were installed, and what tools keep for themselves.
_NOT_WALKED = frozenset({"__pycache__", "node_modules", "site-packages"})
# Folders that hold nothing that anybody deploys, in nearly every project.
_NOBODYS = frozenset({".git", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be judged.

    Args:
        path: where it is.
        shown: what reports call it: relative to its repository, else to the working directory where it is in it.
        named: whether the user named it; a file of a folder may be one of which nothing is known.
        problem: of a folder that cannot be looked into, why.
        left_out: of a folder or a link that is not followed, why.
    """

    path: Path
    shown: str
    named: bool
    problem: str = ""
    left_out: str = ""


def candidates(paths: Iterable[Path], *, skip_others: bool = False) -> Iterator[Candidate]:
    """The files that are named, and of the folders that are named every file that could be of a known kind.

    Hidden folders, links and installed packages are not followed: they come as what is left out. The order is that
    of the paths, and within a folder that of the names; no file comes twice.

    Args:
        paths: files and folders.
        skip_others: whether files that are named are treated as those of a folder are.

    Raises:
        UsageError: a folder holds no such file.
    """
    seen: set[str] = set()
    for path in paths:
        found = False
        closed: list[OSError] = []
        for file, named, left_out in _of(path, closed):
            if left_out:
                yield Candidate(file, shown_as(file), named=False, left_out=left_out)
                continue
            found = True
            key = os.path.abspath(file)  # noqa: PTH100  `resolve` would follow links
            if key not in seen:
                seen.add(key)
                yield Candidate(file, shown_as(file), named and not skip_others)
        for error in closed:
            folder = Path(error.filename)
            yield Candidate(folder, shown_as(folder), folder == path, error.strerror or "it cannot be looked into")
        if not found and not closed:
            kinds = ", ".join(sorted(_SUFFIXES))
            raise UsageError(f"{path} holds no file that could be judged", f"{kinds} and Dockerfiles are")


def _of(path: Path, closed: list[OSError]) -> Iterator[tuple[Path, bool, str]]:
    if not path.is_dir():
        yield path, True, ""
        return
    for top, folders, names in os.walk(path, onerror=closed.append):
        folders.sort()
        whys = {name: _why_not(Path(top, name)) for name in folders}
        for name, why in whys.items():
            if why and name not in _NOBODYS:
                yield Path(top, name), False, why
        folders[:] = [name for name in folders if not whys[name]]
        for name in sorted(names):
            file = Path(top, name)
            if file.suffix.lower() not in _SUFFIXES and not is_dockerfile(file):
                continue
            if name.startswith(".") or file.is_symlink():
                yield file, False, "a link" if file.is_symlink() else "a hidden file"
            elif file.is_file():
                yield file, False, ""


def _why_not(folder: Path) -> str:
    """Why a folder is not looked into; empty where it is."""
    if folder.is_symlink():
        return "a link"
    if folder.name.startswith("."):
        return "a hidden folder"
    if folder.name in _NOT_WALKED:
        from auditor.gate.changes import Repository  # noqa: PLC0415  git is asked where there is such a folder

        # What git keeps is no installed package, whatever it is made to look like.
        return "" if Repository.tracks(folder) else "installed packages"
    return ""


def shown_as(path: Path) -> str:
    """What reports call a file, so that its findings have the same ids however the file was named."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100  `resolve` would follow links
    root = _repository(whole.parent) or Path.cwd()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.as_posix()


@cache
def _repository(folder: Path) -> Path | None:
    if (folder / ".git").exists():
        return folder
    return None if folder.parent == folder else _repository(folder.parent)

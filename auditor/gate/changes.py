"""What git knows of a change: which files it touches, and what stood in them before.

The repository may belong to whoever wrote what is audited. A name of a ref is only ever given after
`--end-of-options` and turned into an id at once; hooks, pagers, file watchers, external diff tools and text
converters, which a repository's own configuration could name, are off.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from auditor.errors import UsageError

_SECONDS = 120
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SAFE = (
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.quotePath=false"),
    *("-c", "core.untrackedCache=false", "-c", "submodule.recurse=false", "-c", "diff.ignoreSubmodules=all"),
)
# What would send git to another repository, or run a program.
_UNSET = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_EXTERNAL_DIFF", "GIT_PAGER"),
    *("GIT_PREFIX", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"),
)


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository that a folder lies in.

    Args:
        top: its uppermost folder.
    """

    top: Path

    @classmethod
    def around(cls, folder: Path) -> "Repository":
        """The repository around a folder.

        Raises:
            UsageError: there is none, or git is not installed.
        """
        found = _git(folder, "rev-parse", "--show-toplevel")
        if found.returncode:
            raise UsageError(f"{folder} is in no git repository", _said(found))
        return cls(Path(os.fsdecode(found.stdout.rstrip(b"\n"))))

    def commit(self, ref: str) -> str:
        """The id of the commit that a ref names.

        Raises:
            UsageError: it names none here.
        """
        found = _git(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        commit = found.stdout.decode("ascii", "replace").strip()
        if found.returncode or not _ID.fullmatch(commit):
            raise UsageError(f"{ref!r} names no commit here", "fetch it first: a shallow clone holds only the newest")
        return commit

    def changed_since(self, ref: str) -> frozenset[str]:
        """Files that differ from where the change left a ref, and those that are new; relative to the top.

        Where ref and HEAD have no commit in common (a shallow clone), the ref itself is compared with.

        Raises:
            UsageError: the ref names no commit here, or git cannot tell.
        """
        commit = self.commit(ref)
        base = _git(self.top, "merge-base", commit, "HEAD").stdout.decode("ascii", "replace").strip()
        start = base if _ID.fullmatch(base) else commit
        options = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv")
        differing = self._names("diff", *options, start, "--")
        return differing | self._names("ls-files", "-z", "--others", "--exclude-standard")

    def tracked(self) -> frozenset[str]:
        """Files that git keeps, relative to the top."""
        return self._names("ls-files", "-z")

    def holds(self, path: Path) -> str | None:
        """A path relative to the top; None where it is outside."""
        whole = Path(os.path.abspath(path))  # noqa: PTH100  `resolve` would follow links
        for top in (self.top, Path(os.path.realpath(self.top))):
            if whole.is_relative_to(top):
                return whole.relative_to(top).as_posix()
        return None

    def another_within(self, path: str) -> bool:
        """Whether a path leads into a repository of its own within this one, such as a submodule."""
        folders = PurePosixPath(path).parents
        return any((self.top / folder / ".git").exists() for folder in folders if folder.name)

    @staticmethod
    def tracks(folder: Path) -> bool:
        """Whether git keeps anything of a folder; not so where there is no repository, or no git."""
        try:
            found = _git(folder, "ls-files", "-z", "--", ".")
        except UsageError:
            return False
        return not found.returncode and bool(found.stdout)

    def keeps(self, path: Path) -> bool:
        """Whether a path leads to a plain file inside, over no link that leads out."""
        real = Path(os.path.realpath(path))
        return self.holds(path) is not None and real.is_file() and real.is_relative_to(os.path.realpath(self.top))

    def text_at(self, commit: str, path: str) -> bytes | None:
        """What a file held in a commit; None where it held no such file.

        Args:
            commit: an id, as `commit` gives it.
            path: relative to the top.
        """
        found = _git(self.top, "cat-file", "blob", f"{commit}:{path}")
        return None if found.returncode else found.stdout

    @contextmanager
    def file_at(self, commit: str, path: str) -> Iterator[Path | None]:
        """A copy of what a file held in a commit, for as long as it is needed; None where there was none."""
        text = self.text_at(commit, path)
        if text is None:
            yield None
            return
        with tempfile.TemporaryDirectory(prefix="sagemaker-auditor-") as folder:
            copy = Path(folder, Path(path).name)
            copy.write_bytes(text)
            yield copy

    def _names(self, *words: str) -> frozenset[str]:
        found = _git(self.top, *words)
        if found.returncode:
            raise UsageError("git cannot tell what changed", _said(found))
        return frozenset(os.fsdecode(name) for name in found.stdout.split(b"\0") if name)


def _git(folder: Path, *words: str) -> "subprocess.CompletedProcess[bytes]":
    environment = {key: value for key, value in os.environ.items() if key not in _UNSET}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(  # noqa: S603  no shell; what a stranger wrote stands behind --end-of-options
            ["git", "--no-pager", *_SAFE, "-C", str(folder), *words],  # noqa: S607  as the user's PATH has it
            env=environment,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
    except OSError as error:
        raise UsageError(f"git cannot be run: {error.strerror or error}", "install git") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git did not answer within {_SECONDS} s") from None


def _said(found: "subprocess.CompletedProcess[bytes]") -> str:
    text = found.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
    return "".join(char if char.isprintable() else "?" for char in text)

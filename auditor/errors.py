"""What can go wrong for the person who runs the auditor, and the exit code it leads to."""

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes; of several that hold, USAGE goes before INCOMPLETE before FAILED."""

    CLEAN = 0
    FAILED = 1
    USAGE = 2
    INCOMPLETE = 3


class AuditError(Exception):
    """Base of every error that is explained to the user instead of shown as a traceback.

    Args:
        message: what is wrong, naming the file, line and key where there are any.
        remedy: what to do about it.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} ({self.remedy})" if self.remedy else self.message


class UsageError(AuditError):
    """A flag, an identifier or an option value that does not exist or does not fit."""


class ConfigError(AuditError):
    """A configuration file that cannot be used."""


class InputError(AuditError):
    """A file given for judgement, or a saved report or snapshot, that cannot be read.

    Args:
        message: what is wrong.
        file: the file as the user spelled it.
        line: 1-based, 0 where it has none.
        key: the key within the file.
        remedy: what to do about it.
    """

    def __init__(self, message: str, *, file: str = "", line: int = 0, key: str = "", remedy: str = "") -> None:
        place = f"{file}:{line}" if line else file
        where = ": ".join(part for part in (place, key) if part)
        super().__init__(f"{where}: {message}" if where else message, remedy)
        self.file = file
        self.line = line
        self.key = key


_LONGEST_NAME = 300


class CredentialsError(AuditError):
    """No usable AWS credentials, or a role that cannot be assumed."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the nearest valid name, or an empty string."""
    import difflib  # noqa: PLC0415  only on the way to an error

    # The comparison takes as long as the two lengths multiplied, and a stranger may have written both.
    if len(word) > _LONGEST_NAME:
        return ""
    by_lower = {name.lower(): name for name in known if len(name) <= _LONGEST_NAME}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.5)
    return f"did you mean {by_lower[close[0]]!r}?" if close else ""

"""The settings of a run, from a TOML file; and the environment variables that the auditor itself reads."""

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from auditor.errors import ConfigError
from auditor.model.verdict import Severity

_UNITS = {"d": "days", "h": "hours", "w": "weeks"}
# No account is as old; and times before year 1 do not exist.
_LONGEST = timedelta(days=36_500)
_MEANT = re.compile(r"(\d{1,4})\s*(mo|mi|[a-z])?[a-z]*")
_DAYS_IN = {"d": 1, "w": 7, "mo": 30, "y": 365}
_STATE_FILE = Path("sagemaker-auditor") / "state.sqlite"


def parse_window(text: str) -> timedelta | None:
    """A span such as `30d`, `12h` or `4w`; None for `all`.

    Raises:
        ValueError: the text is neither.
    """
    if text == "all":
        return None
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isascii() or not number.isdigit() or int(number[-9:]) == 0:
        raise ValueError(f"{text!r} is not a span such as 30d, 12h or 4w, nor 'all'{_nearest_span(text)}")
    try:
        span = timedelta(**{_UNITS[unit]: int(number)})
    except (OverflowError, ValueError):
        span = timedelta.max
    if span > _LONGEST:
        raise ValueError(f"{text!r} is longer than AWS exists; 'all' reads every job")
    return span


def _nearest_span(text: str) -> str:
    word = text.strip().casefold()
    found = _MEANT.fullmatch(word)
    if found is None or not int(found[1]):
        return "; did you mean 'all'?" if word and "all".startswith(word[:2]) else ""
    number, unit = int(found[1]), found[2] or "d"
    if unit == "h":
        return f"; did you mean '{number}h'?"
    if unit == "mi":
        return "; the shortest is '1h'"
    return f"; did you mean '{number * _DAYS_IN.get(unit, 1)}d'?"


def _severity(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _window(value: Any) -> Any:
    if isinstance(value, str):
        parse_window(value)
    return value


class AuditConfig(BaseModel):
    """What shapes a run. Every key may stand in the configuration file; flags go before it.

    Args:
        select, ignore: rule ids, tags, severities, concerns or frameworks.
        fail_on: the lowest severity of a failed finding that gives exit code 1.
        include_historical: whether findings on ended jobs count for `fail_on`.
        regions: regions to scan, or `all`; empty for the session's own.
        jobs_since: how far back ended jobs are read (`30d`, `all`).
        quota_share: share of each API quota that the auditor takes, above 0 to 1.
        region_deadline: seconds after which a region is left as it is.
        state: path of the state store; empty for the default place.
        use_state: False to keep and use none.
        rules: modules or files with rules of the user's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: Annotated[Severity, BeforeValidator(_severity)] = Severity.LOW
    include_historical: bool = False
    regions: tuple[str, ...] = ()
    jobs_since: Annotated[str, BeforeValidator(_window)] = "30d"
    quota_share: float = Field(default=0.5, gt=0, le=1)
    region_deadline: float = Field(default=3600, gt=0)
    state: Annotated[str, PlainSerializer(str)] = ""
    use_state: bool = True
    rules: tuple[str, ...] = ()

    @property
    def window(self) -> timedelta | None:
        """`jobs_since` as a span; None for all."""
        return parse_window(self.jobs_since)

    @property
    def state_path(self) -> Path | None:
        """Where the state store lies, or None where none is used."""
        if not self.use_state:
            return None
        return Path(self.state) if self.state else default_state_path()


def load(path: Path | None, overrides: dict[str, Any]) -> AuditConfig:
    """The configuration of a file, with what the flags say before it.

    Nothing is picked up from the working directory by itself: it may belong to whoever wrote what is audited.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or holds a key or value that does not fit.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror or error}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: not TOML: {error}") from None
    try:
        return AuditConfig.model_validate({**values, **overrides})
    except ValidationError as error:
        raise ConfigError(_explain(path, error, overrides)) from None


def default_state_path() -> Path:
    """Under XDG_STATE_HOME, or ~/.local/state (XDG Base Directory Specification)."""
    home = os.environ.get("XDG_STATE_HOME", "")
    return (Path(home) if home else Path.home() / ".local" / "state") / _STATE_FILE


def config_from_environment() -> Path | None:
    """The configuration file that SAGEMAKER_AUDITOR_CONFIG names, if any."""
    name = os.environ.get("SAGEMAKER_AUDITOR_CONFIG", "")
    return Path(name) if name else None


def step_summary_from_environment() -> Path | None:
    """The file that GitHub shows as the summary of a job, if a workflow runs."""
    name = os.environ.get("GITHUB_STEP_SUMMARY", "")
    return Path(name) if name else None


def _explain(path: Path | None, error: ValidationError, flags: Mapping[str, Any]) -> str:
    parts = []
    for problem in error.errors(include_url=False, include_input=False):
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            said = f"unknown key {key!r}; {_nearest_key(key)}"
        else:
            name = f"--{key.replace('_', '-')}" if key in flags else key
            said = f"{name}: {problem['msg'].removeprefix('Value error, ')}"
        parts.append(f"{path}: {said}" if path and key not in flags else said)
    return "; ".join(parts)


def _nearest_key(key: str) -> str:
    import difflib  # noqa: PLC0415  only on the way to an error

    close = difflib.get_close_matches(key, AuditConfig.model_fields, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(AuditConfig.model_fields)}"

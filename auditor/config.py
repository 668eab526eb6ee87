"""The settings of a run, from a TOML file; and the environment variables that the auditor itself reads."""

import os
import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from auditor.errors import ConfigError, nearest
from auditor.model.verdict import Severity

_UNITS = {"d": "days", "h": "hours", "w": "weeks"}
# No account is as old; and times before year 1 do not exist.
_LONGEST = timedelta(days=36_500)
_MEANT = re.compile(r"(\d{1,4})\s*(mo|mi|[a-z])?[a-z]*")
_DAYS_IN = {"d": 1, "w": 7, "mo": 30, "y": 365}
OWN_FILE = "sagemaker-auditor.toml"
PROJECT_FILE = "pyproject.toml"
TABLE = "sagemaker-auditor"
# The line of an error is looked for by reading the file again, in parts; a stranger may have written it.
_MOST_SEARCHED = 100_000
_MOST_READS = 200
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


AnySeverity = Annotated[Severity, BeforeValidator(_severity)]
# Rule id to parameter to value. Which there are, and what fits, only the catalog knows.
Parameters = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ConfigText:
    """The text that settings come from, to find the lines in it; settings that mean the same are equal.

    Args:
        text: TOML, or empty.
        path: what the file is called; None where there is none.
        above: the keys of the table that the settings stand in.
    """

    text: str = field(default="", compare=False, repr=False)
    path: Path | None = field(default=None, compare=False)
    above: tuple[str, ...] = field(default=(), compare=False)

    def place(self, keys: Sequence[str]) -> str:
        """`file:line`, or what of it is known, of a key of the settings."""
        if self.path is None:
            return ""
        line = line_of(self.text, (*self.above, *keys))
        return f"{self.path}:{line}" if line else str(self.path)


def _window(value: Any) -> Any:
    if isinstance(value, str):
        parse_window(value)
    return value


class Profile(BaseModel):
    """What differs for some of what is judged: a sandbox, or production.

    Args:
        paths: files it is for; `*` and `?` stand for anything, slashes included.
        tags: tags of the resources it is for; every one of them must be there; `*` and `?` as in `paths`.
        ignore: rule ids, tags, severities, concerns or frameworks that do not count there.
        severity: rule id to the severity that it has there.
        rule: rule id to its parameters there, over those of the whole.
        fail_on: the lowest severity of a failed finding that gives exit code 1; None for that of the whole.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    paths: tuple[str, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    severity: dict[str, AnySeverity] = Field(default_factory=dict)
    rule: Parameters = Field(default_factory=dict)
    fail_on: AnySeverity | None = None

    @model_validator(mode="after")
    def _is_for_something(self) -> "Profile":
        if not self.paths and not self.tags:
            raise ValueError("a profile needs paths or tags that say what it is for")
        return self


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
        waivers: path of the file with waivers, relative to the working directory; empty for none.
        severity: rule id to the severity that it has here.
        rule: rule id to its parameters here.
        profiles: what differs for some files or tagged resources; of several that fit the first counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: AnySeverity = Severity.LOW
    include_historical: bool = False
    regions: tuple[str, ...] = ()
    jobs_since: Annotated[str, BeforeValidator(_window)] = "30d"
    quota_share: float = Field(default=0.5, gt=0, le=1)
    region_deadline: float = Field(default=3600, gt=0)
    state: Annotated[str, PlainSerializer(str)] = ""
    use_state: bool = True
    rules: tuple[str, ...] = ()
    waivers: str = ""
    severity: dict[str, AnySeverity] = Field(default_factory=dict)
    rule: Parameters = Field(default_factory=dict)
    profiles: dict[str, Profile] = Field(default_factory=dict)
    _source: ConfigText = PrivateAttr(default_factory=ConfigText)

    def error(self, keys: Sequence[str], message: str, remedy: str = "") -> ConfigError:
        """An error that names file, line and key.

        Args:
            keys: the way to the key, as the file nests it.
            message: what is wrong.
            remedy: what to do about it.
        """
        place = self._source.place(keys)
        return ConfigError(": ".join(part for part in (place, ".".join(keys), message) if part), remedy)

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

    Nothing is picked up from the working directory here: see `found_in`.

    Args:
        path: a file of TOML; of one called pyproject.toml, what stands under `[tool.sagemaker-auditor]`.
        overrides: what the flags say, by key.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or holds a key or value that does not fit.
    """
    text = None
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror or error}") from None
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: not TOML: {error}") from None
    return loads(text, path, overrides)


def loads(text: str | None, path: Path | None, overrides: dict[str, Any]) -> AuditConfig:
    """The configuration that a text holds; see `load`.

    Args:
        text: TOML; None for none.
        path: what the file is called, which tells its layout and stands in errors.
        overrides: what the flags say, by key.
    """
    values: dict[str, Any] = {}
    source = ConfigText()
    if text is not None:
        try:
            values = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise ConfigError(f"{path}: not TOML: {error}") from None
        source = ConfigText(text, path)
        if path is not None and path.name == PROJECT_FILE:
            values = _own_table(values, path)
            source = ConfigText(text, path, ("tool", TABLE))
    try:
        settings = AuditConfig.model_validate({**values, **overrides})
    except ValidationError as error:
        raise ConfigError(_explain(source, error, overrides)) from None
    settings._source = source  # noqa: SLF001  its own module; a frozen model takes private attributes only
    return settings


def line_of(text: str, keys: Sequence[str]) -> int:
    """The line, counted from 1, on which the statement stands that first names a key; 0 where none does.

    Args:
        text: TOML.
        keys: the way to the key, as tables nest it.
    """
    if len(text) > _MOST_SEARCHED:
        return 0
    lines = text.splitlines(keepends=True)
    reads = iter(range(_MOST_READS))

    def named_by(end: int) -> bool:
        """Whether so many lines, and those that end the statement that they end in, name the key."""
        for whole, _ in zip(range(end, len(lines) + 1), reads, strict=False):
            with suppress(tomllib.TOMLDecodeError, RecursionError):
                return _names(tomllib.loads("".join(lines[:whole])), keys)
        return False

    line = bisect_left(range(len(lines) + 1), True, key=named_by)
    return line if line <= len(lines) and next(reads, None) is not None else 0


def _names(values: Any, keys: Sequence[str]) -> bool:
    for key in keys:
        if not isinstance(values, dict) or key not in values:
            return False
        values = values[key]
    return True


def found_in(folder: Path) -> Path | None:
    """The configuration file of a folder: `sagemaker-auditor.toml`, else a pyproject.toml that has our table."""
    own = folder / OWN_FILE
    if own.is_file():
        return own
    project = folder / PROJECT_FILE
    try:
        has_table = TABLE in tomllib.loads(project.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, TypeError, AttributeError):
        # Somebody else's file, and nobody named it: whoever uses it will hear of it.
        return None
    return project if has_table else None


def _own_table(values: dict[str, Any], path: Path) -> dict[str, Any]:
    tools = values.get("tool", {})
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: there is no table [tool.{TABLE}]", f"name a file such as {OWN_FILE}")
    return table


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


def _explain(source: ConfigText, error: ValidationError, flags: Mapping[str, Any]) -> str:
    parts = []
    for problem in error.errors(include_url=False, include_input=False):
        where = problem["loc"]
        key = ".".join(str(part) for part in where)
        flag = bool(where) and where[0] in flags
        if problem["type"] == "extra_forbidden":
            inside = Profile if len(where) > 1 else AuditConfig
            said = f"unknown key {key!r}; {_nearest_key(str(where[-1]), inside.model_fields)}"
        else:
            name = f"--{key.replace('_', '-')}" if flag else key
            said = f"{name}: {problem['msg'].removeprefix('Value error, ')}"
            if where[:1] == ("rules",) and problem["type"] == "tuple_type":
                said += "; it names files of your own rules, and parameters of a rule stand under [rule.ID]"
        place = "" if flag else source.place([str(part) for part in where if not isinstance(part, int)])
        parts.append(f"{place}: {said}" if place else said)
    return "; ".join(parts)


def _nearest_key(key: str, known: Iterable[str]) -> str:
    return nearest(key, known) or f"known are {', '.join(known)}"

"""Configuration and waivers of a gate: where they come from, and what a change under review altered in them."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from auditor.catalog import Catalog
from auditor.config import AuditConfig, found_in, load, loads
from auditor.errors import AuditError, ConfigError, UsageError
from auditor.gate.changes import Repository
from auditor.scan.policy import read_waivers
from auditor.waivers import Waiver


@dataclass(frozen=True, slots=True)
class Settings:
    """What steers a run.

    Args:
        audit: the configuration in force.
        source: the file it came from; None for the defaults.
        base: where it was taken from, if not from the working tree.
    """

    audit: AuditConfig
    source: Path | None = None
    base: "Base | None" = None


@dataclass(frozen=True, slots=True)
class Base:
    """A state of the repository before the change under review.

    Args:
        repository: the repository.
        ref: as the user named it.
        commit: its id.
    """

    repository: Repository
    ref: str
    commit: str

    @classmethod
    def of(cls, ref: str, folder: Path) -> "Base":
        """The state that a ref names, in the repository around a folder."""
        repository = Repository.around(folder)
        return cls(repository, ref, repository.commit(ref))

    @contextmanager
    def copy_of(self, path: Path) -> Iterator[Path | None]:
        """What a file was at the base; the file itself where it lies outside the repository or git has never kept it.

        Yields:
            None where only the change under review holds it.

        Raises:
            UsageError: it lies in a repository within this one, which the change may move to any state.
        """
        inside = self.repository.holds(path)
        if inside is not None and self.repository.another_within(inside):
            raise UsageError(f"{path} lies in a submodule, of which {self.ref} does not tell", "name a file beside it")
        if inside is None or not (inside in self.repository.tracked() or self._held(inside)):
            yield path
            return
        with self.repository.file_at(self.commit, inside) as copy:
            yield copy

    def _held(self, inside: str) -> bool:
        return self.repository.text_at(self.commit, inside) is not None

    def altered(self, path: Path) -> bool:
        """Whether the change under review alters a file of the repository, adds it or takes it away."""
        with self.copy_of(path) as copy:
            if copy == path:
                return False
            return copy is None or not self.repository.keeps(path) or path.read_bytes() != copy.read_bytes()


def settings_of(named: Path | None, overrides: dict[str, Any], base: Base | None, folder: Path) -> Settings:
    """The configuration in force.

    Without a name, that of the working directory is taken: never one of a folder that is judged.

    Args:
        named: the file that the user named.
        overrides: what the flags say.
        base: where to take it from instead of the working tree.
        folder: the working directory.

    Raises:
        ConfigError: it cannot be used; or one that nobody named asks for code to be run.
    """
    if base is None:
        source = named or found_in(folder)
        audit = load(source, overrides)
    else:
        source, audit = _at_base(named, overrides, base, folder)
    if audit.rules and not overrides.get("rules") and named is None:
        raise ConfigError(
            f"{source}: rules: rules of your own are imported only where a configuration is named",
            f"--config {source}, or --rules",
        )
    return Settings(audit, source, base)


def _at_base(
    named: Path | None, overrides: dict[str, Any], base: Base, folder: Path
) -> tuple[Path | None, AuditConfig]:
    candidates = [named] if named is not None else [folder / "sagemaker-auditor.toml", folder / "pyproject.toml"]
    for candidate in candidates:
        inside = base.repository.holds(candidate)
        if inside is None:
            # It lies outside the repository, where the change under review does not reach.
            return candidate, load(candidate, overrides)
        with base.repository.file_at(base.commit, inside) as copy:
            if copy is None or (named is None and found_in(copy.parent) is None):
                continue
            try:
                text = copy.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                raise ConfigError(f"{base.ref}:{inside}: not TOML: {error}") from None
            return candidate, loads(text, Path(f"{base.ref}:{inside}"), overrides)
    if named is not None:
        raise ConfigError(f"{base.ref} holds no {named}", "name a file that it holds, or none")
    return None, load(None, overrides)


def waivers_of(named: Path | None, settings: Settings, catalog: Catalog, today: date) -> tuple[Waiver, ...] | None:
    """The waivers in force; None where there is no such file.

    Args:
        named: the file that the user named, before the one of the configuration.
        settings: the configuration in force.
        catalog: every rule there is.
        today: the day of the run, in UTC.

    Raises:
        auditor.errors.InputError: the file cannot be read, or is not what it should be.
    """
    path = named or (Path(settings.audit.waivers) if settings.audit.waivers else None)
    if path is None:
        return None
    base = settings.base
    inside = base.repository.holds(path) if base is not None else None
    if base is None or inside is None:
        return read_waivers(path, path.as_posix(), catalog, today)
    with base.repository.file_at(base.commit, inside) as copy:
        return None if copy is None else read_waivers(copy, f"{base.ref}:{inside}", catalog, today)


def altered(
    named: tuple[Path | None, Path | None, Path | None],
    settings: Settings,
    waivers: Iterable[Waiver],
    catalog: Catalog,
    today: date,
) -> tuple[str, ...]:
    """What the change under review would alter in configuration and waivers, one sentence each.

    Args:
        named: the files that the user named for configuration, waivers and baseline.
        settings: the configuration in force, from the base.
        waivers: those in force, from the base.
        catalog: every rule there is.
        today: the day of the run, in UTC.
    """
    base = settings.base
    if base is None:
        return ()
    files = [*map(Path, filter(_is_file, settings.audit.rules)), *filter(None, named[2:])]
    sentences = [f"{path}: the change alters it; what the base holds counts" for path in files if base.altered(path)]
    folder = Path.cwd()
    source = named[0] or found_in(folder)
    try:
        theirs = Settings(load(_readable(source, base, source), {}), source)
        ours = settings_of(named[0], {}, base, folder).audit
        sentences += [f"configuration: {words}" for words in _differences(ours, theirs.audit)]
    except AuditError as error:
        return (*sentences, f"configuration: it cannot be used any more: {error}")
    try:
        chosen = named[1] or _path(settings.audit.waivers)
        file = _readable(named[1] or _path(theirs.audit.waivers), base, chosen)
        changed = waivers_of(file, theirs, catalog, today) if file is not None else None
    except AuditError as error:
        return (*sentences, f"waivers: they cannot be used any more: {error}")
    return (*sentences, *(f"waivers: {words}" for words in _waiver_differences(tuple(waivers), changed or ())))


def _path(named: str) -> Path | None:
    return Path(named) if named else None


def _readable(path: Path | None, base: Base, chosen: Path | None) -> Path | None:
    """A file that the change under review may point to: what lies outside is none of its business to have shown.

    Args:
        path: None, or a file that need not be there.
        base: the state before the change.
        chosen: what the user or the base names: it may lie outside.
    """
    if path is None or not os.path.lexists(path):
        return None
    outside = base.repository.holds(path) is None
    if not (base.repository.keeps(path) or (outside and path == chosen)):
        raise ConfigError(f"{path}: it is no file of the repository, and was not read", "name a file inside it")
    return path


def _is_file(own: str) -> bool:
    return own.endswith(".py")


def _differences(ours: AuditConfig, theirs: AuditConfig) -> Iterator[str]:
    before, after = (dict(_leaves(one.model_dump(mode="json"), "")) for one in (ours, theirs))
    for key in dict.fromkeys((*before, *after)):
        was, becomes = (repr(one[key]) if key in one else "not set" for one in (before, after))
        if was != becomes:
            yield f"{key} was {was} and becomes {becomes}"


def _leaves(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    """Every setting with its whole key, those in tables included."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _waiver_differences(ours: tuple[Waiver, ...], theirs: tuple[Waiver, ...]) -> Iterator[str]:
    before = {(one.rule, one.resource): one for one in ours}
    after = {(one.rule, one.resource): one for one in theirs}
    for key in sorted(before.keys() | after.keys()):
        words = f"{key[0]} on {key[1]}"
        if key not in before:
            yield f"one is added: {words}, until {after[key].expires.isoformat()}"
        elif key not in after:
            yield f"one is removed: {words}"
        elif before[key] != after[key]:
            yield f"one is changed: {words}, until {after[key].expires.isoformat()}"

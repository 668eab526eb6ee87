"""What an organisation decides about findings: severities, profiles, waivers; and how a run ends by it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from auditor.catalog import Catalog
from auditor.config import AuditConfig, Profile
from auditor.errors import ExitCode, InputError, UsageError
from auditor.model.coverage import Report
from auditor.model.finding import Finding
from auditor.model.review import Review
from auditor.model.verdict import Severity, Status
from auditor.scan.tuning import told, tuned
from auditor.sources.document import read_documents
from auditor.waivers import Waiver, Waivers, matches, parse


def configured(catalog: Catalog, settings: AuditConfig) -> Catalog:
    """The selected rules, with the severities and parameters that they have here.

    Args:
        catalog: every rule there is.
        settings: what is selected, ignored and overridden.

    Raises:
        UsageError: a word does not exist.
        ConfigError: a rule or a parameter does not exist, or a value does not fit.
    """
    _must_exist(catalog, settings, settings.severity, ("severity",))
    chosen = tuned(catalog, settings).select(settings.select, settings.ignore)
    own = settings.severity
    return Catalog(replace(rule, severity=own[rule.id]) if rule.id in own else rule for rule in chosen)


def read_waivers(path: Path, shown: str, catalog: Catalog, today: date) -> tuple[Waiver, ...]:
    """The waivers of a file.

    Args:
        path: the file.
        shown: what errors call it.
        catalog: every rule there is, selected or not.
        today: the day of the run, in UTC.

    Raises:
        InputError: the file cannot be read, or is not what it should be; names file, line and remedy.
    """
    documents = read_documents(path, shown)
    if len(documents) != 1:
        raise InputError(f"it holds {len(documents)} documents", file=shown, remedy="write one")
    return parse(documents[0], (rule.id for rule in catalog), today)


@dataclass(slots=True)
class _Chosen:
    """A profile with its words looked up."""

    profile: Profile
    ignored: frozenset[str]

    def fits(self, finding: Finding) -> bool | None:
        """Whether a finding is one of those that the profile is for; None where tags decide that were not observed."""
        paths, tags = self.profile.paths, self.profile.tags
        if paths and (finding.location is None or not any(matches(path, finding.location.file) for path in paths)):
            return False
        own = finding.resource.tags
        if tags and own is None:
            return None
        return all(own is not None and key in own and matches(value, own[key]) for key, value in tags.items())

    def severity_of(self, finding: Finding) -> Severity:
        """The severity that a finding has in it."""
        return self.profile.severity.get(finding.rule, finding.severity)


@dataclass(slots=True)
class Policy:
    """What happens to each finding of a run before it counts.

    Args:
        settings: the configuration in force.
        profiles: those of the configuration, by name.
        waivers: those in the run.
        known: ids of findings that an earlier report holds.
        keeps: whether a finding is to be in the report at all.
        review: what the report says of where all this came from.
        parameters: what the report says of parameters that are not the rules' own.
    """

    settings: AuditConfig
    profiles: Mapping[str, _Chosen] = field(default_factory=dict)
    waivers: Waivers | None = None
    known: frozenset[str] = frozenset()
    keeps: Callable[[Finding], bool] | None = None
    review: Review = field(default_factory=Review)
    parameters: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: AuditConfig, catalog: Catalog, waivers: Waivers | None = None) -> "Policy":
        """The policy of a configuration.

        Args:
            settings: the configuration.
            catalog: every rule there is.
            waivers: those in the run.

        Raises:
            ConfigError: a profile names a rule that does not exist, or a parameter does not exist or fit.
        """
        profiles = {}
        for name, profile in settings.profiles.items():
            _must_exist(catalog, settings, profile.severity, ("profiles", name, "severity"))
            try:
                ignored = catalog.select(profile.ignore) if profile.ignore else ()
            except UsageError as error:
                raise settings.error(("profiles", name, "ignore"), error.message, error.remedy) from None
            profiles[name] = _Chosen(profile, frozenset(rule.id for rule in ignored))
        tuned(catalog, settings)
        return cls(settings, profiles, waivers, parameters=told(catalog, settings))

    def adjust(self, finding: Finding) -> Finding | None:
        """What counts in the place of a finding; None where nothing does."""
        if self.keeps is not None and not self.keeps(finding):
            return None
        if self.profiles:
            possible = self._profiles_of(finding)
            if all(chosen is not None and finding.rule in chosen.ignored for chosen in possible):
                return None
            severities = (finding.severity if chosen is None else chosen.severity_of(finding) for chosen in possible)
            finding.severity = max(severities, key=lambda severity: severity.rank)
        if self.waivers is not None:
            self.waivers.mark(finding)
        finding.known = finding.status is Status.FAILED and finding.id in self.known
        return finding

    def complete(self, report: Report) -> Report:
        """A report with what became of the waivers, and with where they came from."""
        uses = self.waivers.uses(report.findings) if self.waivers is not None else ()
        return replace(report, waivers=uses, review=replace(self.review, parameters=self.parameters))

    def exit_code(self, code: ExitCode, report: Report, *, historical: bool = False) -> ExitCode:
        """How a run ends.

        Args:
            code: how it ended if every failed finding counted alike.
            report: the report of the run; its findings are read where that makes a difference.
            historical: whether findings on ended jobs count.
        """
        if code not in (ExitCode.CLEAN, ExitCode.FAILED) or not self._differs():
            return code
        counting = (finding for finding in report.findings if finding.counts or historical)
        return ExitCode.FAILED if any(map(self._fails, counting)) else ExitCode.CLEAN

    def _differs(self) -> bool:
        return bool(self.known) or any(chosen.profile.fail_on for chosen in self.profiles.values())

    def _fails(self, finding: Finding) -> bool:
        if finding.status is not Status.FAILED or finding.waiver is not None or finding.known:
            return False
        return finding.severity.rank >= self._threshold(finding).rank

    def _threshold(self, finding: Finding) -> Severity:
        own = (chosen.profile.fail_on if chosen is not None else None for chosen in self._profiles_of(finding))
        return min((one or self.settings.fail_on for one in own), key=lambda severity: severity.rank)

    def _profiles_of(self, finding: Finding) -> list[_Chosen | None]:
        """The profile of a finding, or none; several where tags decide that were not observed: the strictest counts."""
        possible: list[_Chosen | None] = []
        for chosen in self.profiles.values():
            fits = chosen.fits(finding)
            if fits is not False:
                possible.append(chosen)
            if fits:
                return possible
        return [*possible, None]


def _must_exist(catalog: Catalog, settings: AuditConfig, rules: Iterable[str], way: tuple[str, ...]) -> None:
    for rule in rules:
        try:
            catalog.get(rule)
        except UsageError as error:
            raise settings.error((*way, rule), error.message, error.remedy) from None

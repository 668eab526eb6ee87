"""What steers a gate, put together from flags, configuration, waivers, baseline and git."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from auditor.catalog import Catalog
from auditor.cli.catalogs import load_catalog
from auditor.config import AuditConfig, config_from_environment
from auditor.errors import UsageError
from auditor.gate.baseline import Baseline
from auditor.gate.changes import Repository
from auditor.gate.files import Candidate
from auditor.gate.steering import Base, Settings, altered, settings_of, waivers_of
from auditor.model.coverage import Report, Target, TargetStatus
from auditor.model.finding import Finding
from auditor.model.review import Review
from auditor.scan.policy import Policy, configured
from auditor.waivers import Waivers


@dataclass(slots=True)
class Steered:
    """How a run of the gate is steered.

    Args:
        settings: the configuration in force.
        catalog: the selected rules.
        policy: what happens to each finding.
        baseline: what failed before, if there is a baseline.
        unchanged: files that git keeps and that did not change, where only changed ones count.
        repository: the one that told.
    """

    settings: AuditConfig
    catalog: Catalog
    policy: Policy
    baseline: Baseline | None = None
    unchanged: frozenset[str] = frozenset()
    repository: Repository | None = None

    @classmethod
    def of(cls, given: dict[str, Any], flags: dict[str, Any], today: date) -> "Steered":
        """What the options of a run say.

        Args:
            given: the options.
            flags: those of them that go before the configuration, by its keys.
            today: the day of the run, in UTC.

        Raises:
            auditor.errors.AuditError: something that is named does not exist or cannot be used.
        """
        folder = Path.cwd()
        base = Base.of(given["config_from"], folder) if given["config_from"] else None
        named = given["config_path"] or config_from_environment()
        steering = settings_of(named, flags, base, folder)
        whole = _catalog(steering.audit.rules, base)
        waivers = waivers_of(given["waivers"], steering, whole, today)
        policy = Policy.of(steering.audit, whole, None if waivers is None else Waivers(waivers, today))
        baseline = _baseline(given["baseline"], base)
        policy.known = baseline.ids if baseline is not None else frozenset()
        policy.review = _review(given, (named, given["waivers"], given["baseline"]), steering, policy, (whole, today))
        steered = cls(steering.audit, configured(whole, steering.audit), policy, baseline)
        if given["changed_since"]:
            steered.repository = Repository.around(folder)
            steered.unchanged = steered.repository.tracked() - steered.repository.changed_since(given["changed_since"])
            policy.keeps = steered._is_of_the_change
        return steered

    def of_the_change(self, files: Iterable[Candidate]) -> tuple[list[Candidate], list[Target]]:
        """The files to be judged, and what the report says of those that did not change.

        A JSON file is judged all the same: it may be a plan, whose findings stand in other files.
        """
        chosen, left = [], []
        for file in files:
            if file.path.suffix.lower() != ".json" and self._did_not_change(file):
                why = f"left out: it did not change since {self.policy.review.changed_since}"
                left.append(Target("", "", file.shown, TargetStatus.NOT_SCANNED, 0, why))
            else:
                chosen.append(file)
        # In a repository within the repository a file may bear the name of one outside.
        self.unchanged -= {file.shown for file in chosen if not self._did_not_change(file)}
        self.policy.review = replace(self.policy.review, left_out=len(left))
        return chosen, left

    def _did_not_change(self, file: Candidate) -> bool:
        return self.repository is not None and self.repository.holds(file.path) in self.unchanged

    def complete(self, report: Report) -> Report:
        """A report that says what steered it."""
        if self.baseline is not None:
            self.policy.review = self.baseline.compared(report, self.policy.review)
        return self.policy.complete(report)

    def _is_of_the_change(self, finding: Finding) -> bool:
        return finding.location is None or finding.location.file not in self.unchanged


def _catalog(own: Iterable[str], base: Base | None) -> Catalog:
    if base is None:
        return load_catalog(own)
    # A change under review runs no code of its own: files of rules are taken from the base, too.
    with ExitStack() as copies:
        return load_catalog([_at_base(name, base, copies) for name in own])


def _at_base(own: str, base: Base, copies: ExitStack) -> str:
    if not own.endswith(".py"):
        return own
    copy = copies.enter_context(base.copy_of(Path(own)))
    if copy is None:
        raise UsageError(f"{base.ref} holds no {own}", "rules of your own come from the base, too")
    return str(copy)


def _baseline(path: Path | None, base: Base | None) -> Baseline | None:
    if path is None:
        return None
    from reports.saved import load  # noqa: PLC0415  only where there is a baseline

    if base is None:
        return Baseline.of(path.as_posix(), load(path))
    with base.copy_of(path) as copy:
        return Baseline.of(path.as_posix(), load(copy) if copy is not None else None)


def _review(
    given: dict[str, Any],
    named: tuple[Path | None, Path | None, Path | None],
    steering: Settings,
    policy: Policy,
    world: tuple[Catalog, date],
) -> Review:
    ours = tuple(policy.waivers) if policy.waivers is not None else ()
    return Review(
        config_from=given["config_from"],
        altered=altered(named, steering, ours, *world),
        changed_since=given["changed_since"],
    )

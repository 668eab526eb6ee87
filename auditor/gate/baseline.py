"""What failed already when a baseline was taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from auditor.model.coverage import Report, TargetStatus
from auditor.model.review import Review
from auditor.model.verdict import Status


@dataclass(frozen=True, slots=True)
class Baseline:
    """The failed findings of an earlier report.

    Args:
        name: the file, as the user spelled it.
        ids: their ids; those of waived findings are not among them: when the waiver ends, they count.
        files: the file of each that lay in one that was looked at then.
    """

    name: str
    ids: frozenset[str]
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, report: Report | None) -> "Baseline":
        """The baseline that a report makes; without one, nothing failed."""
        if report is None:
            return cls(name, frozenset())
        looked_at = {target.family for target in report.coverage.targets}
        ids: dict[str, str] = {}
        for one in report.findings:
            if one.status is Status.FAILED and one.waiver is None:
                file = one.location.file if one.location else ""
                ids[one.id] = file if file in looked_at else ""
        return cls(name, frozenset(ids), {key: file for key, file in ids.items() if file})

    def compared(self, report: Report, review: Review) -> Review:
        """A review that says what is new, known and fixed.

        Args:
            report: the report of this run; its findings are read once.
            review: what else there is to say.
        """
        known = new = 0
        still = set()
        for finding in report.findings:
            if finding.status is Status.FAILED:
                still.add(finding.id)
                known += finding.known
                new += not finding.known and finding.counts and finding.waiver is None
        # What is in a file that this run did not look at may still be there.
        looked_at = {one.family for one in report.coverage.targets if one.status is not TargetStatus.NOT_SCANNED}
        gone = [key for key in self.ids - still if self.files.get(key, "") in {"", *looked_at}]
        fixed = 0 if review.changed_since else len(gone)
        return replace(review, baseline=self.name, known=known, new=new, fixed=fixed)

"""What failed already when a baseline was taken."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from auditor.model.coverage import Report
from auditor.model.finding import Finding
from auditor.model.review import Review
from auditor.model.verdict import Status


@dataclass(frozen=True, slots=True)
class Baseline:
    """The failed findings of an earlier report.

    Args:
        name: the file, as the user spelled it.
        ids: their ids; those of waived findings are not among them: when the waiver ends, they count.
    """

    name: str
    ids: frozenset[str]

    @classmethod
    def of(cls, name: str, findings: Iterable[Finding]) -> "Baseline":
        """The baseline that a report's findings make."""
        return cls(name, frozenset(one.id for one in findings if one.status is Status.FAILED and one.waiver is None))

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
        # Where only changed files are judged, what is not seen may still be there.
        fixed = 0 if review.changed_since else len(self.ids - still)
        return replace(review, baseline=self.name, known=known, new=new, fixed=fixed)

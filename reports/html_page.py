"""One self-contained page that opens offline under a strict content security policy."""

from dataclasses import dataclass
from typing import Any, TextIO

from markupsafe import Markup

from auditor.model.coverage import Report, RuleInfo, Tally
from auditor.model.verdict import Severity

from . import decision_words, page_charts
from .page_coverage import CoverageView
from .page_data import Columns, embedded
from .page_rows import RuleTally, Selection
from .page_template import digest, page, template
from .text import visible

_MOST_GROUPS = 500


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule as the page shows it.

    Args:
        info: the rule.
        tally: all of its findings, counted.
        not_applicable: resources that it does not apply to.
        listed, historical_listed: how many rows the page holds.
    """

    info: RuleInfo
    tally: RuleTally
    not_applicable: int
    listed: int
    historical_listed: int

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """Worst first: rules that something fails by severity, then the rest."""
        severity = Severity(self.info.severity).rank
        kind = 0 if self.tally.failed else 1 if self.tally.not_available else 2
        return kind, -severity, -self.tally.open, self.info.id


def render(report: Report, stream: TextIO) -> None:
    """Write a report as one HTML page.

    Passes are counted, not listed; where the rows outgrow the page, the worst stay and the page says how
    many are cut.

    Args:
        report: what to write; its findings are read once.
        stream: takes UTF-8.
    """
    selection = Selection.of(report.findings)
    columns = Columns()
    columns.fill(selection.rows())
    stream.writelines(page("report.html").stream(**_context(report, selection, columns)))


def _context(report: Report, selection: Selection, columns: Columns) -> dict[str, Any]:
    style, script = template("report.css"), template("report.js")
    views = _rules(report, selection, columns)
    listed = sum(columns.listed.values())
    found = sum(view.tally.open + view.tally.historical_failed for view in views)
    found += sum(view.tally.historical_not_available for view in views)
    return {
        "report": report,
        "decisions": [
            *decision_words.review(report.review),
            *(f"Waiver {one}" for one in decision_words.waivers(report)),
        ],
        "coverage": CoverageView.of(report.coverage, report.scan.kind),
        "charts": page_charts,
        "severity_rows": [
            (severity.value, report.summary.by_severity.get(severity.value, Tally())) for severity in reversed(Severity)
        ],
        "concern_rows": sorted(report.summary.by_concern.items(), key=lambda item: (-item[1].failed, item[0])),
        "severities": [severity.value for severity in reversed(Severity)],
        "open_rules": sorted((view for view in views if view.tally.open), key=lambda view: view.rank),
        "quiet_rules": [view for view in views if not view.tally.open],
        "listed": listed,
        "found": found,
        "historical": sum(selection.groups.values()),
        "style": Markup(style),  # noqa: S704  the project's own file
        "style_hash": digest(style),
        "script": Markup(script),  # noqa: S704  the project's own file
        "script_hash": digest(script),
        "data": Markup(embedded(_data(selection, columns, views))),  # noqa: S704  escaped for where it stands
    }


def _data(selection: Selection, columns: Columns, views: list[RuleView]) -> dict[str, object]:
    rules = {view.info.id: [visible(view.info.title), view.info.severity, view.info.concern] for view in views}
    return {
        **columns.document(),
        "rules": rules,
        "groups": selection.groups.most_common(_MOST_GROUPS),
    }


def _rules(report: Report, selection: Selection, columns: Columns) -> list[RuleView]:
    beside = {count.rule: count.not_applicable for count in report.coverage.rules}
    known = {rule.id: rule for rule in report.rules}
    for rule in selection.tallies:
        # A report that was cut or joined by hand may lack a rule; its findings are shown all the same.
        known.setdefault(rule, RuleInfo(rule, rule, Severity.INFORMATIONAL.value, "", "", ""))
    return [
        RuleView(
            info=info,
            tally=selection.tallies.get(rule, RuleTally()),
            not_applicable=beside.get(rule, 0),
            listed=columns.listed[rule, False],
            historical_listed=columns.listed[rule, True],
        )
        for rule, info in known.items()
    ]

"""The rules inside cfn-lint: `cfn-lint template.yaml --append-rules auditor.integrations.cfnlint`.

Each rule of the catalog is a rule of cfn-lint with an id of its own (`cfnlint_ids.json`): `E9…` where its severity
was high or critical when it got the id, else `W9…`. Ids stay. What failed is shown at the line where the gate shows
it; what cannot be told before deployment, and what passed, is not shown. `E9000` says that a template could not be
judged.

Parameters have the values that the template gives them; for others, use the gate itself.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch

from auditor.catalog import Catalog
from auditor.gate.files import Candidate
from auditor.gate.run import Gate
from auditor.model.coverage import ScanInfo
from auditor.model.finding import Finding
from auditor.model.rule import Rule
from auditor.model.verdict import Status
from auditor.scan.assessment import Assessment
from auditor.sources.detect import kind_called
from auditor.sources.interface import Deployment, GateContext
from rules import MODULES

CATALOG = Catalog.of(MODULES)


def ids() -> Mapping[str, str]:
    """The id that each rule has in cfn-lint."""
    text = files("auditor.integrations").joinpath("cfnlint_ids.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


@lru_cache(maxsize=8)
def _judged(file: str, changed: int, region: str) -> tuple[Mapping[str, list[Finding]], tuple[str, ...]]:
    """What failed in a template, by rule, and why it could not be judged; asked for by every rule and judged once.

    Args:
        file: the template.
        changed: when it was changed last: another content is judged anew.
        region: where it will be deployed; empty where that is not known.
    """
    del changed
    assessment = Assessment(CATALOG, datetime.now(UTC), "gate")
    gate = Gate(GateContext(Deployment.of(region)), kind_called("cloudformation"))
    outcome = gate.judge(assessment, [Candidate(Path(file), file, named=True)])
    found: dict[str, list[Finding]] = {}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for finding in assessment.report(ScanInfo("cfn-lint", "gate", now, now, (), ())).findings:
        if finding.status is Status.FAILED:
            found.setdefault(finding.rule, []).append(finding)
    return found, tuple(outcome.errors)


def _of(cfn: Any) -> tuple[Mapping[str, list[Finding]], tuple[str, ...]]:
    file = Path(str(cfn.filename))
    if not file.is_file():
        # Text from standard input has been read by cfn-lint already.
        return {}, ()
    region = cfn.regions[0] if len(cfn.regions) == 1 else ""
    return _judged(str(file), file.stat().st_mtime_ns, region)


class AuditorE9000(CloudFormationLintRule):  # type: ignore[misc]
    """What kept a template from being judged."""

    id = "E9000"
    shortdesc = "The template could not be judged by sagemaker-auditor"
    description = "Nothing is known to pass of a template that could not be read to its end."
    source_url = "https://docs.aws.amazon.com/sagemaker/latest/dg/security.html"
    tags = ("sagemaker", "security")

    def match(self, cfn: Any) -> list[RuleMatch]:
        """Each error, at the beginning of the template."""
        _, errors = _of(cfn)
        return [RuleMatch([], error, location=(0, 0, 0, 1)) for error in errors]


class _AuditorRule(CloudFormationLintRule):  # type: ignore[misc]
    """One rule of the catalog; the classes below say which."""

    source_url = "https://docs.aws.amazon.com/sagemaker/latest/dg/security.html"
    auditor_rule = ""

    def match(self, cfn: Any) -> list[RuleMatch]:
        """What the rule finds in a template."""
        found, _ = _of(cfn)
        return [self._match(one) for one in found.get(self.auditor_rule, ())]

    def _match(self, finding: Finding) -> RuleMatch:
        place = finding.location
        # cfn-lint counts lines and columns from 0 here.
        line = place.line - 1 if place else 0
        logical_id = place.logical_id.partition(" ")[0] if place else ""
        message = f"{self.auditor_rule}: {finding.message}"
        return RuleMatch(["Resources", logical_id], message, location=(line, 0, line, 1))


def _class(rule: Rule, name: str) -> type[_AuditorRule]:
    return type(
        f"Auditor{name}",
        (_AuditorRule,),
        {
            "__module__": __name__,
            "__doc__": rule.title,
            "id": name,
            "shortdesc": rule.title,
            "description": f"{rule.why} {rule.fix}",
            "tags": ["sagemaker", "security", rule.id],
            "auditor_rule": rule.id,
        },
    )


globals().update({f"Auditor{ids()[rule.id]}": _class(rule, ids()[rule.id]) for rule in CATALOG if rule.id in ids()})

"""The plug-in, run by cfn-lint's own command."""

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from auditor.catalog import Catalog
from auditor.gate.files import candidates
from auditor.gate.run import Gate
from auditor.integrations.cfnlint import ids
from auditor.scan.assessment import Assessment
from auditor.sources.interface import Deployment, GateContext
from rules import MODULES

ROOT = Path(__file__).parents[2]
BAD = ROOT / "examples/cloudformation/bad.yaml"
CFN_LINT = Path(sys.executable).with_name("cfn-lint")
CATALOG = Catalog.of(MODULES)
# What the table said when it was first released; what came later follows, and nothing is taken back.
FIRST = 200
FIRST_DIGEST = "5f52cd0c2fc2b6d2"


def test_cfn_lint_shows_what_the_gate_finds_in_the_same_lines() -> None:
    command = [str(CFN_LINT), str(BAD), "--append-rules", "auditor.integrations.cfnlint"]
    run = subprocess.run(
        [*command, "--format", "json", "--regions", "eu-west-1"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    matches = json.loads(run.stdout)
    by_id = {name: rule for rule, name in ids().items()}
    shown = {
        (by_id[one["Rule"]["Id"]], one["Location"]["Start"]["LineNumber"])
        for one in matches
        if one["Rule"]["Id"] in by_id
    }
    assessment = Assessment(CATALOG, datetime(2026, 1, 15, tzinfo=UTC), "gate")
    Gate(GateContext(Deployment.of("eu-west-1"))).judge(assessment, list(candidates([BAD])))
    found = list(assessment._findings)
    failed = {(one.rule, one.location.line) for one in found if one.status.value == "FAILED" and one.location}
    assert shown == failed
    assert len(failed) > 8


def test_every_rule_has_an_id_and_ids_stay() -> None:
    table = ids()
    assert {rule.id for rule in CATALOG} <= set(table), "add the new rules at the end of cfnlint_ids.json"
    assert [int(name[1:]) for name in table.values()] == list(range(9001, 9001 + len(table)))
    first = json.dumps(list(table.items())[:FIRST])
    assert hashlib.sha256(first.encode()).hexdigest()[:16] == FIRST_DIGEST


def test_a_template_that_cannot_be_judged_is_an_error(tmp_path: Path) -> None:
    template = tmp_path / "t.json"
    template.write_text('{"Resources": []}', encoding="utf-8")
    command = [str(CFN_LINT), str(template), "--append-rules", "auditor.integrations.cfnlint", "--format", "json"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    (match,) = [one for one in json.loads(run.stdout) if one["Rule"]["Id"] == "E9000"]
    assert "a template is an object with an object of Resources" in match["Message"]
    assert "E9000" not in ids().values()

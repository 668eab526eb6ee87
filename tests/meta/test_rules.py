"""What holds for every rule: words, controls, cases, pages, and what it may import."""

import ast
import re
from pathlib import Path

import pytest

from auditor.cases.book import DERIVED, WRITTEN, read_cases
from auditor.catalog import Catalog
from auditor.model.rule import Rule
from auditor.reads import members_needed, paths_read, table
from rules import MODULES

ROOT = Path(__file__).resolve().parents[2]
CATALOG = Catalog.of(MODULES)
ENTRIES = read_cases(ROOT / "tests/cases")
RULE_FILES = sorted(ROOT.glob("rules/*.py"))
# How the frameworks are called in controls; a new one is added here on purpose.
FRAMEWORKS = frozenset(
    {
        "AWS-Config",
        "CIS-AWS-3.0",
        "CIS-AWS-4.0.1",
        "CIS-AWS-5.0",
        "CIS-AWS-6.0",
        "CIS-Controls-8.1",
        "FSBP",
        "HIPAA",
        "ISO-27001-2022",
        "NIST-800-171r2",
        "NIST-800-53r5",
        "PCI-DSS-4.0",
        "PCI-DSS-4.0.1",
        "SOC2",
        "WA-ML",
        "WA-SEC",
    }
)
# The security practices of the Well-Architected Machine Learning Lens: pillar section to the last of its practices.
_PRACTICES = {"01": 1, "02": 1, "03": 5, "04": 3, "05": 1, "06": 2}
PRACTICES = frozenset(f"MLSEC{part}-BP{n:02}" for part, last in _PRACTICES.items() for n in range(1, last + 1))
_CONTROL = re.compile(r"[A-Za-z0-9.-]+:[A-Za-z0-9_.()\-]+")

each_rule = pytest.mark.parametrize("rule", list(CATALOG), ids=lambda rule: rule.id)


@each_rule
def test_it_says_why_and_how_to_fix(rule: Rule) -> None:
    assert rule.title.endswith(".")
    assert len(rule.why) > 20
    assert len(rule.fix) > 10


@each_rule
def test_its_controls_are_of_known_frameworks(rule: Rule) -> None:
    for control in rule.controls:
        assert _CONTROL.fullmatch(control), control
        assert control.partition(":")[0] in FRAMEWORKS, control
        if control.startswith("WA-ML:"):
            assert control.removeprefix("WA-ML:") in PRACTICES, control
    assert len(set(rule.controls)) == len(rule.controls)


@each_rule
def test_it_has_the_six_cases_for_every_type_it_judges(rule: Rule) -> None:
    entries = ENTRIES.get(rule.id, [])
    names = {kind.cfn_type.rpartition("::")[2] for kind in rule.scope} | {kind.__name__ for kind in rule.scope}
    judged = {entry.resource for entry in entries}
    assert judged <= names
    assert len(judged) == len(rule.scope), f"{rule.id} has cases for {sorted(judged)} only"
    for entry in entries:
        assert set(entry.cases) >= {*WRITTEN, *DERIVED}


@pytest.mark.parametrize("rule", [one for one in CATALOG if one.id in ENTRIES], ids=lambda rule: rule.id)
def test_what_it_reads_is_what_its_cases_declare_or_more(rule: Rule) -> None:
    read = set(paths_read(rule))
    assert rule.id in table()
    assert read
    needed = members_needed([rule])
    for kind in rule.scope:
        decides = [
            path.partition(".")[0].partition("[")[0]
            for entry in ENTRIES[rule.id]
            if entry.resource in (kind.__name__, kind.cfn_type.rpartition("::")[2])
            for path in entry.decides
            if ":" not in path
        ]
        assert set(decides) <= needed.get(kind.cfn_type, frozenset()), f"{rule.id} never reads what decides"


def test_every_case_is_of_a_rule() -> None:
    assert set(ENTRIES) <= {rule.id for rule in CATALOG}


def test_every_module_of_rules_is_listed() -> None:
    listed = {module.__name__.rpartition(".")[2] for module in MODULES}
    assert listed == {path.stem for path in RULE_FILES if not path.stem.startswith("_")}


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_rules_are_pure(path: Path) -> None:
    allowed = ("auditor.model", "auditor.iam")
    stdlib = {"collections", "dataclasses", "datetime", "enum", "fnmatch", "functools", "ipaddress"}
    stdlib |= {"itertools", "re", "types", "typing", "urllib"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        for name in names:
            inside = any(name == one or name.startswith(f"{one}.") for one in allowed)
            assert inside or name.partition(".")[0] in stdlib, f"{path.name} imports {name}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "input", "exec", "eval", "__import__"}
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"now", "utcnow", "today", "__dict__"}, f"{path.name}: {node.attr}"


def test_no_rule_changes_its_facts_by_global_state() -> None:
    for path in RULE_FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal)]

"""Writes everything that is generated, or with `--check` names what is stale.

The rules' pages and their index, the schema of the report, the table of what the rules read, and what is
taken from botocore's model.
"""

import argparse
import csv
import io
import json
import runpy
import sys
from collections.abc import Callable, Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from auditor.cases.book import Entry, covered, read_cases
from auditor.cases.trace import reads_of
from auditor.catalog import Catalog
from auditor.model.coverage import SCHEMA_VERSION, Coverage, Report, RuleInfo, ScanInfo, Summary, Tool
from auditor.model.finding import Finding
from auditor.model.review import Review, WaiverUse
from auditor.model.rule import Rule
from rules import MODULES

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs/rules"
READS = ROOT / "rules/reads.json"
EXAMPLES = ROOT / "rules/examples.json"
SCHEMA = ROOT / "docs/schema/report.schema.json"
CASES = ROOT / "tests/cases"
CATALOGUE = ROOT / "tests/catalogue.csv"
NOT_YET = "not yet"
_STATUS_WORDS = {
    "PASSED": "it passes",
    "FAILED": "it fails",
    "NOT_AVAILABLE": "it cannot be assessed (NOT_AVAILABLE)",
    "NOT_APPLICABLE": "the rule does not apply",
}
_SCRIPTS = (
    *("generate_cfnlint", "generate_metrics", "generate_parity"),
    *("generate_samples", "generate_scale", "generate_shapes"),
)
Reads = dict[str, dict[str, list[str]]]


def reads(catalog: Catalog, entries: dict[str, list[Entry]]) -> Reads:
    """Rule id to type to the API paths that it reads.

    A rule without cases is left out: it counts as reading everything.
    """
    out: Reads = {}
    for rule in sorted(catalog, key=lambda one: one.id):
        found = reads_of(rule, entries.get(rule.id, ()))
        if found:
            out[rule.id] = {kind: sorted(paths) for kind, paths in sorted(found.items())}
    return out


def page(rule: Rule, paths: dict[str, list[str]], entries: list[Entry]) -> str:
    """The page of a rule."""
    kinds = ", ".join(f"`{kind.cfn_type}`" for kind in rule.scope)
    rows = [
        ("Severity", rule.severity.value),
        ("Concern", rule.concern),
        ("Judges", kinds),
        ("Controls", ", ".join(f"`{control}`" for control in rule.controls) or "none"),
        ("Tags", ", ".join(f"`{tag}`" for tag in rule.tags) or "none"),
        ("Since", f"{rule.since}, version {rule.version}"),
    ]
    parts = [f"# {rule.id}", rule.title, "| | |\n|---|---|\n" + "\n".join(f"| {a} | {b} |" for a, b in rows)]
    parts += ["## Why", _prose(rule.why), "## Fix", _prose(rule.fix)]
    if rule.limits:
        parts += ["## Limits", _prose(rule.limits)]
    if rule.parameters:
        parts += ["## Parameters", f"The configuration sets them under `[rule.{rule.id}]`.", _parameters(rule)]
    parts += ["## Where it is not set", "\n".join(_unset(entries))]
    parts += ["## What it reads", "\n".join(_paths(paths))]
    return "\n\n".join(parts) + "\n"


def _parameters(rule: Rule) -> str:
    lines = ["| parameter | type | default | what it does |", "|---|---|---|---|"]
    lines += [
        f"| `{one.name}` | {one.kind} | `{json.dumps(one.default)}` | {_prose(one.meaning)} |"
        for one in rule.parameters
    ]
    return "\n".join(lines)


def _prose(words: str) -> str:
    """A clause as a sentence that Markdown shows as it was written."""
    shown = words[:1].upper() + words[1:]
    for character in "\\*_<>[]`":
        shown = shown.replace(character, f"\\{character}")
    return shown


def _unset(entries: list[Entry]) -> Iterator[str]:
    for entry in entries:
        own = ", ".join(f"`{path}`" for path in entry.decides if ":" not in path)
        if own:
            yield f"- {entry.resource}, without {own}: {_STATUS_WORDS[entry.cases['unset'].expect]}."
        else:
            yield f"- {entry.resource}: what decides lies in its neighbours."


def _paths(paths: dict[str, list[str]]) -> Iterator[str]:
    for kind in sorted(paths):
        yield f"- `{kind}`: " + ", ".join(f"`{path}`" for path in paths[kind])


def index(catalog: Catalog) -> str:
    """The list of all rules, by concern."""
    parts = ["# Rules", f"{len(catalog)} rules. Each page says why, what to do, and what the rule reads."]
    for concern in dict.fromkeys(rule.concern for rule in catalog):
        chosen = sorted((rule for rule in catalog if rule.concern == concern), key=lambda one: one.id)
        rows = "\n".join(f"| [{r.id}]({r.id}.md) | {r.severity.value} | {r.title} |" for r in chosen)
        title = concern.replace("_", " ").capitalize()
        parts += [f"## {title}", f"| rule | severity | desired state |\n|---|---|---|\n{rows}"]
    return "\n\n".join(parts) + "\n"


def schema() -> str:
    """The JSON schema of the report, from its own classes; findings are an array."""

    @checked(config=ConfigDict(title="Report", extra="forbid"))
    class Saved:
        schema_version: str
        tool: Tool
        scan: ScanInfo
        coverage: Coverage
        summary: Summary
        rules: tuple[RuleInfo, ...]
        findings: tuple[Finding, ...]
        waivers: tuple[WaiverUse, ...] = ()
        review: Review = field(default_factory=Review)

    if set(Saved.__dataclass_fields__) != set(Report.__dataclass_fields__):
        raise ValueError("the schema's members are not the report's")
    found: dict[str, Any] = TypeAdapter(Saved).json_schema(mode="serialization")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"sagemaker-auditor-report-{SCHEMA_VERSION}",
        "title": "sagemaker-auditor report",
    }
    return json.dumps({**found, **head}, indent=2, sort_keys=True) + "\n"


def catalogue(entries: dict[str, list[Entry]]) -> str:
    """The list of everything to be judged, each row with the rules whose cases say that they cover it."""
    rules = covered(entry for found in entries.values() for entry in found)
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    out = io.StringIO()
    writer = csv.DictWriter(out, tuple(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "rules": " ".join(rules.get(row["id"], ())) or NOT_YET})
    return out.getvalue()


def examples(catalog: Catalog, entries: dict[str, list[Entry]]) -> str:
    """A good and a bad file of each language in which a rule is judged, for `explain` and the gate's patches."""
    spelled = runpy.run_path(str(ROOT / "docs/example_facts.py"))
    found: dict[str, dict[str, Any]] = {}
    for rule in catalog:
        unset = [line.removeprefix("- ").replace("`", "") for line in _unset(entries.get(rule.id, []))]
        words = {"unset": " ".join(unset)} if unset else {}
        found[rule.id] = spelled["example"](rule, entries.get(rule.id, [])) | words
    kept = {rule: example for rule, example in sorted(found.items()) if example}
    return json.dumps(kept, sort_keys=True, separators=(",", ":")).replace('},"', '},\n"') + "\n"


def generated() -> dict[Path, str]:
    """Every generated file and what it must hold."""
    catalog, entries = Catalog.of(MODULES), read_cases(CASES)
    table = reads(catalog, entries)
    out = {READS: json.dumps(table, indent=1) + "\n", SCHEMA: schema(), PAGES / "README.md": index(catalog)}
    for rule in catalog:
        out[PAGES / f"{rule.id}.md"] = page(rule, table.get(rule.id, {}), entries.get(rule.id, []))
    for script in _SCRIPTS:
        found = runpy.run_path(str(ROOT / f"docs/{script}.py"))
        text: Callable[[], str] = found["text"]
        out[ROOT / found["TARGET"]] = text()
    truth = runpy.run_path(str(ROOT / "tests/meta/ground_truth.py"))
    of_reads: Callable[[Reads], str] = truth["text"]
    out[truth["TARGET"]] = of_reads(table)
    out[CATALOGUE] = catalogue(entries)
    out[EXAMPLES] = examples(catalog, entries)
    return out


def stale(files: dict[Path, str]) -> list[Path]:
    """The files that do not hold what they must, and the pages of rules that are no more."""
    wrong = [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    return wrong + [path for path in sorted(PAGES.glob("*.md")) if path not in files]


def main() -> int:
    """Write, or check; the exit code is 1 where something is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name what is stale")
    check = parser.parse_args().check
    files = generated()
    wrong = stale(files)
    for path in wrong:
        sys.stdout.write(f"{'stale' if check else 'written'}: {path.relative_to(ROOT)}\n")
        if check:
            continue
        if path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
        else:
            path.unlink()
    return int(check and bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

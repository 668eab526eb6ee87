"""A report in a form that can be compared and read in a diff: one line for each finding, gap and target.

Left out is what differs from run to run: ids, times and request ids. `make snapshots` writes the demo's:

    python -P tests/snapshots/reduce.py out/demo/findings.json > tests/snapshots/demo.txt
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_MASKS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "(id)"),
    (re.compile(r"\b([a-z]{1,8})-[0-9a-z]*[0-9][0-9a-z]{7,16}\b"), r"\1-(id)"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?)?\b"), "(time)"),
)


def reduced(report: dict[str, Any]) -> str:
    """The lines of a report.

    Args:
        report: the parsed JSON report.

    Returns:
        Text, sorted within each part; every character that is not plain ASCII is escaped, so that a hostile name
        cannot reorder a diff.
    """
    parts = {
        "summary": sorted(_summary(report["summary"])),
        "gaps": sorted(_gaps(report["coverage"]["gaps"])),
        "targets": sorted(_targets(report["coverage"]["targets"])),
        "findings": sorted(_findings(report["findings"])),
    }
    return "".join(f"# {name}\n" + "".join(f"{line}\n" for line in lines) for name, lines in parts.items())


def _summary(summary: dict[str, Any]) -> Iterator[str]:
    for name, counts in summary.items():
        for key, value in counts.items() if isinstance(counts, dict) else [("", counts)]:
            yield json.dumps([name, key, value], sort_keys=True)


def _findings(findings: list[dict[str, Any]]) -> Iterator[str]:
    for finding in findings:
        resource = finding["resource"]
        kind = resource["type"].rpartition("::")[2]
        status = (finding["status"], finding["lifecycle"], finding["reason"] or "")
        yield _line(finding["rule"], resource["region"], kind, resource["name"], *status, finding["message"])


def _gaps(gaps: list[dict[str, Any]]) -> Iterator[str]:
    for gap in gaps:
        scope = gap["scope"]
        yield _line(scope["region"], scope["type"], scope["resource"], gap["operation"], gap["reason"], gap["detail"])


def _targets(targets: list[dict[str, Any]]) -> Iterator[str]:
    for target in targets:
        where = (target["region"], target["family"])
        yield _line(*where, target["status"], str(target["resources"]), target["reason"])


def _line(*words: str) -> str:
    return json.dumps([_masked(word) for word in words])


def _masked(text: str) -> str:
    for mask, instead in _MASKS:
        text = mask.sub(instead, text)
    return text


if __name__ == "__main__":
    sys.stdout.write(reduced(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))

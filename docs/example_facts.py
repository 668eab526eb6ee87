"""What the cases of a rule give for its examples."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from auditor.cases.book import Entry
from auditor.cases.facts import kind_of, stage
from auditor.cases.spell import has_request, request_of, unsaid

_SPELLED = Path(__file__).resolve().parent.parent / "tests/sources/cloudformation"


def example(entries: list[Entry]) -> dict[str, Any]:
    """The first type with cases that a request can say; empty where there is none.

    Returns:
        `type`; `bad` and `good`, each a CreateX request; and, where CloudFormation has the type and says it
        otherwise, `template` with the properties of both.
    """
    if str(_SPELLED) not in sys.path:
        sys.path.insert(0, str(_SPELLED))
    template = import_module("cfn_spelled")
    for entry in entries:
        kind = kind_of(entry, entry.resource)
        if entry.live_only or not has_request(kind) or any(":" in path for path in entry.decides):
            continue
        if any(unsaid(kind, path) for path in (*entry.decides, *entry.depends)):
            continue
        cases = {"bad": entry.cases["non_compliant"], "good": entry.cases["compliant"]}
        if any(case.live_only for case in cases.values()):
            continue
        facts = {word: stage(entry, case).facts or {} for word, case in cases.items()}
        found: dict[str, Any] = {word: request_of(kind, given) for word, given in facts.items()}
        if found["bad"] == found["good"]:
            continue
        if template.has_template(kind):
            properties = {word: template.template_of(kind, given) for word, given in facts.items()}
            if properties["bad"] != properties["good"]:
                found["template"] = properties
        return {"type": kind.cfn_type, **found}
    return {}

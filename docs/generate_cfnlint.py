"""Writes `cfn-lint.md`: how the plug-in is used, and the ids that the rules have in cfn-lint."""

import runpy
from pathlib import Path

from auditor.catalog import Catalog
from auditor.integrations.cfnlint import ids
from rules import MODULES

ROOT = Path(__file__).resolve().parent.parent
TARGET = "docs/cfn-lint.md"
_INTRODUCTION = """# The rules inside cfn-lint

```sh
cfn-lint template.yaml --append-rules auditor.integrations.cfnlint
```

cfn-lint and sagemaker-auditor must be installed in the same environment (`sagemaker-auditor[gate]` where it is
installed from a package). In a `.cfnlintrc` the same is `append_rules: [auditor.integrations.cfnlint]`, and a rule
is left out by its id: `ignore_checks: [W9001]`.

What fails is shown at the line where `sagemaker-auditor gate` shows it. What passes and what cannot be told before
deployment is not shown: for that, and for `--parameters`, waivers, baselines and parameters of rules, use the gate
itself. With one region (`--regions eu-west-1`) names that hold the region are compared; without, they are unknown.

`E9000` says that a template could not be judged, and why. Every other id is one rule; `E` where its severity was
high or critical when it got the id, else `W`. An id is never given to another rule. The table holds the rules that
are judged in templates (see [Where each rule is judged](parity.md)); the others have ids too and never fail there."""
_HEAD = "| id | rule | severity | desired state |\n|---|---|---|---|\n"


def text() -> str:
    """The page."""
    matrix = runpy.run_path(str(ROOT / "docs/generate_parity.py"))["matrix"]()
    rows = [
        f"| `{name}` | [{rule.id}](rules/{rule.id}.md) | {rule.severity.value} | {rule.title} |"
        for name, rule in sorted(((ids()[one.id], one) for one in Catalog.of(MODULES)), key=lambda pair: pair[0][1:])
        if "judged" in matrix[rule.id]["cloudformation"].values()
    ]
    return f"{_INTRODUCTION}\n\n{_HEAD}" + "\n".join(rows) + "\n"


if __name__ == "__main__":
    (ROOT / TARGET).write_text(text(), encoding="utf-8")

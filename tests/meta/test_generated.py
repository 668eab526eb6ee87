"""What is generated is fresh: the same check as `make docs-check`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_nothing_that_is_generated_is_stale() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "docs/generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

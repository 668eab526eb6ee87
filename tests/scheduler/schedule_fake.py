"""The `schedule` command as it is, but for the program that it runs: the fake scan."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

from auditor.cli import main
from auditor.scheduler import process

FAKE = (sys.executable, str(Path(__file__).with_name("fake_scan.py")))

# What the command hands to `scan` is parsed by it; the fake takes other words.
with (
    mock.patch.object(process.Scan.__init__, "__defaults__", (FAKE,)),
    mock.patch("auditor.cli.schedule._try_words"),
):
    main(["schedule", *sys.argv[1:]])

"""A scan for the tests: notes that it began and ended, writes a report, ends as it is told.

Words: NOTES, then any of: code=N, seconds=S, deaf (to SIGTERM), child (starts one of its own), silent (no report).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

REPORT = {
    "schema_version": "1.0",
    "tool": {"name": "sagemaker-auditor", "version": "0"},
    "scan": {"id": "1", "kind": "scan", "started_at": "", "finished_at": "", "accounts": [], "regions": []},
    "coverage": {"complete": True},
    "summary": {
        "by_status": {"passed": 5, "failed": 3, "not_available": 1},
        "by_severity": {},
        "by_concern": {},
        "score": None,
        "weights": {},
    },
    "rules": [],
}


def note(notes: Path, word: str) -> None:
    with notes.open("a", encoding="utf-8") as stream:
        stream.write(f"{word} {os.getpid()} {time.time()}\n")


def end(notes: Path) -> None:
    note(notes, "asked")
    # Straight out, so that nothing else is said.
    os._exit(143)


def main() -> None:
    notes, *words, _, place = sys.argv[1:]
    path, told = Path(notes), dict(word.partition("=")[::2] for word in words)
    signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in told else lambda *_: end(path))
    note(path, "began")
    if "child" in told:
        child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.pause()"])
        with path.open("a", encoding="utf-8") as stream:
            stream.write(f"child {child.pid}\n")
    (Path(os.environ["TMPDIR"]) / "spool").write_text("x")
    time.sleep(float(told.get("seconds", "0")))
    if "silent" not in told:
        head = json.dumps(REPORT)[1:-1]
        Path(place.removeprefix("json=")).write_text(f'{{{head},\n"findings": [\n]\n}}\n', encoding="utf-8")
    note(path, "ended")
    sys.exit(int(told.get("code", "0")))


main()

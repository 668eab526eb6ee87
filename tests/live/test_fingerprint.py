import subprocess
import sys

_ASK = (
    "from auditor.model.sagemaker import RESOURCES;"
    "from auditor.sources.live.records import fingerprint;"
    "print([fingerprint(kind, frozenset({'B', 'A', 'C'})) for kind in RESOURCES])"
)


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    answers = {
        subprocess.run([sys.executable, "-P", "-c", _ASK], check=True, capture_output=True, text=True).stdout
        for _ in range(3)
    }
    assert len(answers) == 1

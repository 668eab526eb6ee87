"""Configuration, waivers, baseline and git at work in whole runs of the gate."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

BAD = "create-notebook-instance.json"
ROOT = "notebook-instance-root-access"
IMDS = "notebook-instance-imdsv2"


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def waiver(rule: str = IMDS, resource: str = "nb", days: int = 90) -> str:
    return (
        f"  - rule: '{rule}'\n    resource: '{resource}'\n    reason: legacy\n    owner: ml\n"
        f"    approver: ciso\n    expires: {in_days(days)}\n"
    )


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)  # noqa: S607
    return done.stdout.strip()


@pytest.fixture
def repository(gate: Any) -> Any:
    """A repository whose first commit holds a bad request."""
    gate.write(f"infra/{BAD}")
    git(gate.folder, "init", "-q", "-b", "main")
    git(gate.folder, "add", ".")
    git(gate.folder, "commit", "-q", "-m", "first")
    return gate


def failed(ran: Any) -> set[str]:
    return {one["rule"] for one in ran.report["findings"] if one["status"] == "FAILED" and one["waiver"] is None}


def test_a_waiver_covers_a_finding_that_stays_failed(gate: Any) -> None:
    gate.write(BAD)
    gate.write("w.yaml", "waivers:\n" + waiver(resource=f"{BAD}#n?") + waiver(resource="nothing", days=5))
    ran = gate(BAD, "--waivers", "w.yaml", "--select", IMDS)
    assert ran.code == 0
    found = ran.finding(IMDS)
    assert (found["status"], found["waiver"]["approver"]) == ("FAILED", "ciso")
    assert [(use["state"], use["findings"]) for use in ran.report["waivers"]] == [("USED", 1), ("UNUSED", 0)]
    assert ran.report["summary"]["by_status"]["waived"] == 1


def test_an_expired_waiver_does_nothing_and_is_reported(gate: Any) -> None:
    gate.write(BAD)
    gate.write("w.yaml", "waivers:\n" + waiver(days=-1))
    ran = gate(BAD, "--waivers", "w.yaml", "--select", IMDS)
    assert ran.code == 1
    assert ran.finding(IMDS)["waiver"] is None
    assert [(use["state"], use["findings"]) for use in ran.report["waivers"]] == [("EXPIRED", 1)]
    assert "expired" in ran.stderr


@pytest.mark.parametrize(("days", "state"), [(0, "EXPIRING"), (30, "EXPIRING"), (31, "USED"), (365, "USED")])
def test_the_last_days_of_a_waiver_are_told(gate: Any, days: int, state: str) -> None:
    gate.write(BAD)
    gate.write("w.yaml", "waivers:\n" + waiver(days=days))
    ran = gate(BAD, "--waivers", "w.yaml", "--select", IMDS)
    assert ran.code == 0
    assert [use["state"] for use in ran.report["waivers"]] == [state]


def test_waivers_reach_files_that_another_process_judges(gate: Any) -> None:
    for number in range(20):
        gate.write(f"many/{number:02}/{BAD}", NotebookInstanceName=f"nb-{number}")
    gate.write("w.yaml", "waivers:\n" + waiver(resource="nb-1*"))
    ran = gate("many", "--waivers", "w.yaml", "--select", IMDS)
    assert [use["findings"] for use in ran.report["waivers"]] == [11]
    assert sum(one["waiver"] is not None for one in ran.report["findings"]) == 11


def test_only_what_the_baseline_does_not_hold_fails(gate: Any) -> None:
    gate.write(BAD)
    before = gate(BAD, "--select", IMDS)
    gate.write("old.json", before.stdout)
    same = gate(BAD, "--select", IMDS, "--baseline", "old.json")
    assert (before.code, same.code) == (1, 0)
    assert same.finding(IMDS)["known"]
    review = same.report["review"]
    assert (review["known"], review["new"], review["fixed"]) == (1, 0, 0)
    more = gate(BAD, "--baseline", "old.json", "--ignore", IMDS)
    assert more.code == 1
    assert more.report["review"]["fixed"] == 1
    assert more.report["review"]["new"] > 0


def test_a_baseline_survives_moving_lines(gate: Any) -> None:
    path = gate.write(BAD)
    gate.write("old.json", gate(BAD, "--select", IMDS).stdout)
    path.write_text("\n\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert gate(BAD, "--select", IMDS, "--baseline", "old.json").code == 0


def test_a_baseline_that_is_no_report_is_refused(gate: Any) -> None:
    gate.write(BAD)
    ran = gate(BAD, "--baseline", gate.write("old.json", {"findings": 3}))
    assert ran.code == 2
    assert "old.json" in ran.stderr


def test_only_files_that_changed_count(repository: Any) -> None:
    repository.write(f"new/{BAD}", NotebookInstanceName="new")
    repository.write("infra/notes.yaml", "a: 1\n")
    ran = repository("infra", "new", "--changed-since", "main", "--select", IMDS)
    assert ran.code == 1
    assert {one["location"]["file"] for one in ran.report["findings"]} == {f"new/{BAD}"}
    nothing = repository("infra", "--changed-since", "HEAD", "--select", IMDS)
    assert (nothing.code, nothing.report["findings"]) == (0, [])


def test_what_the_base_did_meanwhile_is_no_change(repository: Any) -> None:
    git(repository.folder, "checkout", "-q", "-b", "feature")
    git(repository.folder, "checkout", "-q", "main")
    repository.write(f"infra/{BAD}", NotebookInstanceName="other")
    git(repository.folder, "commit", "-q", "-a", "-m", "second")
    git(repository.folder, "checkout", "-q", "feature")
    assert repository("infra", "--changed-since", "main").report["findings"] == []


@pytest.mark.parametrize("ref", ["--output=owned", "-h", "HEAD:infra", "a..b", "main\n", "$(touch owned)", "nowhere"])
def test_no_name_of_a_ref_does_anything(repository: Any, ref: str) -> None:
    for option in ("--changed-since", "--config-from"):
        ran = repository("infra", f"{option}={ref}")
        assert ran.code == 2
        assert "names no commit here" in ran.stderr
    assert not list(repository.folder.rglob("owned"))


def test_a_hostile_repository_runs_nothing(repository: Any) -> None:
    script = repository.write("evil.sh", "#!/bin/sh\ntouch owned\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "core.pager", "core.hooksPath"):
        git(repository.folder, "config", key, str(script))
    repository("infra", "--changed-since", "main", "--config-from", "main")
    assert not list(repository.folder.rglob("owned"))


def test_outside_a_repository_it_is_said(gate: Any) -> None:
    gate.write(BAD)
    ran = gate(BAD, "--changed-since", "main")
    assert ran.code == 2
    assert "is in no git repository" in ran.stderr


def test_the_base_decides_and_what_the_change_alters_is_told(repository: Any) -> None:
    repository.write("sagemaker-auditor.toml", 'waivers = "w.yaml"\nfail_on = "LOW"\n')
    repository.write("w.yaml", "waivers:\n" + waiver(resource="other"))
    git(repository.folder, "add", ".")
    git(repository.folder, "commit", "-q", "-m", "steered")
    repository.write("sagemaker-auditor.toml", 'waivers = "w.yaml"\nignore = ["notebooks"]\nfail_on = "CRITICAL"\n')
    repository.write("w.yaml", "waivers:\n" + waiver(resource="nb"))
    assert repository("infra", "--select", IMDS).code == 0
    ran = repository("infra", "--select", IMDS, "--config-from", "HEAD")
    assert ran.code == 1
    assert ran.finding(IMDS)["waiver"] is None
    review = ran.report["review"]
    assert review["config_from"] == "HEAD"
    told = "\n".join(review["altered"])
    assert "configuration: fail_on was 'LOW' and becomes 'CRITICAL'" in told
    assert "configuration: ignore was [] and becomes ['notebooks']" in told
    assert f"waivers: one is added: {IMDS} on nb" in told
    assert f"waivers: one is removed: {IMDS} on other" in told


def test_a_configuration_that_the_base_lacks_is_no_empty_one(repository: Any) -> None:
    repository.write("new.toml", 'fail_on = "CRITICAL"\n')
    ran = repository("infra", "--config", "new.toml", "--config-from", "HEAD")
    assert ran.code == 2
    assert "HEAD holds no new.toml" in ran.stderr


def test_a_change_that_breaks_what_steers_it_is_told(repository: Any) -> None:
    repository.write("sagemaker-auditor.toml", "selekt = 1\n")
    ran = repository("infra", "--config-from", "HEAD")
    assert ran.code == 1
    assert any("did you mean 'select'?" in sentence for sentence in ran.report["review"]["altered"])


OWN = """
from auditor.model.rule import rule
from auditor.model.sagemaker import NotebookInstance
from auditor.model.verdict import Severity, Verdict, failed


@rule("own-no-notebooks", severity=Severity.LOW)
def no_notebooks(notebook: NotebookInstance) -> Verdict:
    \"\"\"There are no notebooks.

    Why: said so.
    Fix: delete it.
    \"\"\"
    return failed("there is one", at="NotebookInstanceName")
"""


def test_the_change_runs_no_rules_of_its_own(repository: Any) -> None:
    repository.write("sagemaker-auditor.toml", 'rules = ["ci/own.py"]\n')
    repository.write("ci/own.py", OWN)
    git(repository.folder, "add", ".")
    git(repository.folder, "commit", "-q", "-m", "steered")
    repository.write("ci/own.py", "open('owned', 'w')\n")
    steered = ("infra", "--config", "sagemaker-auditor.toml", "--config-from", "HEAD")
    ran = repository(*steered)
    assert "own-no-notebooks" in failed(ran)
    assert not (repository.folder / "owned").exists()
    assert "ci/own.py: the change alters it; what the base holds counts" in ran.report["review"]["altered"]
    repository.write("ci/more.py", OWN.replace("own-", "more-"))
    git(repository.folder, "add", ".")
    more = repository(*steered, "--rules", "ci/more.py")
    assert more.code == 2
    assert "HEAD holds no ci/more.py" in more.stderr


def test_a_submodule_has_no_rules_to_give(repository: Any) -> None:
    repository.write("policy/own.py", OWN)
    git(repository.folder / "policy", "init", "-q", "-b", "main")
    git(repository.folder / "policy", "add", ".")
    git(repository.folder / "policy", "commit", "-q", "-m", "own")
    repository.write("sagemaker-auditor.toml", 'rules = ["policy/own.py"]\n')
    git(repository.folder, "add", ".")
    git(repository.folder, "commit", "-q", "-m", "steered")
    ran = repository("infra", "--config", "sagemaker-auditor.toml", "--config-from", "HEAD")
    assert ran.code == 2
    assert "policy/own.py lies in a submodule" in ran.stderr


@pytest.mark.parametrize("kept", [True, False])
def test_the_change_brings_no_baseline_of_its_own(repository: Any, *, kept: bool) -> None:
    repository.write("old.json", repository("infra", "--select", ROOT).stdout)
    if kept:
        git(repository.folder, "add", ".")
        git(repository.folder, "commit", "-q", "-m", "baseline")
    repository.write("old.json", repository("infra").stdout)
    git(repository.folder, "add", ".")
    ran = repository("infra", "--baseline", "old.json", "--config-from", "HEAD")
    assert ran.code == 1
    assert ran.report["review"]["known"] == int(kept)
    assert "old.json: the change alters it; what the base holds counts" in ran.report["review"]["altered"]


def test_a_baseline_from_elsewhere_counts(repository: Any) -> None:
    repository.write("old.json", repository("infra").stdout)
    ran = repository("infra", "--baseline", "old.json", "--config-from", "HEAD")
    assert ran.code == 0
    assert ran.report["review"]["altered"] == []


@pytest.mark.parametrize("named", ["/etc/hostname", "/dev/stdin", "link.yaml"])
def test_the_change_has_no_file_read_to_it(repository: Any, named: str) -> None:
    (repository.folder / "link.yaml").symlink_to("/etc/hostname")
    repository.write("sagemaker-auditor.toml", f'waivers = "{named}"\n')
    ran = repository("infra", "--config-from", "HEAD")
    assert ran.code == 1
    (told,) = (words for words in ran.report["review"]["altered"] if words.startswith("waivers:"))
    assert f"{named}: it is no file of the repository" in told


def test_a_file_of_a_repository_within_is_not_taken_for_one_outside(repository: Any) -> None:
    repository.write(f"sub/infra/{BAD}")
    git(repository.folder / "sub", "init", "-q", "-b", "main")
    git(repository.folder / "sub", "add", ".")
    git(repository.folder / "sub", "commit", "-q", "-m", "within")
    ran = repository(".", "--select", IMDS, "--changed-since", "HEAD")
    assert ran.code == 1
    assert len(ran.report["findings"]) == 2


def test_the_configuration_of_the_working_directory_counts_and_no_other(gate: Any) -> None:
    gate.write(f"infra/{BAD}")
    gate.write("infra/sagemaker-auditor.toml", f'ignore = ["{IMDS}"]\n')
    assert IMDS in failed(gate("infra"))
    gate.write("pyproject.toml", f'[tool.sagemaker-auditor]\nignore = ["{IMDS}"]\n')
    assert IMDS not in failed(gate("infra"))
    gate.write("sagemaker-auditor.toml", "")
    assert IMDS in failed(gate("infra"))
    assert IMDS not in failed(gate("infra", "--config", "infra/sagemaker-auditor.toml"))


def test_a_configuration_that_nobody_named_runs_no_code(gate: Any) -> None:
    gate.write(BAD)
    gate.write("own.py", "open('owned', 'w')\n")
    gate.write("sagemaker-auditor.toml", 'rules = ["own.py"]\n')
    ran = gate(BAD)
    assert ran.code == 2
    assert "only where a configuration is named" in ran.stderr
    assert not (gate.folder / "owned").exists()


def test_a_severity_can_be_overridden(gate: Any) -> None:
    gate.write(BAD)
    gate.write("sagemaker-auditor.toml", f'fail_on = "CRITICAL"\n[severity]\n{IMDS} = "critical"\n')
    ran = gate(BAD)
    assert ran.code == 1
    assert ran.finding(IMDS)["severity"] == "CRITICAL"
    gate.write("sagemaker-auditor.toml", '[severity]\nnotebook-imds = "LOW"\n')
    wrong = gate(BAD)
    assert wrong.code == 2
    assert f"severity.notebook-imds: no rule is called 'notebook-imds' (did you mean '{IMDS}'?)" in wrong.stderr


def test_a_profile_is_chosen_by_path_or_tag(gate: Any) -> None:
    gate.write(f"sandbox/{BAD}")
    gate.write(f"prod/{BAD}", Tags=[{"Key": "env", "Value": "prod-1"}])
    gate.write(
        "sagemaker-auditor.toml",
        'select = ["notebook-instance-imdsv2"]\n'
        '[profiles.sandbox]\npaths = ["sandbox/*"]\nfail_on = "CRITICAL"\n'
        f'[profiles.production]\ntags = {{env = "prod*"}}\nseverity = {{{IMDS} = "CRITICAL"}}\n',
    )
    assert gate("sandbox").code == 0
    ran = gate("prod")
    assert (ran.code, ran.finding(IMDS)["severity"]) == (1, "CRITICAL")
    gate.write(
        "sagemaker-auditor.toml", f'[profiles.sandbox]\npaths = ["sandbox/*"]\nignore = ["{IMDS}"]\n'
    )  # fmt: skip
    assert IMDS not in failed(gate("sandbox"))
    assert IMDS in failed(gate("prod"))


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "github", "markdown", "console", "jsonl", "html"])
def test_every_form_can_be_written_of_a_steered_run(gate: Any, form: str) -> None:
    gate.write(BAD)
    gate.write("w.yaml", "waivers:\n" + waiver(days=3))
    gate.write("old.json", gate(BAD, "--select", ROOT).stdout or "{}")
    ran = gate(BAD, "--waivers", "w.yaml", form=form)
    assert ran.code == 1
    assert len(ran.stdout) > 100
    if form in ("json", "html", "markdown", "console"):
        assert "expir" in (ran.stdout + ran.stderr).lower()


def test_saved_reports_keep_waivers_and_review(gate: Any) -> None:
    gate.write(BAD)
    gate.write("w.yaml", "waivers:\n" + waiver())
    ran = gate(BAD, "--waivers", "w.yaml", form="jsonl")
    last = json.loads(ran.stdout.splitlines()[-1])
    assert last["waivers"][0]["rule"] == IMDS


def test_of_profiles_that_may_fit_the_strictest_counts(gate: Any) -> None:
    template = {
        "Parameters": {"Env": {"Type": "String"}},
        "Resources": {
            "N": {
                "Type": "AWS::SageMaker::NotebookInstance",
                "Properties": {"RootAccess": "Enabled", "Tags": [{"Key": "env", "Value": {"Ref": "Env"}}]},
            }
        },
    }
    gate.write("t.json", template)
    gate.write(
        "sagemaker-auditor.toml",
        f'fail_on = "CRITICAL"\n[profiles.prod]\ntags = {{env = "prod"}}\nfail_on = "LOW"\n'
        f'severity = {{{ROOT} = "CRITICAL"}}\n[profiles.lab]\ntags = {{env = "lab"}}\nignore = ["{ROOT}"]\n',
    )
    unknown = gate("t.json", "--select", ROOT)
    assert unknown.code == 1
    assert unknown.finding(ROOT)["severity"] == "CRITICAL"
    assert unknown.finding(ROOT)["resource"]["tags"] is None
    assert gate("t.json", "--select", ROOT, "--parameters", "Env=prod").code == 1
    assert gate("t.json", "--select", ROOT, "--parameters", "Env=lab").report["findings"] == []
    assert gate("t.json", "--select", ROOT, "--parameters", "Env=other").code == 0

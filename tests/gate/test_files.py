"""Which files of a folder a gate looks at, what it says of the others, and what it calls them."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

BAD = "create-notebook-instance.json"


def test_a_folder_stands_for_what_is_known_in_it(gate: Any) -> None:
    gate.write(f"infra/{BAD}")
    gate.write("infra/package.json", {"name": "x"})
    gate.write("infra/values.yaml", "a: 1\n")
    gate.write("infra/notes.txt", "no")
    for hidden in ("node_modules/x", ".terraform", ".github", "env/lib/site-packages"):
        gate.write(f"infra/{hidden}/{BAD}")
    gate.write("infra/env/pyvenv.cfg", "home = x")
    gate.write(f"infra/env/{BAD}")
    gate.write(f"infra/cdk.out/{BAD}", NotebookInstanceName="cdk")
    gate.write(f"outside/{BAD}")
    (gate.folder / "infra/link.json").symlink_to(gate.folder / "outside" / BAD)
    ran = gate("infra")
    assert ran.code == 1
    assert ran.targets == {
        f"infra/{BAD}": "SCANNED",
        f"infra/cdk.out/{BAD}": "SCANNED",
        f"infra/env/{BAD}": "SCANNED",
        **dict.fromkeys(("infra/package.json", "infra/values.yaml"), "NOT_SCANNED"),
        **dict.fromkeys(("infra/.terraform", "infra/.github", "infra/node_modules"), "NOT_SCANNED"),
        **dict.fromkeys(("infra/env/lib/site-packages", "infra/link.json"), "NOT_SCANNED"),
    }
    reasons = {target["family"]: target["reason"] for target in ran.report["coverage"]["targets"]}
    assert reasons["infra/node_modules"] == "left out: installed packages"
    assert reasons["infra/link.json"] == "left out: a link"
    assert ran.report["coverage"]["complete"]


@pytest.mark.parametrize("name", ["nb.JSON", "nb.Json", "nb.YML"])
def test_a_suffix_is_one_however_it_is_written(gate: Any, name: str) -> None:
    gate.write(f"infra/{name}", {"Resources": {"N": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": {}}}})
    assert gate("infra").targets == {f"infra/{name}": "SCANNED"}


def test_what_git_keeps_is_no_installed_package(gate: Any) -> None:
    gate.write("infra/pyvenv.cfg", "home = x")
    gate.write(f"infra/{BAD}")
    gate.write(f"infra/node_modules/{BAD}")
    gate.write("other/package.json", {})
    for words in (("init", "-q"), ("add", ".")):
        subprocess.run(["git", *words], cwd=gate.folder, check=True)  # noqa: S607
    ran = gate(".")
    assert ran.code == 1
    assert {name for name, status in ran.targets.items() if status == "SCANNED"} == {
        f"infra/{BAD}",
        f"infra/node_modules/{BAD}",
    }


@pytest.mark.parametrize(
    "text",
    [
        'Description: "{{x}}"\nDescription: "{{x}}"\n',
        'Description: {{ x }}\nA: "\\x73ageMaker"\n',
        'Description: {{ x }}\nA: "Sage\\\n   Maker"\n',
    ],
)
def test_a_file_that_only_looks_unrendered_leaves_a_hole(gate: Any, text: str) -> None:
    gate.write("infra/t.yaml", text)
    ran = gate("infra")
    assert ran.code == 3
    assert not ran.report["coverage"]["complete"]


def test_a_template_of_a_chart_without_sagemaker_is_left_out(gate: Any) -> None:
    gate.write("infra/t.yaml", "{{- if .Values.x }}\nkind: Service\n{{- end }}\n")
    ran = gate("infra")
    assert ran.code == 0
    assert ran.targets == {"infra/t.yaml": "NOT_SCANNED"}


def test_what_a_folder_holds_and_cannot_be_read_leaves_the_run_incomplete(gate: Any) -> None:
    gate.write("infra/a.json", '{"a": 1,')
    gate.write(f"infra/{BAD}")
    ran = gate("infra")
    assert ran.code == 3
    assert not ran.report["coverage"]["complete"]
    assert "infra/a.json:1" in ran.stderr


def test_templates_of_other_tools_are_left_out_of_a_folder(gate: Any) -> None:
    gate.write(f"charts/{BAD}")
    gate.write("charts/web.yaml", "spec: {{ .Values.web }}\n")
    ran = gate("charts")
    assert (ran.code, ran.targets["charts/web.yaml"]) == (1, "NOT_SCANNED")
    gate.write("charts/job.yaml", "apiVersion: sagemaker.services.k8s.aws/v1alpha1\nspec: {{ .Values.job }}\n")
    assert gate("charts").code == 3
    assert gate("charts/web.yaml").code == 2


def test_a_folder_that_cannot_be_looked_into_leaves_the_run_incomplete(
    gate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.write(f"infra/{BAD}")
    closed = gate.write(f"infra/closed/{BAD}").parent
    listed = os.scandir

    def scandir(path: str) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    # The tests may run as a user to whom nothing is closed.
    monkeypatch.setattr(os, "scandir", scandir)
    ran = gate("infra")
    assert ran.code == 3
    assert "infra/closed: Permission denied" in ran.stderr
    assert gate("infra/closed").code == 2
    assert closed.is_dir()


def test_a_folder_without_a_file_is_refused(gate: Any) -> None:
    gate.write("infra/notes.txt", "x")
    ran = gate("infra")
    assert (ran.code, ran.stdout) == (2, "")
    assert "holds no file that could be judged" in ran.stderr


def test_files_are_called_by_their_place_in_the_repository(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gate.write(f"repository/infra/{BAD}")
    (gate.folder / "repository/.git").mkdir()
    ids = set()
    for place, word in (("repository", "infra"), ("repository/infra", "."), ("repository/infra", BAD)):
        monkeypatch.chdir(gate.folder / place)
        ran = gate(word)
        assert list(ran.targets) == [f"infra/{BAD}"]
        ids.add(tuple(finding["id"] for finding in ran.report["findings"]))
    assert len(ids) == 1

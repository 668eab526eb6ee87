"""The configuration file: what it may hold, and what a wrong one is told."""

import tomllib
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import rules
from auditor.catalog import Catalog
from auditor.cli import cli
from auditor.config import AuditConfig, found_in, load
from auditor.errors import ConfigError
from auditor.model.verdict import Severity
from auditor.scan.policy import Policy, configured, read_waivers

WHOLE = """
select = ["notebooks"]
ignore = ["LOW"]
fail_on = "high"
waivers = 'w"\\.yaml'

[severity]
notebook-instance-imdsv2 = "low"

[profiles.sandbox]
paths = ["sandbox/*"]
fail_on = "CRITICAL"

[profiles."team x"]
tags = {env = "prod"}
ignore = ["tagging"]
severity = {notebook-instance-imdsv2 = "CRITICAL"}
"""


def written(folder: Path, text: str, name: str = "sagemaker-auditor.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_is_read(tmp_path: Path) -> None:
    settings = load(written(tmp_path, WHOLE), {})
    assert settings.fail_on is Severity.HIGH
    assert list(settings.profiles) == ["sandbox", "team x"]
    assert settings.profiles["sandbox"].fail_on is Severity.CRITICAL
    assert settings.profiles["team x"].severity == {"notebook-instance-imdsv2": Severity.CRITICAL}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fail-on = 'LOW'", "unknown key 'fail-on'; did you mean 'fail_on'?"),
        ("profiels = {}", "unknown key 'profiels'; did you mean 'profiles'?"),
        ("[profiles.a]\npaths = ['x']\nseverty = {}", "unknown key 'profiles.a.severty'; did you mean 'severity'?"),
        ("[profiles.a]\nfail_on = 'LOW'", "profiles.a: a profile needs paths or tags"),
        ("fail_on = 'BAD'", "fail_on: "),
        ("[severity]\nx = 'BAD'", "severity.x: "),
        ("x = ", "not TOML"),
        ("a = " + "[" * 5_000, "not TOML"),
    ],
)
def test_what_does_not_fit_is_told_with_the_nearest_name(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_a_project_file_is_read_by_its_table(tmp_path: Path) -> None:
    path = written(tmp_path, '[project]\nname = "x"\n[tool.sagemaker-auditor]\nfail_on = "HIGH"\n', "pyproject.toml")
    assert load(path, {}).fail_on is Severity.HIGH
    assert found_in(tmp_path) == path
    bare = written(tmp_path, '[tool.other]\nfail_on = "HIGH"\n', "pyproject.toml")
    assert found_in(tmp_path) is None
    with pytest.raises(ConfigError, match=r"there is no table \[tool\.sagemaker-auditor\]"):
        load(bare, {})


@given(st.text(max_size=60))
def test_a_strangers_project_file_is_never_in_the_way(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert found_in(folder) is None


def test_what_is_in_force_is_shown_as_a_file_that_means_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    ran = CliRunner().invoke(cli, ["config", "show", "--config", str(path)])
    assert ran.exit_code == 0
    assert 'fail_on = "HIGH"  # set' in ran.stdout
    assert AuditConfig.model_validate(tomllib.loads(ran.stdout)) == load(path, {})


def test_the_defaults_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SAGEMAKER_AUDITOR_CONFIG", raising=False)
    ran = CliRunner().invoke(cli, ["config", "show"])
    assert ran.stdout.startswith("# no configuration file; defaults\n")
    assert AuditConfig.model_validate(tomllib.loads(ran.stdout)) == AuditConfig()
    written(tmp_path, 'fail_on = "HIGH"\n')
    assert 'fail_on = "HIGH"  # set' in CliRunner().invoke(cli, ["config", "show"]).stdout


def test_what_the_documentation_shows_is_read(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/steering.md").read_text(encoding="utf-8")
    toml = page.partition("```toml\n")[2].partition("```")[0]
    settings = load(written(tmp_path, toml), {})
    catalog = Catalog.of(rules.MODULES)
    assert len(configured(catalog, settings)) < len(catalog)
    assert list(Policy.of(settings, catalog).profiles) == ["production", "sandbox"]
    yaml = page.partition("```yaml\n")[2].partition("```")[0]
    (waiver,) = read_waivers(written(tmp_path, yaml, "waivers.yaml"), "waivers.yaml", catalog, date(2026, 12, 1))
    assert waiver.expires == date(2027, 3, 31)

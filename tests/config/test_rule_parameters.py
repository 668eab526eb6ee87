"""Rule parameters in the configuration: what fits, what a wrong one is told, what is shown."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import rules
from auditor.catalog import Catalog
from auditor.cli import cli
from auditor.config import AuditConfig, line_of, load
from auditor.errors import ConfigError
from auditor.scan.policy import Policy, configured

CATALOG = Catalog.of(rules.MODULES)
AGE = "user-access-key-age"
WHOLE = f"""
# how old keys may be
[rule.{AGE}]
longest_days = 60

[rule.domain-tags]
required = [
  "owner",
  "cost-centre",
]

[profiles.sandbox]
paths = ["sandbox/*"]

[profiles.sandbox.rule.{AGE}]
longest_days = 365
"""


def written(folder: Path, text: str, name: str = "sagemaker-auditor.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_rule_takes_the_value_and_its_words_say_it(tmp_path: Path) -> None:
    catalog = configured(CATALOG, load(written(tmp_path, WHOLE), {}))
    assert catalog.get(AGE).values == {"longest_days": 60}
    assert catalog.get(AGE).title == "An IAM user's active access keys are at most 60 days old."
    assert CATALOG.get(AGE).title == "An IAM user's active access keys are at most 90 days old."
    assert catalog.get("domain-tags").values == {"required": ("owner", "cost-centre")}
    assert [variant.values for variant in catalog.get(AGE).variants] == [{"longest_days": 365}]
    assert not catalog.get("domain-tags").variants


def test_the_report_is_told_what_is_set(tmp_path: Path) -> None:
    told = Policy.of(load(written(tmp_path, WHOLE), {}), CATALOG).parameters
    assert set(told) == {
        f"{AGE}: longest_days is 60, not 90",
        f"{AGE} in sandbox: longest_days is 365, not 90",
        "domain-tags: required is owner, cost-centre",
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[rule.user-access-key]\nlongest_days = 1", 1, f"rule.user-access-key: no rule is called.*{AGE}"),
        (f"\n[rule.{AGE}]\nlongest_day = 1", 3, "longest_day: .* has no parameter 'longest_day'.*'longest_days'"),
        ("[rule.domain-sso]\nx = 1", 2, "domain-sso has no parameter 'x' .the rule has no parameters"),
        (f"[rule.{AGE}]\nlongest_days = '60'", 2, "expected a whole number from 1 to 999,999,999, got '60'"),
        (f"[rule.{AGE}]\nlongest_days = 0", 2, "expected a whole number.*how old .* in days; 90 by default"),
        (f"[rule.{AGE}]\nlongest_days = 1.5", 2, "expected a whole number"),
        (f"[rule.{AGE}]\nlongest_days = true", 2, "expected a whole number"),
        (f"[rule.{AGE}]\nlongest_days = 10_000_000_000", 2, "expected a whole number"),
        ("[rule.domain-tags]\nrequired = 'owner'", 2, "expected a list of texts"),
        ("[rule.domain-tags]\nrequired = ['a', '']", 2, "expected a list of texts that are not empty"),
        ("[rule.domain-tags]\nrequired = [\n'a',\n2]", 2, "expected a list of texts"),
        (f"[profiles.p]\npaths = ['x']\n[profiles.p.rule.{AGE}]\nlongest_days = -1", 4, f"profiles.p.rule.{AGE}"),
        ("[profiles.p]\npaths = ['x']\nrule = {domain-tag = {}}", 3, "profiles.p.rule.domain-tag: .*'domain-tags'"),
        ("[severity]\ndomain-tag = 'LOW'", 2, "severity.domain-tag: no rule is called .*'domain-tags'"),
        (f"rule = {{{AGE} = 3}}", 1, f"rule.{AGE}: Input should be a valid dictionary"),
        (f"[rules.{AGE}]\nlongest_days = 1", 1, r"rules: .* parameters of a rule stand under \[rule.ID\]"),
    ],
)
def test_what_does_not_fit_is_told_with_line_key_and_remedy(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError, match=said) as caught:
        configured(CATALOG, load(path, {}))
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_lines_are_those_of_a_project_file(tmp_path: Path) -> None:
    text = f"[project]\nname = 'x'\n[tool.sagemaker-auditor.rule.{AGE}]\nlongest = 1\n"
    path = written(tmp_path, text, "pyproject.toml")
    with pytest.raises(ConfigError, match="has no parameter 'longest'") as caught:
        configured(CATALOG, load(path, {}))
    assert str(caught.value).startswith(f"{path}:4: rule.{AGE}.longest: ")


def test_a_policy_refuses_what_the_catalog_would(tmp_path: Path) -> None:
    settings = load(written(tmp_path, f"[rule.{AGE}]\nlongest_days = 0"), {})
    with pytest.raises(ConfigError, match=":2: rule"):
        Policy.of(settings, CATALOG)


def test_the_line_of_a_statement_is_found_behind_whatever_looks_like_it() -> None:
    text = '# a = 1\nb = """\n[c]\na = 2\n"""\nd = [\n  1,\n]\n\n[c]\n# a = 3\na = 4\n[e.f]\ng = {h = 1}\n'
    found = {keys: line_of(text, keys.split(".")) for keys in ("b", "d", "c", "c.a", "e", "e.f.g.h", "a", "c.b")}
    assert found == {"b": 2, "d": 6, "c": 10, "c.a": 12, "e": 13, "e.f.g.h": 14, "a": 0, "c.b": 0}


STATEMENTS = ("# k0 = 1", "", "[t{n}]", "k{n} = 1", "k{n} = [\n# k0 = 1\n1,\n]", 'k{n} = """\n[t0]\nk0 = 1\n"""')


@given(st.lists(st.sampled_from(STATEMENTS), max_size=12))
def test_the_line_of_every_key_is_where_its_statement_begins(parts: list[str]) -> None:
    text = ""
    table: tuple[str, ...] = ()
    expected: dict[tuple[str, ...], int] = {}
    for number, part in enumerate(parts):
        line, statement = text.count("\n") + 1, part.format(n=number)
        if statement.startswith("["):
            table = (f"t{number}",)
            expected[table] = line
        elif statement.startswith("k"):
            expected[*table, f"k{number}"] = line
        text += f"{statement}\n"
    assert {keys: line_of(text, keys) for keys in expected} == expected


def test_a_text_that_is_long_to_search_has_no_lines() -> None:
    assert line_of("a = 1\n" + "# \n" * 40_000, ["a"]) == 0
    assert line_of("a = [\n" + "1,\n" * 5_000 + "]\nb = 1\n", ["a"]) == 0


def test_what_is_in_force_is_shown_with_every_parameter(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    ran = CliRunner().invoke(cli, ["config", "show", "--config", str(path)], catch_exceptions=False)
    assert AuditConfig.model_validate(tomllib.loads(ran.stdout)) == load(path, {})
    assert "longest_days = 60  # set; longest_days = 90 by default" in ran.stdout
    _, mark, others = ran.stdout.partition("# [rule.")
    defaults = tomllib.loads("\n".join(line.removeprefix("# ") for line in f"{mark}{others}".splitlines()))["rule"]
    assert set(defaults) | set(load(path, {}).rule) == {rule.id for rule in CATALOG if rule.parameters}
    assert defaults["account-password-policy"] == {"shortest_length": 14, "remembered": 24}


def test_what_does_not_fit_is_not_shown_as_if_it_did(tmp_path: Path) -> None:
    path = written(tmp_path, f"[rule.{AGE}]\nlongest_days = 0\n")
    ran = CliRunner().invoke(cli, ["config", "show", "--config", str(path)])
    assert isinstance(ran.exception, ConfigError)


def test_nothing_is_imported_to_show_a_file_that_nobody_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SAGEMAKER_AUDITOR_CONFIG", raising=False)
    written(tmp_path, 'rules = ["own.py"]\n[rule.own-rule]\nlongest = 3\n')
    written(tmp_path, "raise SystemExit('imported')\n", "own.py")
    ran = CliRunner().invoke(cli, ["config", "show"], catch_exceptions=False)
    assert ran.exit_code == 0
    assert AuditConfig.model_validate(tomllib.loads(ran.stdout)).rule == {"own-rule": {"longest": 3}}


@pytest.mark.parametrize("command", [("rules", "show", AGE), ("explain", AGE)])
def test_a_rule_shows_its_parameters_as_they_are_set(command: tuple[str, ...]) -> None:
    text = CliRunner().invoke(cli, command, catch_exceptions=False).stdout
    assert f"[rule.{AGE}]" in text
    line = next(line for line in text.splitlines() if "longest_days = " in line)
    assert tomllib.loads(line.strip()) == {"longest_days": 90}
    assert "how old an active access key may be, in days" in line

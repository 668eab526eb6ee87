"""Judging: isolation of faulty rules, stable ids, evidence, counts."""

import inspect
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.catalog import Catalog
from auditor.engine import Judge
from auditor.errors import UsageError
from auditor.model.finding import Finding, finding_ids
from auditor.model.inventory import Inventory, Related
from auditor.model.kms import KmsKey
from auditor.model.resource import Identity, Location, Observation, Origin
from auditor.model.rule import Rule, rule
from auditor.model.sagemaker import NotebookInstance
from auditor.model.unknown import Reason, Unknown
from auditor.model.verdict import Severity, Status, Verdict, failed, not_applicable, passed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIVE = Origin("live", Observation("sagemaker:DescribeNotebookInstance", "req-1", "2026-01-01T00:00:00+00:00"))
WHO = Identity(NotebookInstance.cfn_type, "n", "arn:aws:n", "aws", "111122223333", "eu-west-1")


@rule("root-access", severity=Severity.MEDIUM, controls=("FSBP:SageMaker.3",), tags=("iam",))
def root_access(notebook: NotebookInstance) -> Verdict:
    """Users have no root access.

    Why: root can do anything.
    Fix: switch it off.
    """
    if notebook.root_access == "Enabled":
        return failed("root", at="RootAccess")
    return passed("no root", at="RootAccess")


@rule("always-breaks", severity=Severity.LOW)
def breaks(notebook: NotebookInstance) -> Verdict:
    """It never breaks.

    Why: for the test.
    Fix: none.
    """
    return passed(str(1 // len(notebook.additional_code_repositories)), at="RootAccess")


@rule("ends-it-all", severity=Severity.LOW)
def ends_it_all(notebook: NotebookInstance) -> Verdict:
    """A rule ends no program.

    Why: nothing would be reported.
    Fix: return a verdict.
    """
    raise SystemExit(notebook.identity.name == "")


@rule("breaks-with-a-secret", severity=Severity.LOW)
def breaks_with_a_secret(notebook: NotebookInstance) -> Verdict:
    """It never breaks.

    Why: for the test.
    Fix: none.
    """
    return passed(str(int(notebook.url or "")), at="RootAccess")


@rule("never-applies", severity=Severity.LOW)
def skips(_: NotebookInstance) -> Verdict:
    """It applies to nothing.

    Why: for the test.
    Fix: none.
    """
    return not_applicable("never")


@rule("known-key", severity=Severity.HIGH)
def known_key(notebook: NotebookInstance, keys: Related[KmsKey]) -> Verdict:
    """The key is known.

    Why: for the test.
    Fix: none.
    """
    return passed(keys.find(notebook.kms_key_id or "").key_state, at="KmsKeyId")


@rule("has-groups", severity=Severity.LOW)
def groups(_: NotebookInstance) -> Verdict:
    """It has groups.

    Why: for the test.
    Fix: none.
    """
    return failed("as the test asks", at="SecurityGroups")


ALL = (breaks, root_access, skips, known_key)


def _notebook(facts: dict[str, Any], origin: Origin = LIVE, who: Identity = WHO) -> NotebookInstance:
    return NotebookInstance.build(facts, who, origin)


def _findings(facts: dict[str, Any], *rules: Rule) -> dict[str, Finding]:
    judge = Judge(rules or ALL, Inventory(), NOW)
    return {finding.rule: finding for finding in judge.judge(_notebook(facts))}


def test_a_faulty_rule_harms_no_other() -> None:
    found = _findings({"RootAccess": "Disabled"})
    assert found["root-access"].status is Status.PASSED
    assert found["always-breaks"].status is Status.NOT_AVAILABLE
    assert found["always-breaks"].reason is Reason.RULE_ERROR
    assert "ZeroDivisionError" in found["always-breaks"].message


def test_a_rules_error_tells_its_line_and_nothing_of_the_resource() -> None:
    finding = _findings({"Url": "hunter2"}, breaks_with_a_secret)["breaks-with-a-secret"]
    source, start = inspect.getsourcelines(breaks_with_a_secret.judge)
    line = start + next(n for n, text in enumerate(source) if "int(" in text)
    where = f"ValueError in test_engine.py, line {line}"
    assert finding.message == f"what the rule needs could not be assessed (RULE_ERROR): {where}"
    assert finding.evidence[0].value == f"not observed, RULE_ERROR: {where}"
    assert "hunter2" not in repr(finding)


def test_a_rule_that_would_end_the_program_does_not() -> None:
    finding = _findings({}, ends_it_all)["ends-it-all"]
    assert (finding.status, finding.reason) == (Status.NOT_AVAILABLE, Reason.RULE_ERROR)
    assert "SystemExit" in finding.message


def test_the_evidence_says_what_was_seen_and_where() -> None:
    (set_here,) = _findings({"RootAccess": "Enabled"}, root_access)["root-access"].evidence
    assert (set_here.path, set_here.value, set_here.observed) == ("RootAccess", "Enabled", str(LIVE.default))
    (unset,) = _findings({}, root_access)["root-access"].evidence
    assert (unset.value, unset.observed) == ("Enabled", f"not set; {LIVE.default}")


def test_what_was_not_observed_is_named() -> None:
    found = _findings({"RootAccess": Unknown(Reason.ACCESS_DENIED, "AccessDenied")}, root_access)
    finding = found["root-access"]
    assert (finding.status, finding.reason) == (Status.NOT_AVAILABLE, Reason.ACCESS_DENIED)
    assert finding.evidence[0].path == "RootAccess"
    assert finding.message == "RootAccess could not be assessed (ACCESS_DENIED): AccessDenied"
    assert finding.evidence[0].value == "not observed, ACCESS_DENIED: AccessDenied"


def test_an_unknown_within_the_evidence_is_told_in_words() -> None:
    (evidence,) = _findings({"SecurityGroups": ["sg-1", Unknown(Reason.RUNTIME_VALUE)]}, groups)["has-groups"].evidence
    assert evidence.value == ["sg-1", "not observed, RUNTIME_VALUE"]


def test_what_does_not_apply_is_counted_and_yields_nothing() -> None:
    judge = Judge(ALL, Inventory(), NOW)
    found = list(judge.judge(_notebook({})))
    assert "never-applies" not in {finding.rule for finding in found}
    counts = {count.rule: count for count in judge.counts()}
    assert counts["never-applies"].not_applicable == 1
    assert counts["root-access"].failed == counts["always-breaks"].not_available == 1
    assert [count.rule for count in judge.counts()] == [one.id for one in ALL]


def test_rules_with_neighbours_wait() -> None:
    judge = Judge(ALL, Inventory(), NOW)
    notebook = _notebook({"KmsKeyId": "k"})
    findings, waiting = judge.streaming(notebook)
    assert "known-key" not in {finding.rule for finding in findings}
    assert waiting == ["known-key"]
    assert [finding.rule for finding in judge.settled(notebook, waiting)] == ["known-key"]


FIELDS = st.fixed_dictionaries(
    {},
    optional={"RootAccess": st.sampled_from(["Enabled", "Disabled"]), "Url": st.text(), "Tags": st.just([])},
)


@given(FIELDS, FIELDS)
def test_an_id_depends_on_who_and_which_rule_alone(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = _findings(one, root_access), _findings(other, root_access)
    assert first["root-access"].id == second["root-access"].id


def test_ids_differ_between_rules_resources_and_files() -> None:
    who = Identity(WHO.type, "m", "arn:aws:m", "aws", WHO.account, WHO.region)
    in_file = Origin("request", Location("a.json", 1, "n"))
    in_other = Origin("request", Location("b.json", 9, "n"))
    judge = Judge((root_access, breaks), Inventory(), NOW)
    resources = (_notebook({}), _notebook({}, LIVE, who), _notebook({}, in_file), _notebook({}, in_other))
    ids = [finding.id for resource in resources for finding in judge.judge(resource)]
    assert len(set(ids)) == len(ids) == 8


def test_an_id_is_the_same_in_every_release() -> None:
    assert _findings({}, root_access)["root-access"].id == "da725f625b3e02d3d3241fd3c48b440b"


def test_a_rule_is_found_by_every_word_for_it() -> None:
    catalog = Catalog(ALL)
    for word in ("root-access", "iam", "MEDIUM", "fsbp", "FSBP:SageMaker.3"):
        assert [one.id for one in catalog.select([word])] == ["root-access"]
    assert "root-access" not in [one.id for one in catalog.select(ignore=["root-access"])]


def test_a_wrong_word_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="root-access"):
        Catalog(ALL).select(["root-acces"])
    with pytest.raises(ValueError, match="two rules"):
        Catalog([root_access, root_access])


def test_an_id_is_the_same_in_every_version_of_the_program() -> None:
    ids = finding_ids(WHO, None)
    assert ids("root-access") == "da725f625b3e02d3d3241fd3c48b440b"
    assert finding_ids(WHO, Location("a.json", 1, "n"))("root-access") == "6de0ad05c41441f9a2a6fd89a0aa35c4"

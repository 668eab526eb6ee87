"""The table of what rules read, and what is derived from it."""

from auditor.catalog import Catalog
from auditor.model.inventory import Related
from auditor.model.kms import KmsKey
from auditor.model.rule import rule
from auditor.model.sagemaker import TrainingJob
from auditor.model.verdict import Severity, Verdict, passed
from auditor.reads import members_needed, paths_read, table
from rules import MODULES


@rule("own-rule", severity=Severity.LOW)
def own(_: TrainingJob, __: Related[KmsKey]) -> Verdict:
    """A user's rule.

    Why: for the test.
    Fix: none.
    """
    return passed("", at="")


def test_top_level_members_are_told_by_type() -> None:
    reads = {"own-rule": {"AWS::SageMaker::TrainingJob": ("ResourceConfig.VolumeKmsKeyId", "Tags[].Key")}}
    read = {name: {kind: tuple(paths) for kind, paths in found.items()} for name, found in reads.items()}
    assert members_needed([own], read) == {"AWS::SageMaker::TrainingJob": frozenset({"ResourceConfig", "Tags"})}


def test_a_rule_that_is_not_in_the_table_reads_everything() -> None:
    needed = members_needed([own])
    assert needed[TrainingJob.cfn_type] == frozenset(TrainingJob.fields_by_member)
    assert needed[KmsKey.cfn_type] == frozenset(KmsKey.fields_by_member)


def test_the_table_holds_rules_that_are_there_and_paths_that_exist() -> None:
    rules = {one.id: one for one in Catalog.of(MODULES)}
    assert set(table()) <= set(rules)
    for name in table():
        assert all(path.startswith("AWS::") for path in paths_read(rules[name]))
        members_needed([rules[name]])

"""Rules with parameters: how they are declared, what fits, and with which of them a resource is judged."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.catalog import Catalog
from auditor.config import AuditConfig
from auditor.engine import Judge
from auditor.model.finding import Finding
from auditor.model.inventory import Inventory
from auditor.model.parameter import LARGEST, Parameter, Value, shown
from auditor.model.resource import Identity, Location, Observation, Origin, Resource
from auditor.model.rule import Rule, rule
from auditor.model.sagemaker import NotebookInstance
from auditor.model.unknown import Reason, Unknown
from auditor.model.verdict import Severity, Status, Verdict, failed, passed
from auditor.reads import members_needed
from auditor.scan.policy import configured

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIVE = Origin("live", Observation("sagemaker:DescribeNotebookInstance"))
WHO = Identity(NotebookInstance.cfn_type, "n", "arn:aws:n", "aws", "111122223333", "eu-west-1")


@rule("volume-size", severity=Severity.LOW)
def volume(notebook: NotebookInstance, *, largest: int = 50, accepted: tuple[str, ...] = ()) -> Verdict:
    """A volume has at most {largest} GB.

    Why: more than {largest} GB hold more than a notebook needs.
    Fix: create it again with {largest} GB or {less}.
    Parameters:
      largest: the most that a volume may have, in GB; so it
        goes on.
      accepted: names of notebooks that may have more.
    """
    size = notebook.volume_size_in_gb or 5
    if notebook.notebook_instance_name in accepted or size <= largest:
        return passed(f"it has {size} GB", at="VolumeSizeInGB")
    return failed(f"it has {size} GB", at="VolumeSizeInGB")


CATALOG = Catalog([volume])


def notebook(facts: dict[str, Any], origin: Origin = LIVE) -> NotebookInstance:
    return NotebookInstance.build({"NotebookInstanceName": "n", "VolumeSizeInGB": 60, **facts}, WHO, origin)


def judged(one: Rule, resource: Resource) -> Finding:
    (found,) = Judge([one], Inventory(), NOW).judge(resource)
    return found


def steered(**settings: Any) -> Rule:
    return configured(CATALOG, AuditConfig.model_validate(settings)).get("volume-size")


def test_what_is_behind_the_star_is_a_parameter() -> None:
    assert volume.parameters == (
        Parameter("largest", 50, "the most that a volume may have, in GB; so it goes on"),
        Parameter("accepted", (), "names of notebooks that may have more"),
    )
    assert [one.kind for one in volume.parameters] == ["integer", "array of strings"]
    assert not volume.needs
    assert (volume.title, volume.why) == (
        "A volume has at most 50 GB.",
        "more than 50 GB hold more than a notebook needs.",
    )
    # Braces that name no parameter mean themselves.
    assert volume.fix == "create it again with 50 GB or {less}."


def test_the_words_follow_the_value_back_and_forth() -> None:
    larger = volume.tuned({"largest": 70})
    assert larger.title == "A volume has at most 70 GB."
    assert larger.tuned({}).title == volume.title
    assert volume.title == "A volume has at most 50 GB."


def test_a_finding_tells_the_values_that_are_not_the_default() -> None:
    resource = notebook({})
    plain, larger = judged(volume, resource), judged(volume.tuned({"largest": 70}), resource)
    assert (plain.status, plain.message) == (Status.FAILED, "it has 60 GB")
    assert (larger.status, larger.message) == (Status.PASSED, "it has 60 GB (largest is 70, not 50)")
    assert larger.id == plain.id
    assert judged(volume.tuned({"largest": 50}), resource).message == plain.message
    many = judged(volume.tuned({"accepted": ("n", "b", "c", "d", "e")}), resource)
    assert many.message == "it has 60 GB (accepted is n, b, c, 2 more)"


def of_no_default(notebook: NotebookInstance, *, largest: int) -> Verdict:
    """It is small.

    Why: for the test.
    Fix: none.
    Parameters:
      largest: the most.
    """
    return passed(str(largest), at=str(notebook))


def of_no_words(notebook: NotebookInstance, *, largest: int = 3) -> Verdict:
    """It is small.

    Why: for the test.
    Fix: none.
    """
    return passed(str(largest), at=str(notebook))


def of_another_type(notebook: NotebookInstance, *, largest: int = 3.5) -> Verdict:  # type: ignore[assignment]
    """It is small.

    Why: for the test.
    Fix: none.
    Parameters: largest: the most.
    """
    return passed(str(largest), at=str(notebook))


def of_no_type(notebook: NotebookInstance, *, largest: dict[str, int] = {}) -> Verdict:  # noqa: B006  what is refused
    """It is small.

    Why: for the test.
    Fix: none.
    Parameters: largest: the most.
    """
    return passed(str(largest), at=str(notebook))


def of_no_use(notebook: NotebookInstance, *, largest: int = 0) -> Verdict:
    """It is small.

    Why: for the test.
    Fix: none.
    Parameters: largest: the most.
    """
    return passed(str(largest), at=str(notebook))


@pytest.mark.parametrize("function", [of_no_default, of_no_words, of_another_type, of_no_type, of_no_use])
def test_a_parameter_that_cannot_be_set_is_refused(function: Callable[..., Verdict]) -> None:
    with pytest.raises(ValueError, match=r"largest|expected"):
        rule("small-thing", severity=Severity.LOW)(function)


DEFAULTS: tuple[Value, ...] = (True, 3, 2.5, "x", ("a",))


@given(
    st.sampled_from(DEFAULTS),
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4), st.lists, max_leaves=4),
)
def test_what_is_taken_is_of_the_type_and_within_bounds(default: Value, given_value: Any) -> None:
    parameter = Parameter("p", default, "for the test")
    try:
        value = parameter.fitting(given_value)
    except ValueError:
        with pytest.raises(ValueError, match=r"^expected "):
            parameter.fitting(given_value)
        return
    assert type(value) is type(default)
    assert parameter.fitting(value) == value
    assert shown(value)
    if isinstance(value, int | float):
        assert value is False or 0 < value <= LARGEST
    elif isinstance(value, tuple):
        assert all(one.strip() for one in value)


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="has no parameter smallest"):
        volume.tuned({"smallest": 3})


BY_PATH = {"paths": ["sandbox/*"], "rule": {"volume-size": {"largest": 100}}}
BY_TAG = {"tags": {"env": "dev*"}, "rule": {"volume-size": {"largest": 100}}}


@pytest.mark.parametrize(("file", "status"), [("sandbox/a.json", Status.PASSED), ("prod/a.json", Status.FAILED)])
def test_a_profile_by_path_sets_it_for_its_files(file: str, status: Status) -> None:
    in_file = Origin("request", Location(file, 1, "n"))
    assert judged(steered(profiles={"s": BY_PATH}), notebook({}, in_file)).status is status


def test_a_profile_by_path_is_for_no_live_resource() -> None:
    assert judged(steered(profiles={"s": BY_PATH}), notebook({})).status is Status.FAILED


def test_a_profile_adds_to_what_holds_everywhere() -> None:
    one = steered(rule={"volume-size": {"accepted": ["n"]}}, profiles={"s": BY_TAG})
    (variant,) = one.variants
    assert variant.values == {"largest": 100, "accepted": ("n",)}
    # A profile can lead back to the default.
    back = steered(rule={"volume-size": {"largest": 9}}, profiles={"s": {**BY_TAG, "rule": {"volume-size": {}}}})
    assert [variant.values for variant in back.variants] == [{"largest": 9}]
    default = steered(
        rule={"volume-size": {"largest": 9}}, profiles={"s": {**BY_TAG, "rule": {"volume-size": {"largest": 50}}}}
    )
    assert [variant.values for variant in default.variants] == [{}]


def tags(**pairs: Any) -> dict[str, Any]:
    return {"Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (tags(env="dev-1"), Status.PASSED),
        (tags(env="prod"), Status.FAILED),
        (tags(), Status.FAILED),
        ({"Tags": Unknown(Reason.ACCESS_DENIED)}, Status.NOT_AVAILABLE),
        (tags(env=Unknown(Reason.RUNTIME_VALUE)), Status.NOT_AVAILABLE),
        # A tag that does not decide need not be known.
        (tags(env="dev", stamp=Unknown(Reason.RUNTIME_VALUE)), Status.PASSED),
    ],
)
def test_a_profile_by_tag_is_not_guessed(facts: dict[str, Any], status: Status) -> None:
    finding = judged(steered(profiles={"s": BY_TAG}), notebook(facts))
    assert finding.status is status
    if status is Status.NOT_AVAILABLE:
        assert finding.evidence[0].path.startswith("Tags")


def test_unknown_tags_do_not_matter_where_no_profile_differs() -> None:
    facts = {"Tags": Unknown(Reason.ACCESS_DENIED)}
    one = steered(rule={"volume-size": {"largest": 100}}, profiles={"s": BY_TAG})
    assert judged(one, notebook(facts)).status is Status.PASSED
    assert judged(steered(profiles={"s": {"tags": {"env": "x"}}}), notebook(facts)).status is Status.FAILED


def test_of_several_profiles_the_first_that_fits_counts() -> None:
    strict = {"tags": {"env": "*"}, "rule": {"volume-size": {"largest": 10}}}
    for profiles, status in (({"a": BY_TAG, "b": strict}, Status.PASSED), ({"b": strict, "a": BY_TAG}, Status.FAILED)):
        assert judged(steered(profiles=profiles), notebook(tags(env="dev"))).status is status
    # One that fits and says nothing of the rule leaves it as it is everywhere.
    silent = {"a": {"tags": {"env": "*"}}, "b": BY_TAG}
    assert judged(steered(profiles=silent), notebook(tags(env="dev"))).status is Status.FAILED


def test_tags_are_read_where_parameters_depend_on_them() -> None:
    table = {"volume-size": {NotebookInstance.cfn_type: ("VolumeSizeInGB",)}}
    assert "Tags" not in members_needed([steered(profiles={"s": BY_PATH})], table)[NotebookInstance.cfn_type]
    assert "Tags" in members_needed([steered(profiles={"s": BY_TAG})], table)[NotebookInstance.cfn_type]


def test_a_rule_that_breaks_with_a_parameter_names_its_own_line() -> None:
    @rule("breaks-here", severity=Severity.LOW)
    def breaks(one: NotebookInstance, *, divisor: int = 1) -> Verdict:
        """It never breaks.

        Why: for the test.
        Fix: none.
        Parameters:
          divisor: what is divided by.
        """
        return passed(str(divisor // len(one.additional_code_repositories)), at="RootAccess")

    finding = judged(breaks.tuned({"divisor": 2}), notebook({}))
    assert finding.reason is Reason.RULE_ERROR
    assert "ZeroDivisionError in test_parameters.py, line" in finding.message

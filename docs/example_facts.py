"""Good and bad files for each rule: from its cases where one resource decides, else from `example_scenes.yaml`."""

import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from auditor.cases.book import Case, Entry, laid_over, put
from auditor.cases.facts import kind_of, stage
from auditor.cases.run import judge
from auditor.cases.spell import SPELLINGS, Speller, has_request, request_of, says
from auditor.cases.terraform import as_plan, plan_of, resource_for
from auditor.model.resource import Resource
from auditor.model.rule import Rule

_HERE = Path(__file__).resolve().parent
_SPELLED = _HERE.parent / "tests/sources/cloudformation"
_REQUESTS = ("request", "stepfunctions", "pipeline", "kubernetes", "terraform")
# What the cases call the neighbours that a scene makes.
_GROUP, _SUBNET = "sg-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60001"
_RANGES = {"bad": "0.0.0.0/0", "good": "10.20.0.0/16"}
_PORT = 8888
Pair = dict[str, Any]


@cache
def _templates() -> Any:
    if str(_SPELLED) not in sys.path:
        sys.path.insert(0, str(_SPELLED))
    return import_module("cfn_spelled")


def example(rule: Rule, entries: list[Entry]) -> dict[str, Any]:
    """What a rule's examples are made of; empty where no file decides it.

    Returns:
        `said`, pairs of requests with their type, and `languages`: of each language the number of its pair in
        `said`, or a pair of its own.
    """
    said: list[Pair] = []
    languages: dict[str, Any] = {}
    for language in ("cloudformation", *_REQUESTS):
        pair = _written(rule.id, language) or _of_cases(rule, language, entries) or _with_group(language, entries)
        if not pair:
            continue
        if "type" not in pair or language == "cloudformation":
            languages[language] = pair
            continue
        if pair not in said:
            said.append(pair)
        languages[language] = said.index(pair)
    if text := _written(rule.id, "dockerfile"):
        languages["dockerfile"] = text
    return {"said": said, "languages": languages} if languages else {}


def _of_cases(rule: Rule, language: str, entries: list[Entry]) -> Pair:
    """The first type whose resource alone fails and passes."""
    for entry in entries:
        kind = kind_of(entry, entry.resource)
        cases = {"bad": entry.cases["non_compliant"], "good": entry.cases["compliant"]}
        if not _has(language, kind):
            continue
        if any(_alone(rule, language, entry, case) != case.expect for case in cases.values()):
            continue
        facts = {word: stage(entry, case).facts or {} for word, case in cases.items()}
        spelled = _templates().template_of if language == "cloudformation" else request_of
        return {"type": kind.cfn_type, **{word: spelled(kind, given) for word, given in facts.items()}}
    return {}


def _has(language: str, kind: type[Resource]) -> bool:
    if language == "cloudformation":
        return bool(_templates().has_template(kind))
    if language == "terraform":
        return has_request(kind) and bool(resource_for(kind))
    return says(language, kind)


def _alone(rule: Rule, language: str, entry: Entry, case: Case) -> str:
    """What a rule says of a case whose neighbours are not there."""
    given = stage(entry, case)
    more: Mapping[str, Speller] = {"cloudformation": _templates().as_template, "terraform": as_plan}
    subject, _ = {**SPELLINGS, **more}[language](given)
    found = judge(rule, subject, type(given.inventory())(), given.now)
    return found.status.value if found else ""


def _with_group(language: str, entries: list[Entry]) -> Pair:
    """A resource and the security group that it names."""
    if language not in ("cloudformation", "terraform"):
        return {}
    for entry in entries:
        kind = kind_of(entry, entry.resource)
        if "SecurityGroup:IpPermissions" in entry.decides and _has(language, kind):
            facts = stage(entry, entry.cases["compliant"]).facts or {}
            made = _group_template if language == "cloudformation" else _group_plan
            return {word: made(kind, facts, range_) for word, range_ in _RANGES.items()}
    return {}


def _group_template(kind: type[Resource], facts: Mapping[str, Any], cidr: str) -> dict[str, Any]:
    inward = {"IpProtocol": "tcp", "FromPort": _PORT, "ToPort": _PORT, "CidrIp": cidr}
    group = {"GroupDescription": "example", "VpcId": "vpc-0a1b2c3d4e5f60001", "SecurityGroupIngress": [inward]}
    properties = _replaced(_templates().template_of(kind, facts), {_GROUP: {"Ref": "Group"}})
    return {
        "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": group},
        kind.cfn_type.rpartition("::")[2]: {"Type": kind.cfn_type, "Properties": properties},
    }


def _group_plan(kind: type[Resource], facts: Mapping[str, Any], cidr: str) -> dict[str, Any]:
    inward = {"protocol": "tcp", "from_port": _PORT, "to_port": _PORT, "cidr_blocks": [cidr]}
    after = plan_of(kind, facts)["resource_changes"][0]["change"]["after"]
    return {
        "aws_security_group.group": {"name": "example", "vpc_id": "vpc-0a1b2c3d4e5f60001", "ingress": [inward]},
        f"{resource_for(kind)}.example": _replaced(after, {_GROUP: {"$ref": "aws_security_group.group.id"}}),
    }


def _replaced(value: Any, other: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        # Nobody writes tags that are not there.
        return {key: _replaced(item, other) for key, item in value.items() if item not in ([], None)}
    if isinstance(value, list):
        return [_replaced(item, other) for item in value]
    return other.get(value, value) if isinstance(value, str) else value


@cache
def _scenes() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((_HERE / "example_scenes.yaml").read_text(encoding="utf-8"))
    return found


def _written(rule: str, language: str) -> Pair:
    """The pair that `example_scenes.yaml` holds for a rule."""
    scenes = _scenes()
    if rule in scenes["whole"].get(language, {}):
        pair: Pair = scenes["whole"][language][rule]
        return pair
    said = scenes.get(language)
    if language not in ("cloudformation", "terraform") or said is None:
        return {}
    if rule in scenes["services"]:
        base, service = scenes["services"][rule]
        asked = {"base": base, "with": {said["service"]: service}}
    elif rule in said["rules"]:
        asked = said["rules"][rule]
    else:
        return {}
    good = laid_over(_slashed(said["bases"][asked["base"]]), {})
    for path, value in asked.get("with", {}).items():
        put(good, path, value)
    bad = {"bad": _dotted(laid_over(good, asked["bad"]))} if "bad" in asked else {}
    return {**bad, "good": _dotted(good)}


def _slashed(scene: Mapping[str, Any]) -> dict[str, Any]:
    """Addresses with a slash, as a dot parts the steps of a path."""
    return {address.replace(".", "/"): arguments for address, arguments in scene.items()}


def _dotted(scene: Mapping[str, Any]) -> dict[str, Any]:
    return {address.replace("/", "."): arguments for address, arguments in scene.items()}

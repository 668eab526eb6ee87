"""Plans made in tests, each written as Terraform writes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import rules
from auditor.catalog import Catalog
from auditor.engine import Judge
from auditor.model.gap import Gap
from auditor.model.inventory import Inventory
from auditor.model.resource import Resource
from auditor.sources.detect import detect
from auditor.sources.document import read_documents
from auditor.sources.interface import Deployment, GateContext

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


Collected = tuple[dict[str, "Resource"], list[Gap]]


@pytest.fixture
def resource() -> Callable[..., dict[str, Any]]:
    """Makes one entry of `resource_changes`."""

    def make(address: str, after: dict[str, Any], unknown: Any = None, **more: Any) -> dict[str, Any]:
        module, _, own = address.rpartition(".aws_")
        own = f"aws_{own}" if module else address
        head, _, key = own.partition("[")
        mode = "data" if module == "data" or module.endswith(".data") else "managed"
        module = module.removesuffix("data").removesuffix(".")
        kind, _, name = head.removeprefix("data.").partition(".")
        entry: dict[str, Any] = {"address": address, "mode": mode, "type": kind, "name": name}
        if key:
            entry["index"] = json.loads(key.removesuffix("]"))
        if module:
            entry["module_address"] = module
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown or {}}
        return entry | {"change": change | {"after_sensitive": {}} | more}

    return make


@pytest.fixture
def configured() -> Callable[..., dict[str, Any]]:
    """Makes the configuration of one resource, of its address and the expressions of its arguments."""

    def make(address: str, /, **expressions: Any) -> dict[str, Any]:
        head = address.removeprefix("data.")
        kind, _, own = head.partition(".")
        mode = "data" if head != address else "managed"
        return {"address": address, "mode": mode, "type": kind, "name": own, "expressions": expressions}

    return make


@pytest.fixture
def ref() -> Callable[..., dict[str, Any]]:
    """Makes an expression of the names that occur in it."""

    def make(*names: str) -> dict[str, Any]:
        return {"references": list(names)}

    return make


@pytest.fixture
def collect(tmp_path: Path) -> Callable[..., Collected]:
    """Writes a plan, reads it as the gate does, and gives its resources by address and its gaps."""

    def read(changes: list[dict[str, Any]], root: dict[str, Any] | None = None, **more: Any) -> Collected:
        context = more.pop("context", GateContext(Deployment("aws", "111122223333", "eu-west-1")))
        plan: dict[str, Any] = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes}
        if root is not None:
            plan["configuration"] = {"root_module": root}
        path = tmp_path / "plan.json"
        path.write_text(json.dumps(plan | more, indent=1), encoding="utf-8")
        (document,) = read_documents(path)
        kind = detect(document)
        assert kind is not None
        assert kind.name == "terraform"
        items = list(kind.source(document, context).collect())
        gaps = [item for item in items if isinstance(item, Gap)]
        found = [item for item in items if isinstance(item, Resource)]
        return {str(one.origin.of("")).rpartition("#")[2]: one for one in found}, gaps

    return read


@pytest.fixture
def status_of() -> Callable[..., str]:
    """What a rule says of one of the resources that a plan was read to."""

    def judge(found: dict[str, Resource], gaps: list[Gap], rule: str, address: str) -> str:
        now = datetime(2026, 11, 25, tzinfo=UTC)
        findings = Judge(Catalog.of(rules.MODULES), Inventory(found.values(), gaps), now).judge(found[address])
        return next(one.status.value for one in findings if one.rule == rule)

    return judge

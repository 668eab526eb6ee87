"""The functions' package: the same bytes every time, small, complete, and nothing that is not needed."""

from __future__ import annotations

import hashlib
import json
import re
import runpy
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from auditor.sources.live.permissions import PURPOSES

if TYPE_CHECKING:
    from tests.deploy.conftest import Template

ROOT = Path(__file__).resolve().parents[2]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
RELEASED = "3.13"
# Their wheels differ by interpreter and machine: compiled modules, and the tags in their metadata.
NATIVE = ("pydantic_core", "markupsafe", "yaml")
TOOLS = re.compile(r"^(moto|cfnlint|pytest|mypy|ruff|hypothesis|playwright|duckdb|auditor/demo|auditor/cases|tests)/")


@dataclass(frozen=True)
class Built:
    """A package, with what it was made of."""

    data: bytes
    wheels: list[Any]
    sbom: dict[str, Any]

    def files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(BytesIO(self.data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="session")
def package() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "deploy/package.py"))


@pytest.fixture(scope="session")
def own(package: dict[str, Any]) -> dict[str, bytes]:
    """Read once, so that the packages that are compared are of one state of the code."""
    found: dict[str, bytes] = package["own_files"]()
    return found


def _build(package: dict[str, Any], own: dict[str, bytes], python: str, folder: Path) -> Built:
    wheels = package["download"](python, "x86_64", folder)
    data = package["zipped"](package["contents"](wheels, own))
    return Built(data, wheels, package["sbom"](wheels, hashlib.sha256(data).hexdigest()))


@pytest.fixture(scope="session")
def here(package: dict[str, Any], own: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Built:
    return _build(package, own, HERE, tmp_path_factory.mktemp("here"))


@pytest.fixture(scope="session")
def released(package: dict[str, Any], own: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Built:
    return _build(package, own, RELEASED, tmp_path_factory.mktemp("released"))


def test_the_same_input_gives_the_same_bytes(package: dict[str, Any], own: dict[str, bytes], here: Built) -> None:
    shuffled = dict(sorted(package["contents"](here.wheels[::-1], own).items(), reverse=True))
    assert hashlib.sha256(package["zipped"](shuffled)).digest() == hashlib.sha256(here.data).digest()


def test_the_zip_says_nothing_of_when_and_where_it_was_made(here: Built) -> None:
    with zipfile.ZipFile(BytesIO(here.data)) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.create_system for entry in entries} == {3}
    names = [entry.filename for entry in entries]
    assert names == sorted(set(names))
    assert not [name for name in names if name.endswith((".pyc", "/RECORD")) or "direct_url" in name]


def test_it_fits(package: dict[str, Any], here: Built, released: Built) -> None:
    assert package["LARGEST"] == 15_000_000
    assert max(len(here.data), len(released.data)) <= package["LARGEST"]


def test_it_holds_no_tools(released: Built) -> None:
    assert not [name for name in released.files() if TOOLS.search(name)]


def test_what_is_tested_is_what_is_released(here: Built, released: Built) -> None:
    """File by file, native wheels apart."""

    def portable(built: Built) -> dict[str, bytes]:
        return {name: body for name, body in built.files().items() if not name.lower().startswith(NATIVE)}

    assert set(portable(here)) == set(portable(released))
    assert portable(here) == portable(released)
    apart = {name.partition("/")[0].partition("-")[0].lower() for name in set(here.files()) - set(portable(here))}
    assert apart >= set(NATIVE) - {"yaml"}


def test_native_modules_are_those_of_the_target(released: Built) -> None:
    native = [name for name in released.files() if ".so" in name]
    assert native
    assert all("cpython-313-x86_64" in name or "abi3" in name for name in native)


def test_every_service_that_is_called_is_there_and_no_other(package: dict[str, Any], released: Built) -> None:
    services = package["services"]()
    assert {operation.partition(":")[0] for purpose in PURPOSES.values() for operation in purpose} <= services
    # What results are written with is called from the code alone.
    assert {"s3", "sns", "events", "securityhub", "sts"} <= services
    models = [name for name in released.files() if re.search(r"botocore/data/.*/service-2\.json(\.gz)?$", name)]
    assert sorted(name.split("/")[2] for name in models) == sorted(services)


ISOLATED = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
ours = "auditor.delivery auditor.fleet auditor.scan auditor.sources.live lambda_handlers reports rules"
for folder in ours.split():
    package = importlib.import_module(folder)
    for found in pkgutil.walk_packages(package.__path__, folder + "."):
        importlib.import_module(found.name)
from auditor.sources.live.clients import Clients, new_session
from botocore.credentials import Credentials
session = new_session(credentials=Credentials("AKIAIOSFODNN7EXAMPLE", "secret"))
for service in sys.argv[2:]:
    Clients(session).get(service, "eu-west-1")
print(len(session.get_available_regions("sagemaker")), sorted({m.__file__ for m in sys.modules.values()
    if getattr(m, "__file__", None) and "site-packages" in m.__file__}))
"""


def test_everything_loads_from_the_package_alone(package: dict[str, Any], here: Built, tmp_path: Path) -> None:
    with zipfile.ZipFile(BytesIO(here.data)) as archive:
        archive.extractall(tmp_path)
    command = [sys.executable, "-I", "-S", "-c", ISOLATED, str(tmp_path), *sorted(package["services"]())]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    regions, elsewhere = ran.stdout.split(" ", 1)
    assert int(regions) > 20
    assert elsewhere.strip() == "[]"


def test_the_handlers_of_the_template_are_in_the_package(here: Built, single: Template) -> None:
    files = here.files()
    for function in single.of_type("AWS::Lambda::Function").values():
        module, _, name = function["Handler"].rpartition(".")
        source = files[module.replace(".", "/") + ".py"].decode()
        assert re.search(rf"^(def {name}\(|{name} = )", source, re.MULTILINE)


def test_the_template_runs_what_is_built(single: Template) -> None:
    functions = single.of_type("AWS::Lambda::Function").values()
    assert {function["Runtime"] for function in functions} == {f"python{RELEASED}"}
    assert {function["Code"] for function in functions} == {"../dist/sagemaker-auditor-lambda.zip"}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"LAMBDA_PYTHON := {RELEASED}\n" in makefile


def test_the_sbom_is_valid_cyclonedx(released: Built) -> None:
    text = json.dumps(released.sbom)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_an_invalid_sbom_would_be_found(released: Built) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps({**released.sbom, "version": "one"}))


def test_the_sbom_lists_what_is_in_the_zip(package: dict[str, Any], released: Built) -> None:
    listed = {component["name"]: component for component in released.sbom["components"]}
    infos = {name.partition("/")[0] for name in released.files() if ".dist-info/" in name}
    shipped = {re.sub(r"[-_.]+", "-", info.partition("-")[0]).lower() for info in infos}
    assert shipped == set(listed) == set(package["runtime_names"](RELEASED))
    lock = package["locked"]()
    for name, component in listed.items():
        assert f"=={component['version']}" in lock[name].splitlines()[0]
        # The hash of what was downloaded is one that is locked.
        assert component["hashes"][0]["content"] in lock[name]
    own = released.sbom["metadata"]["component"]
    assert own["hashes"][0]["content"] == hashlib.sha256(released.data).hexdigest()


def test_a_dependency_that_is_not_locked_is_refused(
    package: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(package["download"].__globals__, "locked", dict)
    with pytest.raises(package["PackageError"], match="make lock"):
        package["download"](HERE, "x86_64", tmp_path)


def test_a_wheel_that_is_not_the_locked_one_is_refused(
    package: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock = {name: re.sub(r"sha256:\w{8}", "sha256:00000000", text) for name, text in package["locked"]().items()}
    lock = {name: text for name, text in lock.items() if name == "six"}
    monkeypatch.setitem(package["download"].__globals__, "locked", lambda: lock)
    monkeypatch.setitem(package["download"].__globals__, "runtime_names", lambda _: ["six"])
    with pytest.raises(package["PackageError"], match=r"(?i)hash"):
        package["download"](HERE, "x86_64", tmp_path)


@pytest.mark.parametrize("file", ["package.py", "generate.py", "template.yaml", "member-role.yaml"])
def test_no_registry_is_written_down(file: str) -> None:
    text = (ROOT / "deploy" / file).read_text(encoding="utf-8")
    assert not re.search(r"index-url|find-links|pypi\.org|pythonhosted", text)

"""Builds the functions' zip and its list of contents (SBOM): the same input gives the same bytes.

What goes in: the project's own code, and the wheels that `requirements.lock` names for its runtime dependencies, from
whatever index pip is configured with, each held to its hash. Of botocore's data only the services that the code calls.
"""

import argparse
import ast
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from auditor import __version__
from auditor.sources.live.permissions import PURPOSES

ROOT = Path(__file__).resolve().parents[1]
NAME = "sagemaker-auditor-lambda"
# AWS Lambda Developer Guide, "Lambda quotas": 50 MB zipped for an upload; cold starts grow with it.
LARGEST = 15_000_000
PLATFORMS = {"x86_64": "x86_64", "arm64": "aarch64"}
# Runtimes from Python 3.12 on stand on Amazon Linux 2023 with glibc 2.34, older ones on Amazon Linux 2 with 2.26
# (AWS Lambda Developer Guide, "Lambda runtimes").
_GLIBC = {"3.11": ("2014", "_2_17"), "": ("2014", "_2_17", "_2_28")}
OWN_FOLDERS = ("auditor", "lambda_handlers", "reports", "rules")
# The embedded AWS and the cases are no part of a function; the one would need moto.
LEFT_OUT = ("auditor/cases/", "auditor/demo/")
# Where AWS is asked; the import contract of pyproject.toml forbids boto3 elsewhere.
_ASKING = ("auditor/delivery", "auditor/fleet", "auditor/sources/live", "lambda_handlers")
_OPERATION = re.compile(r"([a-z0-9-]+):[A-Z]\w+")
_CALLS_FOR_CLIENTS = ("client", "create_client", "delivery_client", "get")
_NOT_READ = ("examples-1.json", "examples-1.json.gz", "waiters-2.json", "waiters-2.json.gz")
_EPOCH = (1980, 1, 1, 0, 0, 0)


class PackageError(Exception):
    """The package cannot be built; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A downloaded wheel.

    Args:
        name, version: of the distribution.
        path: of the file.
    """

    name: str
    version: str
    path: Path

    @property
    def sha256(self) -> str:
        """The digest of the file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def licence(self) -> str:
        """What its metadata says of its licence; empty if nothing."""
        with zipfile.ZipFile(self.path) as wheel:
            (entry,) = [name for name in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
            found = HeaderParser().parsestr(wheel.read(entry).decode())
        return (found["License-Expression"] or found["License"] or "").strip()


def locked() -> dict[str, str]:
    """Name to its lines in `requirements.lock`: version and hashes."""
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for block in blocks:
        name, equals, _ = block.partition("==")
        if equals:
            found[canonicalize_name(name)] = block
    return found


def runtime_names(python: str) -> list[str]:
    """The runtime dependencies and theirs, for a version of Python on Linux."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        waiting = list(tomllib.load(file)["project"]["dependencies"])
    marks = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    found: set[str] = set()
    while waiting:
        wanted = Requirement(waiting.pop())
        name = canonicalize_name(wanted.name)
        if name not in found and (wanted.marker is None or wanted.marker.evaluate(marks)):
            found.add(name)
            waiting += distribution(name).requires or []
    return sorted(found)


def download(python: str, arch: str, folder: Path) -> list[Wheel]:
    """The wheels of the runtime dependencies.

    Raises:
        PackageError: one is not locked, or pip does not get it.
    """
    lock = locked()
    names = runtime_names(python)
    missing = [name for name in names if name not in lock]
    if missing:
        raise PackageError(f"requirements.lock does not name {', '.join(missing)}: run make lock")
    wanted = folder / "requirements.txt"
    wanted.write_text("\n".join(lock[name] for name in names), encoding="utf-8")
    platforms = [f"manylinux{glibc}_{PLATFORMS[arch]}" for glibc in _GLIBC.get(python, _GLIBC[""])]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--implementation=cp", f"--python-version={python}"]
    command += [*(f"--platform={platform}" for platform in platforms), f"--dest={folder}", f"--requirement={wanted}"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  pip of this interpreter
    if ran.returncode:
        raise PackageError(f"pip cannot download the dependencies:\n{ran.stderr.strip()}")
    return sorted((_wheel(path) for path in folder.glob("*.whl")), key=lambda wheel: wheel.name)


def _wheel(path: Path) -> Wheel:
    name, version = path.name.split("-")[:2]
    return Wheel(canonicalize_name(name), version, path)


def services() -> frozenset[str]:
    """The services that the code calls, as botocore names them: in tables of operations, and for clients."""
    known = {path.parent.parent.name for path in _botocore().glob("data/*/*/service-2.json*")}
    found = {operation.partition(":")[0] for purpose in PURPOSES.values() for operation in purpose}
    for folder in _ASKING:
        for path in (ROOT / folder).glob("**/*.py"):
            found |= set(_called(ast.parse(path.read_text(encoding="utf-8"))))
    return frozenset(found & known)


def _called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if operation := _OPERATION.fullmatch(node.value):
                yield operation[1]
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in _CALLS_FOR_CLIENTS:
                yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def _botocore() -> Path:
    return Path(str(distribution("botocore").locate_file("botocore")))


def contents(wheels: list[Wheel], own: dict[str, bytes]) -> dict[str, bytes]:
    """Path in the zip to bytes.

    Args:
        wheels: the dependencies.
        own: what `own_files` gives.
    """
    wanted, files = services(), dict(own)
    for wheel in wheels:
        with zipfile.ZipFile(wheel.path) as archive:
            names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
            for name in names:
                place = _place(name, wanted, names)
                if place:
                    files[place] = archive.read(name)
    return files


def own_files() -> dict[str, bytes]:
    """The project's own files: path from its root to bytes."""
    found = {}
    for folder in OWN_FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            name = path.relative_to(ROOT).as_posix()
            if path.is_file() and "__pycache__" not in path.parts and not name.startswith(LEFT_OUT):
                found[name] = path.read_bytes()
    return found


def _place(name: str, wanted: frozenset[str], names: list[str]) -> str:
    """Where a wheel's file goes; empty if nowhere."""
    parts = PurePosixPath(name).parts
    if parts[0].endswith(".data"):
        return "/".join(parts[2:]) if parts[1] in {"purelib", "platlib"} else ""
    if parts[0].endswith(".dist-info"):
        # pip's record would speak of files that are left out.
        return name if parts[1] == "METADATA" or "licen" in name.lower() else ""
    if parts[:2] in {("boto3", "examples"), ("boto3", "data")}:
        return ""
    if parts[:2] == ("botocore", "data") and len(parts) > len(("botocore", "data", "file")):
        service, version, file = parts[2], parts[3], parts[-1]
        newest = max(PurePosixPath(n).parts[3] for n in names if n.startswith(f"botocore/data/{service}/"))
        return name if service in wanted and version == newest and file not in _NOT_READ else ""
    return name


def zipped(files: dict[str, bytes]) -> bytes:
    """The zip: sorted, without times, so that it depends on nothing but its contents."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100755 if name.endswith(".so") or ".so." in name else 0o100644) << 16
            archive.writestr(entry, files[name], compresslevel=9)
    return out.getvalue()


def sbom(wheels: list[Wheel], digest: str) -> dict[str, Any]:
    """The CycloneDX 1.6 document of a zip with a digest; without a time, as the zip is."""
    own = f"pkg:pypi/sagemaker-auditor@{__version__}"
    refs = [f"pkg:pypi/{wheel.name}@{wheel.version}" for wheel in wheels]
    component = {
        "type": "application",
        "bom-ref": own,
        "name": "sagemaker-auditor",
        "version": __version__,
        "purl": own,
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{own}#{digest}')}",
        "version": 1,
        "metadata": {"component": component},
        "components": [_component(wheel, ref) for wheel, ref in zip(wheels, refs, strict=True)],
        "dependencies": [{"ref": own, "dependsOn": refs}],
    }


def _component(wheel: Wheel, ref: str) -> dict[str, Any]:
    licence = wheel.licence()
    return {
        "type": "library",
        "bom-ref": ref,
        "name": wheel.name,
        "version": wheel.version,
        "purl": ref,
        "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
        **({"licenses": [{"license": {"name": licence}}]} if licence else {}),
    }


def build(python: str, arch: str, folder: Path) -> tuple[Path, Path]:
    """Write the zip and its SBOM.

    Args:
        python: the version of the runtime, such as 3.13.
        arch: x86_64 or arm64.
        folder: takes both files.

    Returns:
        The paths of the two.

    Raises:
        PackageError: the dependencies cannot be had, or the zip is too large.
    """
    with tempfile.TemporaryDirectory() as temporary:
        wheels = download(python, arch, Path(temporary))
        data = zipped(contents(wheels, own_files()))
        if len(data) > LARGEST:
            raise PackageError(f"the zip has {len(data):,} bytes, more than {LARGEST:,}: find what made it grow")
        listed = sbom(wheels, hashlib.sha256(data).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    target, beside = folder / f"{NAME}.zip", folder / f"{NAME}.cdx.json"
    target.write_bytes(data)
    beside.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    return target, beside


def main() -> int:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="3.13", help="version of the runtime (default: %(default)s)")
    parser.add_argument("--arch", default="x86_64", choices=PLATFORMS, help="(default: %(default)s)")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="the folder (default: dist)")
    given = parser.parse_args()
    try:
        found = build(given.python, given.arch, given.output)
    except PackageError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    for path in found:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sys.stdout.write(f"{path.name}  {path.stat().st_size:,} bytes  sha256 {digest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

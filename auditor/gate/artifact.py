"""Judging an archive that a stranger made: what a build or a pipeline hands over."""

import secrets
import stat
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from auditor.catalog import Catalog
from auditor.config import AuditConfig
from auditor.errors import ExitCode, InputError
from auditor.gate.files import Candidate, candidates
from auditor.gate.parameters import Parameters
from auditor.gate.run import Gate
from auditor.gate.verdict import unresolved
from auditor.model.coverage import Report, ScanInfo
from auditor.scan.assessment import Assessment
from auditor.scan.policy import Policy, configured
from auditor.sources.detect import kind_called
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.marks import MAX_BYTES

MAX_FILES = 20_000
# Half of what a function's temporary folder holds unless more is asked for.
MAX_UNPACKED = 256 * 1024 * 1024
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """How an archive is judged.

    Args:
        settings: the configuration; nothing in the archive is taken for one.
        deployment: where it will be deployed.
        parameters: values of template parameters.
        paths: files and folders of the archive that are judged; empty for all.
        fail_on_unknown: whether what only the deployment tells fails it.
        kind: what its files are, as `--as` calls it; empty to tell from each document.
    """

    settings: AuditConfig
    deployment: Deployment = field(default_factory=Deployment)
    parameters: Mapping[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    fail_on_unknown: bool = False
    kind: str = ""


def unpack(archive: IO[bytes], folder: Path) -> None:
    """Lay the files of a zip archive into an empty folder; what leads outside of it or is a link is refused.

    Raises:
        InputError: it is no zip archive, is damaged or encrypted, or holds too much.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            if len(members) > MAX_FILES:
                raise InputError(f"the archive holds {len(members):,} files", remedy=f"at most {MAX_FILES:,} are read")
            room = MAX_UNPACKED
            for member in members:
                room -= _lay(opened, member, folder, room)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, EOFError) as error:
        # zipfile raises RuntimeError for an encrypted member, and a kind of it for a way of packing that it lacks.
        raise InputError(f"the archive cannot be read: {error}", remedy="hand over a plain zip archive") from None
    except OSError as error:
        raise InputError(f"the archive cannot be unpacked: {error.strerror or error}") from None


def _lay(opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, room: int) -> int:
    name = PurePosixPath(member.filename)
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or is_link:
        raise InputError("it leads out of the archive", file=member.filename, remedy="pack plain files only")
    target = folder.joinpath(*name.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with opened.open(member) as source, target.open("xb") as file:
        # What the header says of the size is a stranger's word. One byte too many is kept, so that it is refused.
        while size <= MAX_BYTES and (chunk := source.read(min(_CHUNK, MAX_BYTES + 1 - size))):
            size += len(chunk)
            if size > room:
                limit = MAX_UNPACKED // 1024**2
                raise InputError("the archive unpacks to too much", remedy=f"at most {limit} MiB are read")
            file.write(chunk)
    return size


def judge_folder(folder: Path, catalog: Catalog, wanted: Wanted) -> tuple[Report, ExitCode]:
    """Judge the files of a folder, named as they are called in it.

    Args:
        folder: what was unpacked.
        catalog: every rule there is.
        wanted: how to judge.

    Raises:
        UsageError: a rule or word of the configuration does not exist, or nothing could be judged.
    """
    started = datetime.now(UTC)
    policy = Policy.of(wanted.settings, catalog)
    parameters = Parameters(wanted.parameters)
    assessment = Assessment(configured(catalog, wanted.settings), started, "gate", policy.adjust)
    context = GateContext(wanted.deployment, parameters)
    outcome = Gate(context, kind_called(wanted.kind) if wanted.kind else None).judge(
        assessment, _files(folder, wanted.paths)
    )
    info = ScanInfo(
        id=f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
        kind="gate",
        started_at=started.isoformat(timespec="seconds"),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        accounts=(wanted.deployment.account,) if wanted.deployment.account else (),
        regions=(wanted.deployment.region,) if wanted.deployment.region else (),
        configuration=wanted.settings.model_dump(mode="json", exclude={"state"}) | {"parameters": sorted(parameters)},
    )
    report = policy.complete(assessment.report(info, outcome.targets))
    if outcome.refused:
        return report, ExitCode.USAGE
    code = policy.exit_code(assessment.exit_code(report, wanted.settings.fail_on), report)
    if code is ExitCode.CLEAN and wanted.fail_on_unknown and unresolved(report, wanted.settings.fail_on):
        code = ExitCode.FAILED
    return report, code


def _files(folder: Path, paths: Iterable[str]) -> Iterable[Candidate]:
    chosen = []
    for path in paths:
        name = PurePosixPath(path)
        if name.is_absolute() or ".." in name.parts:
            raise InputError("it leads out of the archive", file=path)
        chosen.append(folder.joinpath(*name.parts))
    for file in candidates(chosen or [folder]):
        yield replace(file, shown=file.path.relative_to(folder).as_posix())

"""Judging files, one after the other; none stops the others."""

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from auditor.errors import InputError
from auditor.gate.files import Candidate
from auditor.gate.parameters import Parameters
from auditor.model.coverage import Target, TargetStatus
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.unknown import CannotAssess, Reason
from auditor.scan.assessment import Assessment
from auditor.sources.detect import Kind, kinds_of
from auditor.sources.document import read_documents
from auditor.sources.interface import GateContext, Neighbour, NextWorld
from auditor.sources.marks import RENDER

# What a fault of the auditor itself, met in one file, may raise: the other files are judged all the same.
_FAULTS: tuple[type[Exception], ...] = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError),
    *(CannotAssess, MemoryError, OSError, RuntimeError, TypeError, ValueError),
)
# In YAML's double quotes: a character by its number (those beyond ASCII are in no name of ours), a line that goes on.
_ESCAPED = re.compile(rb"\\(?:x|u00|U000000)([0-7][0-9A-Fa-f])")
_CONTINUED = re.compile(rb"\\\r?\n[ \t]*")
_KINDLESS = "it is none of the kinds that are judged"
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Outcome:
    """What became of some files.

    Args:
        targets: each file, and how far it was judged.
        errors: what could not be read, in the order of the files.
        refused: how many of the files that the user named could not be read, or are nothing that is known.
        resources: how many resources were judged.
        asked: names of parameters that files asked for.
    """

    targets: list[Target] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    refused: int = 0
    resources: int = 0
    asked: set[str] = field(default_factory=set)
    _known: set[tuple[str, str, str]] = field(default_factory=set)

    def take(self, assessment: Assessment, item: Resource | Neighbour | Gap | NextWorld) -> None:
        """Have what a source yields judged, and count it."""
        if isinstance(item, NextWorld):
            assessment.next_world()
        elif isinstance(item, Neighbour):
            assessment.foresee(item.resource)
        else:
            assessment.take(item)
        if isinstance(item, Resource):
            # The same in another scenario is no other resource.
            key = (item.cfn_type, item.identity.name, str(item.origin.default))
            self.resources += not (item.origin.scenario and key in self._known)
            self._known.add(key)

    def add(self, other: "Outcome") -> None:
        """Take what became of the files that follow."""
        self.targets += other.targets
        self.errors += other.errors
        self.refused += other.refused
        self.resources += other.resources
        self.asked |= other.asked


@dataclass(frozen=True, slots=True)
class Gate:
    """How files are judged.

    Args:
        context: what the user said about them.
        kind: what they are; None to tell from each document.
    """

    context: GateContext
    kind: Kind | None = None

    def judge(self, assessment: Assessment, files: Iterable[Candidate]) -> Outcome:
        """Judge files, each as a world of its own.

        Args:
            assessment: takes what they hold, and a gap for every file that could not be read.
            files: in the order in which errors are told.
        """
        outcome = Outcome()
        context = replace(self.context, needs=_needs(assessment))
        for file in files:
            outcome.add(self._file(assessment, file, context))
            assessment.next_document()
        if isinstance(self.context.parameters, Parameters):
            outcome.asked |= self.context.parameters.asked
        return outcome

    def _file(self, assessment: Assessment, file: Candidate, context: GateContext) -> Outcome:
        outcome = Outcome()
        if file.problem:
            return self._broken(assessment, file, f"{file.shown}: {file.problem}", 0)
        if file.left_out:
            return self._left_out(assessment, file, file.left_out)
        try:
            documents = read_documents(file.path, file.shown)
            read = [(one, kind) for one in documents for kind in ((self.kind,) if self.kind else kinds_of(one))]
            for document, kind in read:
                _LOG.info("%s is judged as %s", file.shown, kind.name)
                for item in kind.source(document, context).collect():
                    outcome.take(assessment, item)
        except InputError as error:
            if not file.named and error.remedy == RENDER and _is_foreign(file):
                return self._left_out(assessment, file, "it must be rendered first, and says nothing of SageMaker")
            return self._broken(assessment, file, str(error), outcome.resources)
        except _FAULTS as error:
            _LOG.debug("a fault in %s", file.shown, exc_info=True)
            return self._broken(assessment, file, _told(error, file), outcome.resources)
        outcome.targets.append(self._target(file, TargetStatus.SCANNED, outcome.resources))
        return outcome if read else self._left_out(assessment, file)

    def _broken(self, assessment: Assessment, file: Candidate, message: str, count: int) -> Outcome:
        where = self.context.deployment
        scope = Scope(where.account, where.region, resource=file.shown)
        assessment.take(Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, message))
        status = TargetStatus.PARTIAL if count else TargetStatus.NOT_SCANNED
        return Outcome([self._target(file, status, count, message)], [message], int(file.named), count)

    def _left_out(self, assessment: Assessment, file: Candidate, why: str = _KINDLESS) -> Outcome:
        if file.named:
            error = InputError(_KINDLESS, file=file.shown, remedy="say what it is: --as cloudformation")
            return self._broken(assessment, file, str(error), 0)
        return Outcome([self._target(file, TargetStatus.NOT_SCANNED, 0, f"left out: {why}")])

    def _target(self, file: Candidate, status: TargetStatus, count: int, reason: str = "") -> Target:
        where = self.context.deployment
        return Target(where.account, where.region, file.shown, status, count, reason)


def _told(error: Exception, file: Candidate) -> str:
    """What is said of a fault, without the error's own words: they may hold values of the file, secrets among them."""
    remedy = "judge it in smaller parts"
    if isinstance(error, RecursionError):
        return str(InputError("it refers to itself too often to be followed", file=file.shown, remedy=remedy))
    if isinstance(error, MemoryError):
        return str(InputError("judging it takes more memory than there is", file=file.shown, remedy=remedy))
    return f"{file.shown}: a fault of the auditor ({type(error).__name__}); please report it"


def _needs(assessment: Assessment) -> Mapping[str, frozenset[str]]:
    """The types of resources that the selected rules look at while they judge a type."""
    needs: dict[str, set[str]] = {}
    for rule in assessment.catalog:
        others = {need.cfn_type for need in rule.needs if need is not datetime}
        for kind in rule.scope:
            needs.setdefault(kind.cfn_type, set()).update(others)
    return {kind: frozenset(others) for kind, others in needs.items()}


def _is_foreign(file: Candidate) -> bool:
    """Whether a file that is not YAML says nothing of SageMaker, however a quoted word of it may be spelled."""
    text = _CONTINUED.sub(b"", file.path.read_bytes())
    return b"sagemaker" not in _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), text).lower()

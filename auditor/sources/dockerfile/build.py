"""What a Dockerfile says of the image that is built of it."""

import re
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from auditor.errors import InputError
from auditor.model.dockerfile import Dockerfile
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Identity, Location, Origin, Resource
from auditor.model.sensitive import redact
from auditor.model.unknown import Reason, Unknown
from auditor.sources.dockerfile.lines import Instruction, exec_form, instructions
from auditor.sources.dockerfile.pipes import piped
from auditor.sources.dockerfile.words import known_only, plain, substituted, words
from auditor.sources.document import Document
from auditor.sources.interface import GateContext, surroundings

# What ADD fetches: a file, or a repository of Git.
_REMOTE = re.compile(r"(?:https?|git|ssh)://|[\w.-]+@[\w.-]+:", re.IGNORECASE)
# A commit is its own checksum.
_COMMIT = re.compile(r"#([0-9a-f]{40}|[0-9a-f]{64})(?::|$)")
_SCRATCH = "scratch"
# Each stage knows the values of the stages before it.
Values = ChainMap[str, str | Unknown | None]
_MOST_STAGES = 500


@dataclass(frozen=True, slots=True)
class DockerfileSource:
    """Reads one Dockerfile.

    Args:
        document: the file's text.
        context: values of build arguments, as parameters.
    """

    document: Document
    context: GateContext = field(default_factory=GateContext)

    def collect(self) -> Iterator[Resource | Gap]:
        """The Dockerfile, and what was not understood of it.

        Raises:
            InputError: it starts from no image.
        """
        shown, where = self.document.shown, self.context.deployment
        reading = _Reading(self.context)
        for instruction in instructions(str(self.document.value)):
            reading.take(instruction)
            if len(reading.stages) > _MOST_STAGES:
                message = f"it has more than {_MOST_STAGES} stages"
                raise InputError(message, file=shown, line=instruction.line, remedy="split it")
        if not reading.stages:
            raise InputError("it has no FROM", file=shown, line=1, remedy="a Dockerfile starts from an image")
        scope = Scope(where.account, where.region, Dockerfile.cfn_type, shown)
        for line, what in reading.problems:
            yield Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, f"{shown}:{line}: {what}")
        identity = Identity(Dockerfile.cfn_type, shown, "", where.partition, where.account, where.region)

        def locate(path: str) -> Location:
            return Location(shown, reading.line_of(path))

        origin = Origin("dockerfile", locate(""), locate=locate)
        yield Dockerfile.build(reading.facts(shown), identity, origin)
        yield surroundings(shown, "a Dockerfile", where)


@dataclass(slots=True)
class _Stage:
    """A stage.

    Args:
        base: the stage or the image that it starts from.
        values: of its variables, by name.
        line: of what says the user.
        user: None where it says none.
        environment: the names that ENV set: ARG changes none of them, wherever it stands.
        arguments: the names that ARG set.
    """

    base: "_Stage | str | Unknown"
    values: Values
    line: int
    user: str | Unknown | None = None
    environment: set[str] = field(default_factory=set)
    arguments: set[str] = field(default_factory=set)

    def runs_as(self) -> tuple[str | Unknown, int]:
        """The user, and the line that says it."""
        stage = self
        while stage.user is None and isinstance(stage.base, _Stage):
            stage = stage.base
        if stage.user is not None:
            return stage.user, stage.line
        if isinstance(stage.base, str) and stage.base == _SCRATCH:
            return "root", stage.line
        return Unknown(Reason.UNRESOLVED_REFERENCE, "the base image says which user it is; USER would"), self.line


class _Reading:
    """Takes one instruction after the other."""

    def __init__(self, context: GateContext) -> None:
        self.stages: list[_Stage] = []
        self.problems: list[tuple[int, str]] = []
        self._given = context.parameters
        self._global: Values = ChainMap()
        self._named: dict[str, _Stage] = {}
        self._facts: dict[str, list[tuple[Any, int]]] = {}
        self._environment: dict[str, str | Unknown] = {}
        self._environment_lines: list[tuple[bool, int]] = []
        self._doubt: Unknown | None = None

    def take(self, instruction: Instruction) -> None:
        """Note what an instruction says."""
        if instruction.doubtful:
            self._doubts("it is not certain where a here-document ends", instruction.line)
        if instruction.word == "ONBUILD":
            instruction = instruction.within()
            # What a later build does: it is not this image's user and not its base.
            if instruction.word in ("FROM", "USER"):
                return
        taker = getattr(self, f"_take_{instruction.word.lower()}", None) if instruction.word in _TAKEN else None
        if taker is not None:
            taker(instruction)

    def facts(self, shown: str) -> dict[str, Any]:
        """The members of the model."""
        items = {member: [item for item, _ in found] for member, found in self._facts.items()}
        user: str | Unknown = self.stages[-1].runs_as()[0]
        if self._doubt is not None:
            user = self._doubt
            items |= {member: [*items.get(member, ()), self._doubt] for member in _LISTED}
        return {"BaseImages": [], **items, "Path": shown, "User": user, "Environment": self._environment}

    def line_of(self, path: str) -> int:
        """The line of the value at a path."""
        member, _, rest = path.partition("[")
        found = self._facts.get(member.partition(".")[0], [])
        if found:
            index = rest.partition("]")[0]
            return found[int(index) if index.isdigit() and int(index) < len(found) else 0][1]
        if member == "Environment" and self._environment_lines:
            return next((line for secret, line in self._environment_lines if secret), self._environment_lines[0][1])
        return self.stages[-1].runs_as()[1] if member == "User" else 1

    @property
    def _values(self) -> Values:
        return self.stages[-1].values if self.stages else self._global

    def _doubts(self, why: str, line: int) -> None:
        """From here on nothing of the file passes."""
        if self._doubt is None:
            self._doubt = Unknown(Reason.UNSUPPORTED_SYNTAX, why)
            self.problems.append((line, why))

    def _note(self, member: str, item: Any, line: int) -> None:
        self._facts.setdefault(member, []).append((item, line))

    def _take_syntax(self, instruction: Instruction) -> None:
        # The program that reads the rest of the file.
        self._note("BaseImages", {"Image": instruction.value.split()[0]}, instruction.line)

    def _take_from(self, instruction: Instruction) -> None:
        said, line = instruction.value.split(), instruction.line
        if not said:
            self.problems.append((line, "FROM names no image"))
            self._note("BaseImages", {"Image": Unknown(Reason.UNSUPPORTED_SYNTAX, "FROM names no image")}, line)
            said = [""]
        name = said[-1].lower() if [word.lower() for word in said[1:-1]] == ["as"] else ""
        image = plain(said[0], self._global)
        earlier = self._stage(image)
        if earlier is None and (isinstance(image, Unknown) or image):
            self._note("BaseImages", {"Image": image}, line)
        values: Values = earlier.values.new_child() if earlier is not None else ChainMap()
        stage = _Stage(earlier or image, values, line)
        if earlier is not None:
            stage.environment |= earlier.environment
        self.stages.append(stage)
        if name:
            self._named.setdefault(name, stage)

    def _stage(self, image: str | Unknown) -> _Stage | None:
        if isinstance(image, Unknown):
            return None
        return self._named.get(image.lower())

    def _take_copy(self, instruction: Instruction) -> None:
        self._copies_from(instruction.flag("from"), instruction.line)

    def _copies_from(self, said: str | None, line: int) -> None:
        # The number of a stage names one, too.
        if not said or said.isdigit():
            return
        image = substituted(said, self._global)
        if self._stage(image) is None:
            self._note("BaseImages", {"Image": image}, line)

    def _take_user(self, instruction: Instruction) -> None:
        if self.stages and instruction.value:
            self.stages[-1].user = plain(instruction.value, self._values)
            self.stages[-1].line = instruction.line

    def _take_arg(self, instruction: Instruction) -> None:
        value, line = instruction.value, instruction.line
        for word in value.split():
            name, has_default, _ = word.partition("=")
            self._note("Arguments", name, line)
            if not has_default:
                self._set_argument(name, self._global.get(name))
        resolved = self._resolved(self._pairs(value, line) if "=" in value else {}, line)
        # Before the first FROM one argument may tell the next of the same line.
        for name, default in [*resolved] if self.stages else resolved:
            self._keep(name, default, line)
            self._set_argument(name, default)

    def _set_argument(self, name: str, default: str | Unknown | None) -> None:
        value: str | Unknown | None = self._given.get(name, default)
        if self.stages:
            stage = self.stages[-1]
            if name in stage.environment:
                return
            if name in stage.arguments and not _is_same(self._values.get(name), value):
                value = Unknown(Reason.UNSUPPORTED_SYNTAX, f"a stage gives ARG {name} two values")
            stage.arguments.add(name)
        self._values[name] = value

    def _take_env(self, instruction: Instruction) -> None:
        # Every value is told by what stood before the instruction: none by its neighbour.
        for name, value in [*self._resolved(self._pairs(instruction.value, instruction.line), instruction.line)]:
            self._keep(name, value, instruction.line)
            self._values[name] = value
            if self.stages:
                self.stages[-1].environment.add(name)

    def _resolved(self, pairs: Mapping[str, str], line: int) -> Iterator[tuple[str, str | Unknown]]:
        for said, value in pairs.items():
            name = substituted(said, self._values) if "$" in said else said
            if isinstance(name, Unknown):
                self._doubts("the name of a variable is not known", line)
                name = said
            yield name, substituted(value, self._values) if "$" in value else value

    def _keep(self, name: str, value: str | Unknown, line: int) -> None:
        self._environment[name] = value
        self._environment_lines.append((isinstance(value, str) and bool(redact(value, name).secrets), line))

    def _pairs(self, value: str, line: int) -> dict[str, str]:
        from dockerfile_parse.util import get_key_val_dictionary  # noqa: PLC0415  only where there are values

        words = value if "=" in value.partition(" ")[0] or " " in value.strip() else f"{value}="
        try:
            found: dict[str, str] = get_key_val_dictionary(words)
        except (IndexError, ValueError):
            # Without the words themselves: they may be a secret.
            self.problems.append((line, "the values are not understood"))
            self._environment[f"line {line}"] = Unknown(Reason.UNSUPPORTED_SYNTAX, f"line {line} is not understood")
            return {}
        return found

    def _take_add(self, instruction: Instruction) -> None:
        said = exec_form(instruction.value) or words(instruction.value)
        if said is None:
            self._note("Downloads", _NOT_CLOSED, instruction.line)
            return
        checksum = instruction.flag("checksum")
        expected = substituted(checksum, self._values) if checksum else None
        for word in said[:-1]:
            source = plain(word, self._values)
            if isinstance(source, Unknown):
                # It may be a file beside the Dockerfile.
                found: dict[str, Any] = {"Host": source, "Checksum": expected or source}
            elif _REMOTE.match(source):
                commit = _COMMIT.search(source)
                found = {"Host": _host(source), "Checksum": expected or (commit[1] if commit else None)}
            else:
                continue
            self._note("Downloads", found, instruction.line)

    def _take_run(self, instruction: Instruction) -> None:
        for flag in instruction.flags:
            options = flag.partition("=")[2].split(",") if flag.startswith("--mount=") else []
            for option in options:
                name, _, image = option.partition("=")
                if name.lower() == "from":
                    self._copies_from(image, instruction.line)
        self._runs(instruction)

    def _runs(self, instruction: Instruction) -> None:
        said = exec_form(instruction.value)
        command = "\n".join([" ".join(said) if said else instruction.value, *instruction.documents])
        for fetcher, shell in piped(known_only(command, self._values)):
            runs = Unknown(Reason.RUNTIME_VALUE, f"only a run tells {shell}") if shell.startswith("$") else shell
            self._note("PipedScripts", {"Fetcher": fetcher, "Shell": runs}, instruction.line)

    def _take_healthcheck(self, instruction: Instruction) -> None:
        self._runs(instruction.within())

    # What the container starts with.
    _take_cmd = _take_entrypoint = _runs


_TAKEN = frozenset({"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "FROM", "HEALTHCHECK", "RUN", "SYNTAX", "USER"})
_LISTED = ("BaseImages", "Downloads", "PipedScripts")
_NOT_CLOSED = Unknown(Reason.UNSUPPORTED_SYNTAX, "a quote is never closed")


def _is_same(one: str | Unknown | None, other: str | Unknown | None) -> bool:
    return one is other or (isinstance(one, str) and isinstance(other, str) and one == other)


def _host(source: str) -> str:
    try:
        return urlsplit(source).hostname or source.partition("@")[2].partition(":")[0]
    except ValueError:
        return ""

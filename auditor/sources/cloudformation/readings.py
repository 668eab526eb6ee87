"""The resources of a template, each read in every way that makes a difference to what is said of it.

What one resource leaves open does not multiply what another does: a resource is read under the combinations of
what it asks for itself and what the resources ask for that rules look at beside it, with everything else decided
for its default. What it was read from says what it asked for, so that the same is not read twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from auditor.model.sagemaker import BY_TYPE
from auditor.sources.cloudformation.attributes import is_stack
from auditor.sources.cloudformation.choices import Choices, Open, Option, Scenario, decided, ways, worded
from auditor.sources.cloudformation.given import Given
from auditor.sources.cloudformation.kinds import SPELLING, adapted
from auditor.sources.cloudformation.neighbours import NEIGHBOURS
from auditor.sources.cloudformation.resolver import Resolver
from auditor.sources.cloudformation.template import MACRO, Definition, Fault, Template
from auditor.sources.cloudformation.world import World
from auditor.sources.marks import RawPath
from auditor.sources.shapes import structure_of
from auditor.sources.spelling import Spelled, to_api

PIPELINE = "AWS::SageMaker::Pipeline"
PROCESSED = "gate the processed template"
_TOO_FAR = "what it refers to is nested too deeply, or goes on too far, to be followed"
# A template of CloudFormation's 1 MB, read in 64 ways, takes less.
_MAX_EFFORT = 5_000_000

Needs = Mapping[str, frozenset[str]]
_Made = frozenset[tuple[str, int]]
_AS_IS: _Made = frozenset()


@dataclass(frozen=True, slots=True)
class _Part:
    """A resource of a template, or of that of a stack that is nested in it.

    Args:
        definition: what its template says.
        stacks: the nested stacks that it is in, from the outside in; empty where it is in none.
    """

    definition: Definition
    stacks: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return ".".join((*self.stacks, self.definition.logical_id)) if self.stacks else self.definition.logical_id


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource as it was read under some decisions.

    Args:
        template: the template that it stands in.
        definition: what that says.
        asked: what was open about it, with more than one option.
        decided: how that was decided.
        spelled: its facts; None where it is not made, or cannot be read.
        name: what references to it say.
        faults: what of it was not understood.
        moved: resolved path → path in the template.
    """

    template: Template
    definition: Definition
    asked: Open
    decided: Mapping[str, int]
    spelled: Spelled | None
    name: str
    faults: Sequence[Fault]
    moved: Mapping[RawPath, RawPath]


@dataclass(slots=True)
class Way:
    """One way to decide what is open.

    Args:
        judged: what is read otherwise than in the ways before, each with the scenario as far as it matters to it.
        beside: what rules may look at while they judge those.
        decided: what matters to those, and how it is decided: subject to the index of its option.
    """

    judged: list[tuple[Entry, Scenario]] = field(default_factory=list)
    beside: list[Entry] = field(default_factory=list)
    decided: dict[str, int] = field(default_factory=dict)

    def allows(self, index: Mapping[str, int]) -> bool:
        """Whether decisions contradict none of these."""
        return all(self.decided.get(subject, one) == one for subject, one in index.items())


class Readings:
    """Reads the resources of a template.

    Args:
        template: the template.
        given: what is known besides.
        needs: the types that rules look at while they judge a type; None where that is not known: any.
        prefix: what the names of its resources begin with, where they are told apart from those of other templates.
    """

    def __init__(self, template: Template, given: Given, needs: Needs | None, prefix: str = "") -> None:
        self._prefix = prefix
        self._template = template
        self._given = given
        self._needs = needs
        self._judged = [_Part(one) for one in template.resources.values() if _is_judged(one)]
        self._current: tuple[_Made, World, dict[tuple[str, ...], World | None]] | None = None
        self._of: dict[str, list[_Part]] = {}
        for part in (*self._judged, *self._nested(())):
            self._of.setdefault(part.definition.kind, []).append(part)
        self._read: dict[str, list[Entry]] = {}
        self._around: dict[str, list[tuple[Open, Mapping[str, int]]]] = {}
        self._effort = 0
        self.cut: set[str] = set()

    def ways(self) -> list[Way]:
        """Every way, that of all defaults first; `cut` then says what was decided in too many ways."""
        found = [Way()]
        for part in self._judged:
            told: set[_Made] = set()
            explored = ways(partial(self._relevant, part), worn=self._worn)
            self.cut.update(explored.cut)
            if explored.made == [{}] and not explored.cut:
                # Nothing is open about most.
                found[0].judged.append((self._entry(part, {}), ()))
                continue
            for made in explored.made:
                relevant = self._relevant(part, made)
                index = {subject: decided(made, subject, options) for subject, options in relevant.items()}
                same = frozenset(index.items())
                if same not in told:
                    told.add(same)
                    way = self._way(found, index)
                    way.decided.update(index)
                    way.judged.append((self._entry(part, made), worded(relevant, made)))
        for way in found:
            way.beside = self._beside(way)
        return found

    def settled(self) -> list[Entry]:
        """What rules may look at beside others, as far as nothing is open about it."""
        entries = [self._entry(part, {}) for part in self._judged if part.definition.kind in NEIGHBOURS]
        return [entry for entry in entries if entry.spelled is not None and not entry.asked]

    def _way(self, found: list[Way], index: Mapping[str, int]) -> Way:
        """The first way with room for decisions: what matters to one resource only can be decided beside others."""
        for way in found:
            self._effort += 1 + len(index)
            if way.allows(index):
                return way
        found.append(Way())
        return found[-1]

    def _beside(self, way: Way) -> list[Entry]:
        """What rules may look at while they judge what is read in a way, and is not judged in it."""
        judged = {entry.definition.logical_id for entry, _ in way.judged}
        kinds = dict.fromkeys(kind for entry, _ in way.judged for kind in self._needed(entry.definition.kind))
        others = [part for kind in kinds for part in self._of.get(kind, ()) if part.key not in judged]
        return [self._entry(one, way.decided) for one in others]

    def _needed(self, kind: str) -> Sequence[str]:
        # What the steps of a pipeline will make is judged with it.
        anything = self._needs is None or kind == PIPELINE
        return list(self._of) if anything or self._needs is None else sorted(self._needs.get(kind, ()))

    def _relevant(self, part: _Part, made: Mapping[str, int]) -> Open:
        """What makes a difference to what is said of a resource: what it asks for, and what those beside it do."""
        around = self._asked_around(part.definition.kind, made)
        self._effort += 1 + len(around)
        return {**self._entry(part, made).asked, **around}

    def _asked_around(self, kind: str, made: Mapping[str, int]) -> Open:
        known = self._around.setdefault(kind, [])
        for asked, index in known:
            self._effort += 1 + len(index)
            if all(decided(made, subject, asked[subject]) == one for subject, one in index.items()):
                return asked
        around: dict[str, Sequence[Option]] = {}
        for needed in self._needed(kind):
            for other in self._of.get(needed, ()):
                around.update(self._entry(other, made).asked)
        index = {subject: decided(made, subject, options) for subject, options in around.items()}
        known.append((around, index))
        return around

    def _worn(self) -> bool:
        return self._effort > _MAX_EFFORT

    def _entry(self, part: _Part, made: Mapping[str, int]) -> Entry:
        read = self._read.setdefault(part.key, [])
        for entry in read:
            # What decides all that it asked for in the same way would be read in the same way.
            self._effort += 1
            if all(decided(made, name, entry.asked[name]) == index for name, index in entry.decided.items()):
                return entry
        entry = self._fresh(part, made)
        read.append(entry)
        return entry

    def _fresh(self, part: _Part, made: Mapping[str, int]) -> Entry:
        definition, outermost = part.definition, self._outermost(made)
        choices, work, name = outermost.resolver.choices, outermost.resolver.work, ""
        spelled: Spelled | None = None
        resolver, before = outermost.resolver, len(outermost.resolver.faults)
        with choices.heard() as asked:
            try:
                world = self._world(made, part.stacks)
                if world is not None and world is not outermost:
                    resolver, before = world.resolver, len(world.resolver.faults)
                if world is not None and definition.logical_id in resolver.template.resources:
                    spelled = _spelled(world, definition)
                    name = resolver.name_of(definition.logical_id) if spelled is not None else ""
            except RecursionError:
                # Documents are not deep, and neither are functions; what refers to the next without end is.
                spelled = None
                resolver.faults.append(Fault(definition.at, _TOO_FAR, whole=True))
        self._effort += 1 + outermost.resolver.work - work
        several = {subject: options for subject, options in asked.items() if len(options) > 1}
        index = {subject: decided(made, subject, options) for subject, options in several.items()}
        faults = resolver.faults[before:]
        return Entry(resolver.template, definition, several, index, spelled, name, faults, resolver.moved)

    def _outermost(self, made: Mapping[str, int]) -> World:
        key = _key(made) if made else _AS_IS
        if self._current is None or self._current[0] != key:
            self._current = (key, World(Resolver(self._template, self._given, Choices(made), self._prefix)), {})
        return self._current[1]

    def _world(self, made: Mapping[str, int], stacks: tuple[str, ...]) -> World | None:
        """The resources of a nested stack, or of the template itself; None where the stack's template is not there."""
        outermost = self._outermost(made)
        if not stacks or self._current is None:
            return outermost
        worlds = self._current[2]
        if stacks not in worlds:
            around = self._world(made, stacks[:-1])
            known = around is not None and stacks[-1] in around.resolver.template.resources
            inner = around.resolver.inner(stacks[-1]) if around is not None and known else None
            worlds[stacks] = None if inner is None else World(inner)
        return worlds[stacks]

    def _nested(self, stacks: tuple[str, ...]) -> Iterator[_Part]:
        """What rules may look at in stacks that are nested in a stack, or in the template itself."""
        world = self._world({}, stacks)
        for definition in world.resolver.template.resources.values() if world is not None else ():
            if is_stack(definition.kind):
                path = (*stacks, definition.logical_id)
                try:
                    inner = self._world({}, path)
                except RecursionError:
                    # It is told of what refers to the stack.
                    continue
                for one in inner.resolver.template.resources.values() if inner is not None else ():
                    if one.kind in NEIGHBOURS:
                        yield _Part(one, path)
                yield from self._nested(path)


def _key(made: Mapping[str, int]) -> _Made:
    return frozenset(one for one in made.items() if one[1])


def _is_judged(definition: Definition) -> bool:
    if definition.kind in NEIGHBOURS:
        return True
    kind = BY_TYPE.get(definition.kind)
    return kind is not None and structure_of(kind, "create") is not None


def _spelled(world: World, definition: Definition) -> Spelled | None:
    """The facts of a resource that will be made; else None."""
    if not world.resolver.exists(definition.logical_id):
        return None
    at: RawPath = (*definition.at, "Properties")
    if MACRO in definition.properties:
        # A hole: else a macro that does nothing would take any resource out of the gate.
        told = "a macro writes properties that are not seen"
        world.resolver.fault((*at, MACRO), told, PROCESSED, whole=True)
        return None
    neighbour = NEIGHBOURS.get(definition.kind)
    if neighbour is not None:
        other, facts = neighbour
        shaped = facts(world, definition)
        spelled = to_api(other, shaped, SPELLING, at)
        # Of a neighbour it is known that there is none: a bucket without a policy.
        spelled.facts.update({member: None for member, value in shaped.items() if value is None})
        return spelled
    if definition.kind == PIPELINE and isinstance(definition.properties.get("PipelineDefinition"), dict):
        whole: RawPath = (*at, "PipelineDefinition")
        world.move(whole, (*whole, "PipelineDefinitionBody"))
    kind = BY_TYPE[definition.kind]
    return to_api(kind, adapted(definition.kind, world.properties(definition)), SPELLING, at)

"""What a template leaves open until it is deployed, and every way in which it may be decided.

Values of parameters that conditions ask for, parameters with AllowedValues, and comparisons with what only the
deployment tells are *choices*. A reader asks for each as it meets it; `ways` has it look again until every
combination of what it asks for was looked at, the one of all defaults first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")

# In as many ways one thing is read; which were left out is said.
MAX_SCENARIOS = 64

Scenario = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to decide something.

    Args:
        words: how a reader of a report is told: `prod`, `true`, `another value`.
        value: the value; None stands for one of which no more is known than what it is not.
    """

    words: str
    value: Any


# What is open: subject → its options, the likeliest first.
Open = Mapping[str, Sequence[Option]]


class Choices:
    """The decisions of one reading.

    Args:
        made: what is decided beforehand: subject to the index of its option; the first option where nothing is.
    """

    def __init__(self, made: Mapping[str, int] | None = None) -> None:
        self.made = dict(made or {})
        self.asked: dict[str, Sequence[Option]] = {}

    def of(self, subject: str, options: Sequence[Option]) -> Option:
        """How a subject is decided.

        Args:
            subject: the name of a parameter or condition, or the text of a comparison.
            options: all its options, the likeliest first; the same at every call.
        """
        self.asked[subject] = options
        return options[decided(self.made, subject, options)]

    def heard(self) -> AbstractContextManager[dict[str, Sequence[Option]]]:
        """What is asked for within; whoever keeps what came of it keeps this too, for `again`."""
        return self._heard()

    @contextmanager
    def _heard(self) -> Iterator[dict[str, Sequence[Option]]]:
        outer, self.asked = self.asked, {}
        try:
            yield self.asked
        finally:
            outer.update(self.asked)
            self.asked = outer

    def options(self, subject: str) -> Sequence[Option] | None:
        """The options of a subject that was asked for; None where it was not."""
        return self.asked.get(subject)

    def within(self, name: str) -> "Choices":
        """The choices of something within, whose subjects are told apart by its name."""
        return _Within(self, name)

    def again(self, asked: Open) -> None:
        """Note what was asked for when something was made that is now taken as it was kept."""
        self.asked.update(asked)

    @property
    def scenario(self) -> Scenario:
        """What was asked for and how it was decided, in words; only what has more than one option."""
        return worded(self.asked, self.made)


class _Within(Choices):
    """Choices whose subjects are those of others, after a name."""

    def __init__(self, around: Choices, name: str) -> None:
        super().__init__()
        self._around = around
        self._name = name

    def of(self, subject: str, options: Sequence[Option]) -> Option:
        return self._around.of(f"{self._name}.{subject}", options)

    def heard(self) -> AbstractContextManager[dict[str, Sequence[Option]]]:
        return self._around.heard()

    def options(self, subject: str) -> Sequence[Option] | None:
        return self._around.options(f"{self._name}.{subject}")

    def again(self, asked: Open) -> None:
        self._around.again(asked)


def decided(made: Mapping[str, int], subject: str, options: Sequence[Option]) -> int:
    """The index of the option that a subject is decided for."""
    index = made.get(subject, 0)
    return index if index < len(options) else 0


def worded(asked: Open, made: Mapping[str, int]) -> Scenario:
    """Decisions in words, by subject; only of what has more than one option."""
    return tuple(
        (subject, options[decided(made, subject, options)].words)
        for subject, options in sorted(asked.items())
        if len(options) > 1
    )


@dataclass(frozen=True, slots=True)
class Ways:
    """Every way in which what is open may be decided.

    Args:
        made: the decisions of each way, subject to index; what is not in them is decided for its first option.
        cut: what was decided in too many ways for all to be looked at; empty where all were.
    """

    made: list[dict[str, int]]
    cut: tuple[str, ...] = ()


def ways(
    look: Callable[[dict[str, int]], Open], limit: int = MAX_SCENARIOS, worn: Callable[[], bool] = lambda: False
) -> Ways:
    """Look under every combination of the choices that looking asks for.

    Args:
        look: takes decisions, says what was asked for under them.
        limit: as many combinations are looked at, at most. Where there are more, the ways are those in which one
            thing at a time differs from the defaults.
        worn: whether no more can be looked at than the defaults.
    """
    found: list[dict[str, int]] = []
    subjects: dict[str, Sequence[Option]] = {}
    pending: list[dict[str, int]] = [{}]
    while pending:
        if found and (len(found) == limit or worn()):
            single = [{subject: index} for subject, options in subjects.items() for index in range(1, len(options))]
            return Ways([{}, *([] if worn() else single)][:limit], tuple(sorted(subjects)))
        made = pending.pop()
        asked = {subject: options for subject, options in look(made).items() if len(options) > 1}
        found.append(made)
        subjects.update(asked)
        others: list[dict[str, int]] = []
        for subject, options in asked.items():
            if subject not in made:
                others += [{**made, subject: index} for index in range(1, len(options))]
                made = {**made, subject: 0}
        pending += reversed(others)
    return Ways(found)


@dataclass(frozen=True, slots=True)
class Explored(Generic[T]):
    """What came of reading under every combination of choices.

    Args:
        found: each scenario with what was read in it.
        cut: what was decided in too many ways for all to be read; empty where all were.
    """

    found: list[tuple[Scenario, T]] = field(default_factory=list)
    cut: tuple[str, ...] = ()


def explore(read: Callable[[Choices], T], limit: int = MAX_SCENARIOS) -> Explored[T]:
    """Read under every combination of the choices that the reading asks for.

    Args:
        read: reads; asks `Choices.of` whenever something is open.
        limit: as for `ways`.
    """
    kept: dict[frozenset[tuple[str, int]], tuple[Scenario, T]] = {}

    def look(made: dict[str, int]) -> Open:
        choices = Choices(made)
        result = read(choices)
        kept[frozenset(made.items())] = (choices.scenario, result)
        return choices.asked

    found = ways(look, limit)
    for made in found.made:
        if frozenset(made.items()) not in kept:
            look(made)
    return Explored([kept[frozenset(made.items())] for made in found.made], found.cut)

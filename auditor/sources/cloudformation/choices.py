"""What a template leaves open until it is deployed, and every way in which it may be decided.

Values of parameters that conditions ask for, parameters with AllowedValues, and comparisons with what only the
deployment tells are *choices*. A reader asks for each as it meets it; `explore` reads again until every
combination was read, the one of all defaults first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")

# As many ways are read; which were left out is said.
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
        return options[self.made.get(subject, 0) if self.made.get(subject, 0) < len(options) else 0]

    @property
    def scenario(self) -> Scenario:
        """What was asked for and how it was decided, in words; only what has more than one option."""
        return tuple(
            (subject, options[self.made.get(subject, 0)].words)
            for subject, options in sorted(self.asked.items())
            if len(options) > 1
        )


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
        limit: as many combinations are read at most. Where there are more, those in which one thing at a time
            differs from the defaults are read.
    """
    found: list[tuple[Scenario, T]] = []
    subjects: dict[str, Sequence[Option]] = {}
    pending: list[dict[str, int]] = [{}]
    while pending:
        if len(found) == limit:
            return Explored(list(_one_at_a_time(read, subjects, limit)), tuple(sorted(subjects)))
        made = pending.pop()
        choices = Choices(made)
        result = read(choices)
        found.append((choices.scenario, result))
        subjects.update({name: options for name, options in choices.asked.items() if len(options) > 1})
        others: list[dict[str, int]] = []
        for subject, options in choices.asked.items():
            if subject not in made:
                others += [{**made, subject: index} for index in range(1, len(options))]
                made = {**made, subject: 0}
        pending += reversed(others)
    return Explored(found)


def _one_at_a_time(
    read: Callable[[Choices], T], subjects: Mapping[str, Sequence[Option]], limit: int
) -> Iterator[tuple[Scenario, T]]:
    single = [{subject: index} for subject, options in subjects.items() for index in range(1, len(options))]
    for made in [{}, *single][:limit]:
        choices = Choices(made)
        result = read(choices)
        yield choices.scenario, result

"""The rules that are there, and choosing among them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import ModuleType

from auditor.errors import UsageError, nearest
from auditor.model.rule import Rule
from auditor.model.verdict import Severity

__all__ = ["Catalog", "nearest"]


class Catalog:
    """An ordered set of rules with unique ids.

    Args:
        rules: the rules.

    Raises:
        ValueError: two rules share an id.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules: dict[str, Rule] = {}
        for rule in rules:
            if rule.id in self._rules:
                raise ValueError(f"two rules are called {rule.id}")
            self._rules[rule.id] = rule

    @classmethod
    def of(cls, modules: Iterable[ModuleType]) -> "Catalog":
        """The rules of some modules: every `Rule` at module level and every tuple of them, in order.

        The concern of a rule is the last part of the name of the module it stands in.
        """
        return cls(
            replace(rule, concern=module.__name__.rpartition(".")[2])
            for module in modules
            for rule in _rules_in(module)
        )

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules.values())

    def __len__(self) -> int:
        return len(self._rules)

    def get(self, rule_id: str) -> Rule:
        """The rule of an id.

        Raises:
            UsageError: there is none; names the nearest.
        """
        try:
            return self._rules[rule_id]
        except KeyError:
            raise UsageError(f"no rule is called {rule_id!r}", nearest(rule_id, self._rules)) from None

    def select(self, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> "Catalog":
        """The rules that match any of `select` (all, if it is empty) and none of `ignore`.

        Args:
            select: rule ids, tags, severities, concerns, or frameworks (the part of a control before `:`).
            ignore: the same.

        Raises:
            UsageError: a word matches no rule.
        """
        chosen, dropped = tuple(select), tuple(ignore)
        for word in (*chosen, *dropped):
            if not any(_matches(rule, word) for rule in self):
                raise UsageError(
                    f"no rule, tag, severity, concern or framework is called {word!r}",
                    nearest(word, self._words()),
                )
        return Catalog(
            rule
            for rule in self
            if (not chosen or any(_matches(rule, word) for word in chosen))
            and not any(_matches(rule, word) for word in dropped)
        )

    def _words(self) -> set[str]:
        words = {severity.value for severity in Severity}
        for rule in self:
            words |= {
                rule.id,
                rule.concern,
                *rule.tags,
                *(control.partition(":")[0] for control in rule.controls),
            }
        return words


def _rules_in(module: ModuleType) -> Iterator[Rule]:
    for value in vars(module).values():
        if isinstance(value, Rule):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Rule))


def _matches(rule: Rule, word: str) -> bool:
    lowered = word.lower()
    return (
        word == rule.id
        or lowered == rule.concern
        or lowered == rule.severity.value.lower()
        or lowered in (tag.lower() for tag in rule.tags)
        or any(lowered in (control.lower(), control.partition(":")[0].lower()) for control in rule.controls)
    )

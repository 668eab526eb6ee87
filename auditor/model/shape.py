"""`Shape`: a typed view of one API structure in which an unobserved field cannot be read by accident."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from .fields import missing
from .unknown import CannotAssess, Reason, Unknown

_HIDDEN = "_hidden"


def api_name(field: str) -> str:
    """The API member for a field: snake_case to PascalCase, as botocore spells most members."""
    return "".join(part[:1].upper() + part[1:] for part in field.split("_"))


class Shape(BaseModel):
    """Base of every API structure in the model.

    Built with `model_validate` from a dict in API spelling. A value that is an `Unknown`, that does not fit
    its type, or that the service always answers but is absent, leaves its field out of the instance;
    reading such a field raises `CannotAssess`. Members that the model does not name are ignored.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=api_name,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
        # Most runs touch a few of the hundreds of shapes: their validators are built at first use.
        defer_build=True,
        # A shape that is handed in already built is kept, with what it hides.
        revalidate_instances="never",
    )

    _always: ClassVar[frozenset[str]] = frozenset()
    fields_by_member: ClassVar[dict[str, str]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Note once per class which fields the service always answers, and the alias table."""
        cls._always = frozenset(
            name
            for name, field in cls.model_fields.items()
            if field.default_factory is not None and _is_observed_marker(field.default_factory)
        )
        cls.fields_by_member = {field.alias or api_name(name): name for name, field in cls.model_fields.items()}

    @model_validator(mode="wrap")
    @classmethod
    def _hide_unknowns(cls, data: Any, handler: Callable[[Any], Self]) -> Self:
        if not isinstance(data, dict):
            return handler(data)
        # Asked for every structure of every resource, nearly always in vain: one pass without a Python loop.
        hidden: dict[str, Unknown] = {}
        if Unknown in map(type, data.values()):
            hidden = {member: value for member, value in data.items() if type(value) is Unknown}
        known = {m: v for m, v in data.items() if m not in hidden} if hidden else data
        while True:
            try:
                shape = handler(known)
                break
            except ValidationError as error:
                bad = _misfits(error, known)
                hidden.update(bad)
                known = {member: value for member, value in known.items() if member not in bad}
        unset = cls._always - shape.__pydantic_fields_set__
        if hidden or unset:
            _hide(shape, hidden, unset)
        return shape

    def __getattr__(self, name: str) -> Any:
        hidden: dict[str, Unknown] = self.__dict__.get(_HIDDEN, {})
        if name in hidden:
            raise CannotAssess(hidden[name], self, name)
        raise AttributeError(f"{type(self).__name__} has no field {name!r}")

    def peek(self, field: str) -> Any:
        """The value of a field, or the `Unknown` that stands for it; never raises `CannotAssess`."""
        hidden: dict[str, Unknown] = self.__dict__.get(_HIDDEN, {})
        return hidden[field] if field in hidden else self.__dict__[field]

    def members(self) -> Iterator[tuple[str, Any]]:
        """The API members that were given, in the model's order, each with its value or `Unknown`.

        Members left unset, and those that the answering shape lacks, are not among them.
        """
        hidden: dict[str, Unknown] = self.__dict__.get(_HIDDEN, {})
        for member, field in type(self).fields_by_member.items():
            if field in hidden:
                if hidden[field] is not missing():
                    yield member, hidden[field]
            elif field in self.model_fields_set:
                yield member, self.__dict__[field]

    @classmethod
    def field_of(cls, member: str) -> str | None:
        """The field that models an API member, or None where the member is not modelled."""
        return cls.fields_by_member.get(member)


def _is_observed_marker(factory: Callable[..., Any]) -> bool:
    return _call(factory) is missing()


@cache
def _call(factory: Callable[[], Any]) -> Any:
    return factory()


def _misfits(error: ValidationError, known: dict[str, Any]) -> dict[str, Unknown]:
    bad: dict[str, Unknown] = {}
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        member = str(problem["loc"][0]) if problem["loc"] else ""
        if member not in known:
            raise error
        bad[member] = Unknown(Reason.UNEXPECTED_VALUE, f"{member}: {problem['msg']}")
    return bad


def _hide(shape: Shape, hidden: dict[str, Unknown], unset: frozenset[str]) -> None:
    by_member = type(shape).fields_by_member
    out = {by_member[member]: value for member, value in hidden.items() if member in by_member}
    for field in unset:
        out.setdefault(field, missing())
    for field in out:
        shape.__dict__.pop(field, None)
    if out:
        shape.__dict__[_HIDDEN] = out

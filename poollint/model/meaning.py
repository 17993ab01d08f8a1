"""The linker's answers: what an expression denotes, as far as the project and the catalogue tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

from poollint.model.identity import PoolKey
from poollint.model.span import Place
from poollint.model.value import Literal, Reason, Unknown


@dataclass(frozen=True, slots=True)
class External:
    """A dotted name outside the project, as imported: `psycopg2.pool.ThreadedConnectionPool`."""

    name: str


@dataclass(frozen=True, slots=True)
class FileModule:
    """A module of the project; `path` "" and `folder` set for a package without `__init__.py`."""

    path: str
    folder: str = ""


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function of the project; `bound` is the object that it was taken from."""

    path: str
    qualified: str
    bound: InstanceOf | ClassRef | None = None


@dataclass(frozen=True, slots=True)
class ClassRef:
    path: str
    qualified: str


@dataclass(frozen=True, slots=True)
class InstanceOf:
    cls: ClassRef


@dataclass(frozen=True, slots=True)
class Typed:
    """An object of a catalogue type (`library:type`).

    `origin` is the call that made it, `key` the lasting place that holds it, `made_by` the catalogue's name
    of its constructor when that is known.
    """

    type_id: str
    key: PoolKey | None = None
    origin: Place | None = None
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class TypedClass:
    """A class of the catalogue itself (`redis.Redis`), before it is called."""

    type_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Application:
    """An object of a framework's type (`framework:type`)."""

    type_id: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a catalogue type, not yet called."""

    receiver: Typed
    name: str


@dataclass(frozen=True, slots=True)
class Awaitable:
    """Awaiting it gives `result`."""

    result: Meaning


@dataclass(frozen=True, slots=True)
class Entered:
    """A context manager: entering it gives `result`."""

    result: Meaning


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, tuple, set or generator of like things."""

    element: Meaning


@dataclass(frozen=True, slots=True)
class MapOf:
    """A dictionary whose values are alike."""

    value: Meaning


@dataclass(frozen=True, slots=True)
class TupleOf:
    items: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class Exactly:
    """A literal."""

    value: Literal


Meaning = Union[
    External,
    FileModule,
    FunctionRef,
    ClassRef,
    InstanceOf,
    Typed,
    TypedClass,
    Application,
    Method,
    Awaitable,
    Entered,
    ListOf,
    MapOf,
    TupleOf,
    Exactly,
    Unknown,
]

DYNAMIC = Unknown(Reason.DYNAMIC)
PARAMETER = Unknown(Reason.PARAMETER)
UNRESOLVED = Unknown(Reason.UNRESOLVED_IMPORT)
TOO_MANY = Unknown(Reason.TOO_MANY)
CUT_OFF = Unknown(Reason.CUT_OFF)


def is_none(meaning: Meaning) -> bool:
    """Whether it is the literal None."""
    return isinstance(meaning, Exactly) and meaning.value is None


def alike(one: Meaning, other: Meaning) -> bool:
    """Whether two answers are the same thing for every question asked of them."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return False
    if isinstance(one, Typed) and isinstance(other, Typed):
        return one.type_id == other.type_id
    if isinstance(one, (Awaitable, Entered)) and type(one) is type(other):
        return alike(one.result, other.result)
    if isinstance(one, ListOf) and isinstance(other, ListOf):
        return alike(one.element, other.element)
    if isinstance(one, MapOf) and isinstance(other, MapOf):
        return alike(one.value, other.value)
    if isinstance(one, TupleOf) and isinstance(other, TupleOf):
        return len(one.items) == len(other.items) and all(map(alike, one.items, other.items))
    return type(one) is type(other) and one == other


def agree(meanings: Sequence[Meaning]) -> Meaning:
    """The one thing that all of them are, None aside; else unknown."""
    found: Meaning | None = None
    for meaning in meanings:
        if is_none(meaning):
            continue
        if isinstance(meaning, Unknown):
            return meaning
        if found is None:
            found = meaning
        elif not alike(found, meaning):
            return TOO_MANY
        elif isinstance(found, Typed) and isinstance(meaning, Typed) and found != meaning:
            key = found.key if found.key == meaning.key else None
            found = Typed(found.type_id, key, found.origin, found.made_by if found.made_by == meaning.made_by else "")
    if found is None:
        return Exactly(None) if meanings else DYNAMIC
    return found

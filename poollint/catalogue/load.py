"""Reads one TOML file (or one table of a user's pyproject.toml) into the catalogue's frozen data.

The dataclasses of `model.library` and `model.framework` are the schema: a file's top-level keys and each
table's keys are their field names, with values of the fields' types. Tables that repeat are singular:

    libraries    [[type]] [[constructor]] [[acquire]] [[derive]] [[blocking]] [[implicit]] [[factory]]
                 [[option]] [[freshness]] [[unbounded]] [[misfit]] [[re_export]]
    frameworks   [[type]] [[entry]] [[dependency]] [[cached]] [[hand_off]] [[wrapper]] [[borrower]]
                 [[thread_decorator]] [[request_type]] [[holder]] [[deadline]] [[crowd]] [[server]]

Dataclasses within tables are inline tables: `release = [{ method = "putconn", on = "pool" }]`. TOML has no
null: where any literal may stand, the text "None" means None. `default = 5` is short for
`default = [{ value = 5 }]`. A type of another library is written `library:type`. Anything else is refused.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import tomli

from poollint.catalogue.consistency import KEYS, library_faults, near, root_faults
from poollint.model import framework as framework_model, library as library_model
from poollint.model.framework import Framework
from poollint.model.library import Library
from poollint.model.option import DefaultValue

ENUMERATED = {**library_model.ENUMERATED, **framework_model.ENUMERATED}
SCALARS: dict[type, str] = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
LITERALS = (str, bool, int, float)
HERE = Path(__file__).parent

T = TypeVar("T")
Convert = Callable[[Any, str], Any]


_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


class CatalogueError(ValueError):
    """A catalogue file says something that poollint does not know; the message names file, table and key.

    `keys` leads to it from the top of the file's table; numbers count the elements of a list.
    """

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(message)
        self.keys = tuple([int(number) if number else key for number, key in _PART.findall(where)])


class _Refused(Exception):
    """(where within the file, what is wrong)."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}" if place else problem)
        self.place = place


# --- files ---------------------------------------------------------------------------------------


def load_library(text: str, name: str) -> Library:
    """A library from the text of the file `name`."""
    return library_from(_parse(text, name), name)


def load_framework(text: str, name: str) -> Framework:
    """A framework from the text of the file `name`."""
    return framework_from(_parse(text, name), name)


def library_from(table: Mapping[str, object], place: str) -> Library:
    """A library from a parsed table; `place` is what error messages begin with."""
    library = _build(Library, table, place)
    _refuse_first(place, library_faults(library))
    return library


def framework_from(table: Mapping[str, object], place: str) -> Framework:
    """A framework from a parsed table; `place` is what error messages begin with."""
    framework = _build(Framework, table, place)
    _refuse_first(place, root_faults(framework.roots))
    return framework


def user_library(table: Mapping[str, object], place: str) -> Library:
    """A table of `[[tool.poollint.library]]`: only `roots` is required of the descriptive keys."""
    roots = table.get("roots")
    first = roots[0] if isinstance(roots, list) and roots and isinstance(roots[0], str) else ""
    described = {"name": first, "title": first, "distributions": [], "verified": "", "docs": ""}
    return library_from({**described, **table}, place)


def files(folder: str) -> list[tuple[str, str]]:
    """(file name, text) of the bundled files of "libraries" or "frameworks", by name."""
    return [(path.name, path.read_text("utf-8")) for path in sorted((HERE / folder).glob("*.toml"))]


def _parse(text: str, name: str) -> dict[str, object]:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise CatalogueError(f"{name}: {error}") from None


def _build(kind: type[T], table: Mapping[str, object], place: str) -> T:
    try:
        return cast(T, _reader(cast(Any, kind))(table, ""))
    except _Refused as refused:
        raise CatalogueError(f"{place}: {refused}", refused.place) from None


def _refuse_first(place: str, faults: Iterable[tuple[str, str]]) -> None:
    for where, problem in faults:
        raise CatalogueError(f"{place}: {where}: {problem}", where)


# --- one dataclass -------------------------------------------------------------------------------


@cache
def _reader(kind: Any) -> Convert:
    """The function that makes a `kind` of a table."""
    hints = typing.get_type_hints(kind)
    converters: dict[str, tuple[str, Convert]] = {}
    required: list[str] = []
    for field in fields(kind):
        key = KEYS.get(field.name, field.name) if kind in (Library, Framework) else field.name
        converters[key] = (field.name, _converter(hints[field.name], field.name))
        if field.default is MISSING and field.default_factory is MISSING:
            required.append(key)

    def read(value: object, place: str) -> object:
        if not isinstance(value, Mapping):
            raise _Refused(place, f"expected a table, not {_shown(value)}")
        arguments: dict[str, object] = {}
        for key, given in value.items():
            if key not in converters:
                raise _Refused(_below(place, key), f"unknown key {near(key, converters)}")
            name, convert = converters[key]
            arguments[name] = convert(given, _below(place, key))
        for key in required:
            if converters[key][0] not in arguments:
                raise _Refused(place, f"`{key}` is missing")
        return kind(**arguments)

    return read


def _below(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    return "a list" if isinstance(value, list) else repr(value)


# --- values --------------------------------------------------------------------------------------


def _converter(hint: object, name: str) -> Convert:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is object:
        return _literal
    if origin is tuple:
        return _many(arguments[0], name)
    if origin is dict:
        return _table(arguments[1], name)
    if origin in (types.UnionType, typing.Union):
        kinds = tuple(kind for kind in arguments if kind is not type(None))
        return _literal if len(kinds) > 1 else _converter(kinds[0], name)
    if isinstance(hint, type) and is_dataclass(hint):
        return _reader(cast(Any, hint))
    if isinstance(hint, type) and hint in SCALARS:
        return _scalar(hint, ENUMERATED.get(name, ()) if hint is str else ())
    raise TypeError(f"{name}: a catalogue cannot hold {hint}")


def _scalar(kind: type, words: tuple[str, ...]) -> Convert:
    allowed = (int, float) if kind is float else (kind,)

    def convert(value: object, place: str) -> object:
        if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
            raise _Refused(place, f"expected {SCALARS[kind]}, not {_shown(value)}")
        if words and value not in words:
            raise _Refused(place, f'"{value}" is not a word for it {near(cast(str, value), words)}')
        return value

    return convert


def _literal(value: object, place: str) -> object:
    if not isinstance(value, LITERALS):
        raise _Refused(place, f"expected a text, a number, true or false, not {_shown(value)}")
    return None if value == "None" else value


def _many(item: object, name: str) -> Convert:
    is_plain = item is object or item in SCALARS
    convert = _converter(item, "") if is_plain else _reader(item)

    def convert_list(value: object, place: str) -> object:
        if item is DefaultValue and not isinstance(value, (list, Mapping)):
            return (DefaultValue(cast(Any, _literal(value, place))),)
        if not isinstance(value, list):
            raise _Refused(place, f"expected a list, not {_shown(value)}")
        return tuple([convert(entry, f"{place}[{index}]") for index, entry in enumerate(value)])

    return convert_list


def _table(item: object, name: str) -> Convert:
    convert = _converter(item, name)

    def convert_table(value: object, place: str) -> object:
        if not isinstance(value, Mapping):
            raise _Refused(place, f"expected a table, not {_shown(value)}")
        return {key: convert(entry, f"{place}.{key}") for key, entry in value.items()}

    return convert_table

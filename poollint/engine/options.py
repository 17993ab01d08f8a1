"""Values of options: what a TOML file or a flag may say, checked against the one declaration in `Settings`."""

from __future__ import annotations

import math
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from poollint.engine.errors import listed, near
from poollint.model.settings import OPTIONS, Concurrency, Settings

APPENDED = ("extend_select", "extend_ignore", "extend_exclude")
MERGED = ("per_file_ignores", "severity", "roles", "load")
TABLES = ("concurrency", "library")
LOAD = ("qps", "hold")
_NAMES = {str: "a text", int: "a whole number", bool: "true or false"}


class WrongValueError(ValueError):
    """A value that an option cannot have: what was expected, and where within the value."""

    def __init__(self, message: str, inner: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.inner = inner


@dataclass(frozen=True, slots=True)
class Shape:
    """How the values of an option look: `kind` is "text", "flag", "number", "texts", "map" (text -> text),
    "lists" (text -> texts), "loads" (text -> numbers), "concurrency" or "tables"."""

    kind: str
    choices: tuple[str, ...] = ()


def key_of(name: str) -> str:
    """An option as TOML files write it."""
    return name.replace("_", "-")


def name_of(key: str) -> str | None:
    """The field of a TOML key; None for no option of ours."""
    name = key.replace("-", "_")
    return name if name in OPTIONS and key == key_of(name) else None


@cache
def shape_of(name: str) -> Shape:
    """The shape of an option, from its declared type."""
    declared = typing.get_type_hints(Settings)[name]
    choices = tuple(OPTIONS[name].metadata["choices"])
    if declared is Concurrency:
        return Shape("concurrency")
    if declared in _SCALARS:
        return Shape(_SCALARS[declared], choices)
    inner = typing.get_args(declared)
    if typing.get_origin(declared) is tuple:
        return Shape("texts" if inner[0] is str else "tables")
    if typing.get_origin(inner[1]) is dict:
        return Shape("loads")
    return Shape("map" if inner[1] is str else "lists")


_SCALARS = {str: "text", bool: "flag", int: "number"}


def unknown_key(key: str) -> str:
    """The message for a key that is no option."""
    return f'unknown key "{key}"{near(key, map(key_of, OPTIONS))}'


def from_toml(name: str, value: object) -> Any:
    """The value of an option as `Settings` holds it; `WrongValueError` where it does not fit."""
    shape = shape_of(name)
    if shape.kind in ("text", "flag", "number"):
        return _scalar(shape, value)
    if shape.kind == "texts":
        return _texts(value)
    if shape.kind == "concurrency":
        return _concurrency(value)
    if shape.kind == "tables":
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return tuple(value)
        raise WrongValueError("expected an array of tables")
    table = _table(value)
    if shape.kind == "map":
        return {key: _scalar(Shape("text"), item, key) for key, item in table.items()}
    if shape.kind == "loads":
        return {key: _load(item, key) for key, item in table.items()}
    return {key: _texts(item, key) for key, item in table.items()}


def _load(value: object, pool: str) -> dict[str, float]:
    """`{ qps = 200, hold = 10 }`: both, and nothing else."""
    if not isinstance(value, Mapping):
        raise WrongValueError(f"expected a table with {listed(LOAD)}, got {_shown(value)}", (pool,))
    for key, item in value.items():
        if key not in LOAD:
            raise WrongValueError(f'unknown key "{key}"{near(key, LOAD)}', (pool, key))
        if type(item) not in (int, float) or not 0 < item < math.inf:
            raise WrongValueError(f"expected a number above 0, got {_shown(item)}", (pool, key))
    for key in LOAD:
        if key not in value:
            raise WrongValueError(f'"{key}" is missing', (pool,))
    return {key: float(item) for key, item in value.items()}


def from_flag(name: str, text: str) -> Any:
    """The value of an option from the text of a flag: lists are comma-separated, `glob:CODES` makes a map.

    `WrongValueError` says what was expected.
    """
    shape = shape_of(name)
    if shape.kind == "text":
        return _scalar(shape, text)
    if shape.kind == "flag":
        return {"true": True, "false": False}.get(text) if text in ("true", "false") else _refuse(bool, text)
    if shape.kind == "number":
        return int(text) if text.strip().isdecimal() else _refuse(int, text)
    if shape.kind == "texts":
        return _split(text)
    return _pairs(text)


def _pairs(text: str) -> dict[str, tuple[str, ...]]:
    """`a.py:CPL1,CPL201 b/*.py:leak` as flake8 writes it; a code may follow a comma or a blank."""
    found: dict[str, tuple[str, ...]] = {}
    glob = ""
    for word in text.replace(",", " ").split():
        before, colon, after = word.rpartition(":")
        if colon:
            glob = before
            found.setdefault(glob, ())
        if not glob:
            raise WrongValueError(f'expected "glob:CODES", got "{text}"')
        if after:
            found[glob] = (*found[glob], after)
    return found


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())


def _scalar(shape: Shape, value: object, *inner: str) -> Any:
    wanted: type = {kind: made for made, kind in _SCALARS.items()}[shape.kind]
    if type(value) is not wanted:
        _refuse(wanted, value, *inner)
    if shape.choices and value not in shape.choices:
        guess = near(str(value), shape.choices)
        raise WrongValueError(f'expected {listed(shape.choices)}, got "{value}"{guess}', inner)
    return value


def _texts(value: object, *inner: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise WrongValueError(f"expected a list of texts, got {_shown(value)}", inner)
    for item in value:
        if not isinstance(item, str):
            raise WrongValueError(f"expected a list of texts, found {_shown(item)} in it", inner)
    return tuple(value)


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise WrongValueError(f"expected a table, got {_shown(value)}")
    return value


def _concurrency(value: object) -> Concurrency:
    known = {key_of(item.name): item.name for item in fields(Concurrency)}
    given: dict[str, int] = {}
    for key, item in _table(value).items():
        if key not in known:
            raise WrongValueError(f'unknown key "{key}"{near(key, known)}', (key,))
        if type(item) is not int or item < 1:
            raise WrongValueError(f"expected a whole number above 0, got {_shown(item)}", (key,))
        given[known[key]] = item
    return Concurrency(**given)


def _refuse(wanted: type, value: object, *inner: str) -> typing.NoReturn:
    raise WrongValueError(f"expected {_NAMES[wanted]}, got {_shown(value)}", inner)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (int, float)):
        return str(value)
    return "a table" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else "a date"


def combined(name: str, far: Any, near_by: Any) -> Any:
    """What holds when `near_by` was said after `far`: lists of `APPENDED` grow, maps of `MERGED` add up."""
    if name in APPENDED:
        return (*far, *near_by)
    if name == "per_file_ignores" or name == "roles":
        keys: Iterable[str] = dict.fromkeys((*far, *near_by))
        return {key: (*far.get(key, ()), *near_by.get(key, ())) for key in keys}
    if name in MERGED:
        return {**far, **near_by}
    if name == "concurrency":
        given = {item.name: getattr(near_by, item.name) for item in fields(Concurrency)}
        kept = {item.name: getattr(far, item.name) for item in fields(Concurrency)}
        return Concurrency(**{key: kept[key] if value is None else value for key, value in given.items()})
    if name == "library":
        return (*far, *near_by)
    return near_by

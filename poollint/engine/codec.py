"""Frozen data as JSON and back, by the types that its fields declare: what the cache keeps."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union

Data = TypeVar("Data")


class NotThisData(ValueError):
    """The JSON is not what was written for this type."""


def encoded(value: object) -> Any:
    """Dataclasses as lists of their fields, enumerations by name."""
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        return [encoded(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, (tuple, list)):
        return [encoded(item) for item in value]
    if isinstance(value, dict):
        return {key: encoded(item) for key, item in value.items()}
    return value


def decoded(kind: type[Data], value: Any) -> Data:
    """The data of a type; `NotThisData` where the JSON does not fit it."""
    try:
        found: Data = _decoded(kind, value)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise NotThisData(str(error)) from None
    return found


def _decoded(kind: Any, value: Any) -> Any:
    if isinstance(kind, type) and is_dataclass(kind):
        types_of_fields = _fields(kind)
        if not isinstance(value, list) or len(value) != len(types_of_fields):
            raise NotThisData(f"no {kind.__name__}")
        return kind(*[_decoded(each, item) for each, item in zip(types_of_fields, value, strict=True)])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind[value]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _of_union(arguments, value)
    if origin is tuple:
        _must_be(list, value)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple([_decoded(arguments[0], item) for item in value])
        return tuple([_decoded(each, item) for each, item in zip(arguments, value, strict=True)])
    if origin is dict:
        _must_be(dict, value)
        return {key: _decoded(arguments[1], item) for key, item in value.items()}
    return _must_be(kind, value)


def _of_union(kinds: tuple[Any, ...], value: Any) -> Any:
    """Of a type or None; other unions are not needed."""
    if value is None and type(None) in kinds:
        return None
    (kind,) = (each for each in kinds if each is not type(None))
    return _decoded(kind, value)


def _must_be(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise NotThisData(f"{type(value).__name__} in place of {kind.__name__}")
    return value


@cache
def _fields(kind: type) -> tuple[Any, ...]:
    hints = typing.get_type_hints(kind)
    return tuple(hints[field.name] for field in fields(kind))

"""Expressions of the statement form, symbolic: what a call does is decided after linking. `form` tells the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union


@dataclass(frozen=True, slots=True)
class Name:
    id: str


@dataclass(frozen=True, slots=True)
class Attr:
    base: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Const:
    """A literal; bytes, complex numbers and `...` are `Opaque`."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Argument:
    """`keyword` is None for a positional one; `star` is "", "*" or "**"."""

    value: Expr
    keyword: str | None = None
    star: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    ordinal: int
    func: Expr
    args: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Await:
    ordinal: int
    value: Expr


@dataclass(frozen=True, slots=True)
class Yield:
    """`is_from` tells `yield from`."""

    ordinal: int
    value: Expr | None
    is_from: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A tuple, list or set display; `kind` is "tuple", "list" or "set"."""

    kind: str
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Starred:
    value: Expr


@dataclass(frozen=True, slots=True)
class DictDisplay:
    """Key None stands for `**value`."""

    items: tuple[tuple[Expr | None, Expr], ...]


@dataclass(frozen=True, slots=True)
class BoolOp:
    """`op` is "and" or "or"; values in order, two or more."""

    op: str
    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    value: Expr


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison; `op` is the operator's source words, such as "is not". Chains are `Opaque`."""

    left: Expr
    op: str
    right: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    """`left op right`, kept for constant arithmetic, string joins and `X | None` in annotations."""

    left: Expr
    op: str
    right: Expr


@dataclass(frozen=True, slots=True)
class IfExp:
    test: Expr
    body: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True)
class NamedExpr:
    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Subscript:
    base: Expr
    key: Expr


@dataclass(frozen=True, slots=True)
class Joined:
    """An f-string or implicit concatenation: literal pieces as `Const`, the rest as they are."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Lambda:
    """`function` is the qualified name of its `FunctionForm`."""

    function: str


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`kind` is "list", "set", "dict" or "generator". `sources` are (target, iterable, is_async)."""

    kind: str
    elements: tuple[Expr, ...]
    sources: tuple[tuple[Expr, Expr, bool], ...]
    conditions: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Anything else: its parts are evaluated in this order, its value is not known."""

    parts: tuple[Expr, ...] = ()


Expr = Union[
    Name,
    Attr,
    Const,
    Call,
    Await,
    Yield,
    Sequence,
    Starred,
    DictDisplay,
    BoolOp,
    Not,
    Compare,
    Binary,
    IfExp,
    NamedExpr,
    Subscript,
    Joined,
    Lambda,
    Comprehension,
    Opaque,
]

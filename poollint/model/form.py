"""The statement form: what the visitors make of a function, and all that the analysis reads.

Expressions stay symbolic: whether a call acquires, releases, blocks or constructs is decided after linking. Nodes
that a finding or a step may stand on carry an ordinal, counted within their function, in place of a position.
It is a frozen tree of tuples: comparable, hashable, picklable. `expression` has its leaves and branches, statements are
here; readers take both from here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Union

from .expression import (
    Argument as Argument,
    Attr as Attr,
    Await as Await,
    Binary as Binary,
    BoolOp as BoolOp,
    Call as Call,
    Compare as Compare,
    Comprehension as Comprehension,
    Const as Const,
    DictDisplay as DictDisplay,
    Expr as Expr,
    IfExp as IfExp,
    Joined as Joined,
    Lambda as Lambda,
    Name as Name,
    NamedExpr as NamedExpr,
    Not as Not,
    Opaque as Opaque,
    Sequence as Sequence,
    Starred as Starred,
    Subscript as Subscript,
    Yield as Yield,
)

MODULE = "<module>"
CLASS_BODY = "<body>"
LAMBDA = "<lambda>"


# --- statements ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evaluate:
    ordinal: int
    value: Expr


@dataclass(frozen=True, slots=True)
class Bind:
    """`a = b = value`; an annotated assignment has `annotation`, and value None when only declared.

    `op` is the operator of an augmented assignment ("+="), else "".
    """

    ordinal: int
    targets: tuple[Expr, ...]
    value: Expr | None
    annotation: Expr | None = None
    op: str = ""


@dataclass(frozen=True, slots=True)
class Delete:
    ordinal: int
    targets: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Return:
    ordinal: int
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Raise:
    ordinal: int
    exception: Expr | None
    cause: Expr | None = None


@dataclass(frozen=True, slots=True)
class Assert:
    ordinal: int
    test: Expr
    message: Expr | None = None


@dataclass(frozen=True, slots=True)
class Break:
    ordinal: int


@dataclass(frozen=True, slots=True)
class Continue:
    ordinal: int


@dataclass(frozen=True, slots=True)
class If:
    ordinal: int
    test: Expr
    body: Block
    orelse: Block


@dataclass(frozen=True, slots=True)
class While:
    ordinal: int
    test: Expr
    body: Block
    orelse: Block


@dataclass(frozen=True, slots=True)
class For:
    ordinal: int
    target: Expr
    iterable: Expr
    body: Block
    orelse: Block
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Handler:
    """`types` is empty for a bare `except`."""

    ordinal: int
    types: tuple[Expr, ...]
    name: str | None
    body: Block


@dataclass(frozen=True, slots=True)
class Try:
    ordinal: int
    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    final: Block
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class WithItem:
    ordinal: int
    value: Expr
    target: Expr | None


@dataclass(frozen=True, slots=True)
class With:
    ordinal: int
    items: tuple[WithItem, ...]
    body: Block
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """`names` are the names that the pattern binds; `is_catch_all` when it matches anything."""

    ordinal: int
    names: tuple[str, ...]
    values: tuple[Expr, ...]
    guard: Expr | None
    is_catch_all: bool
    body: Block


@dataclass(frozen=True, slots=True)
class Match:
    ordinal: int
    subject: Expr
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class ImportedName:
    """`from module import name as alias`, or `import module as alias` when name is None.

    `module` is dotted as written, `level` its leading dots; name "*" is a star import.
    """

    module: str
    level: int
    name: str | None
    alias: str | None


@dataclass(frozen=True, slots=True)
class Import:
    ordinal: int
    names: tuple[ImportedName, ...]


@dataclass(frozen=True, slots=True)
class Declare:
    """`global` or `nonlocal`, by `kind`."""

    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Define:
    """A nested `def` or `class` is bound here; `qualified` names its form."""

    ordinal: int
    name: str
    qualified: str
    is_class: bool


Stmt = Union[
    Evaluate,
    Bind,
    Delete,
    Return,
    Raise,
    Assert,
    Break,
    Continue,
    If,
    While,
    For,
    Try,
    With,
    Match,
    Import,
    Declare,
    Define,
]
Block = tuple[Stmt, ...]


# --- functions, classes, files --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """`kind` is "positional", "keyword", "*" or "**"."""

    name: str
    kind: str
    annotation: Expr | None = None
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class FunctionForm:
    """A function, a lambda (`name` "<lambda>") or a module's own statements (`MODULE`).

    `owner` is the class that it is a method of, `parent` the function that encloses it; None at module level.
    """

    qualified: str
    name: str
    ordinal: int
    parameters: tuple[Parameter, ...]
    decorators: tuple[Expr, ...]
    returns: Expr | None
    is_async: bool
    is_generator: bool
    body: Block
    owner: str | None = None
    parent: str | None = None
    documentation: str | None = None
    memory: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)
    """What `analysis.scopes.overview` has read off the body; it is asked for many times."""


@dataclass(frozen=True, slots=True)
class ClassForm:
    """`body` holds the class-level statements; methods are `Define`s that name their forms."""

    qualified: str
    name: str
    ordinal: int
    bases: tuple[Expr, ...]
    decorators: tuple[Expr, ...]
    body: Block
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class FileForm:
    """All of a file: `functions` by qualified name (with `MODULE`), `classes` by qualified name.

    Of several definitions of one name the first has the plain key, later ones `name@2`, ...
    """

    path: str
    functions: dict[str, FunctionForm] = field(hash=False)
    classes: dict[str, ClassForm] = field(hash=False)

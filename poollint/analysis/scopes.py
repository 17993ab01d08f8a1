"""What binds each name of a block: the statement form read flat, without following anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from poollint.model import form


@dataclass(frozen=True, slots=True)
class Binding:
    """One place that gives a name its value.

    `kind`: "import", "function", "class", "value", "with", "async-with", "for", "item" (the `index`-th of a
    tuple), "annotation" (declared only) or "other". `expression` is what is assigned, entered or iterated.
    """

    kind: str
    expression: form.Expr | None = None
    annotation: form.Expr | None = None
    imported: form.ImportedName | None = None
    qualified: str = ""
    index: int = -1
    ordinal: int = -1


ANY_KEY = "*"


@dataclass(frozen=True, slots=True)
class Bindings:
    """Names bound in one function, class body or module, and what it declares global or nonlocal.

    `stars` are its star imports; `attributes` maps `base.name` targets (`self.pool`, `app.state.pool`) and
    subscripts (`app[pool]`, with a key that is no literal `pools[*]`) to their values.
    """

    names: dict[str, list[Binding]]
    attributes: dict[str, list[Binding]]
    globals: frozenset[str]
    nonlocals: frozenset[str]
    stars: tuple[form.ImportedName, ...]


def statements(block: form.Block) -> Iterator[form.Stmt]:
    """Every statement of a block, nested blocks included, in source order; not of nested functions."""
    for statement in block:
        yield statement
        inner = _INNER.get(type(statement))
        if inner is not None:
            for nested in inner(statement):
                yield from statements(nested)


_INNER: dict[type, Callable[[Any], tuple[form.Block, ...]]] = {
    form.If: lambda s: (s.body, s.orelse),
    form.While: lambda s: (s.body, s.orelse),
    form.For: lambda s: (s.body, s.orelse),
    form.With: lambda s: (s.body,),
    form.Try: lambda s: (s.body, *[h.body for h in s.handlers], s.orelse, s.final),
    form.Match: lambda s: tuple([case.body for case in s.cases]),
}
"""By class, since these are the innermost loops of all: a test of each class in turn costs twice as much."""


def inner_blocks(statement: form.Stmt) -> tuple[form.Block, ...]:
    inner = _INNER.get(type(statement))
    return () if inner is None else inner(statement)


def bindings(block: form.Block, has_walrus: bool = True) -> Bindings:
    """All that a block binds, flow ignored. `has_walrus` False spares the search for `:=`."""
    collector = _Collector()
    for statement in statements(block):
        collector.add(statement)
        if has_walrus:
            for walrus in named_expressions(statement):
                collector.bind(walrus.name, Binding("value", walrus.value))
    return Bindings(
        collector.names,
        collector.attributes,
        frozenset(collector.globals),
        frozenset(collector.nonlocals),
        tuple(collector.stars),
    )


def target_path(target: form.Expr) -> str | None:
    """`a.b.c` of a name or attribute, `a.b["k"]` as `a.b[k]`; None for anything else."""
    if isinstance(target, form.Name):
        return target.id
    if isinstance(target, form.Attr):
        base = target_path(target.base)
        return None if base is None else f"{base}.{target.name}"
    if isinstance(target, form.Subscript) and isinstance(target.key, form.Const):
        base = target_path(target.base)
        return None if base is None else f"{base}[{target.key.value}]"
    return None


def _any_key(target: form.Expr) -> str | None:
    """`pools[*]` of `pools[name]`, whatever the key."""
    base = target_path(target.base) if isinstance(target, form.Subscript) else None
    return None if base is None else f"{base}[{ANY_KEY}]"


class _Collector:
    def __init__(self) -> None:
        self.names: dict[str, list[Binding]] = {}
        self.attributes: dict[str, list[Binding]] = {}
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.stars: list[form.ImportedName] = []

    def bind(self, name: str, binding: Binding) -> None:
        self.names.setdefault(name, []).append(binding)

    def add(self, statement: form.Stmt) -> None:
        if isinstance(statement, form.Bind):
            self._assignment(statement)
        elif isinstance(statement, form.Import):
            for imported in statement.names:
                self._import(imported, statement.ordinal)
        elif isinstance(statement, form.Define):
            kind = "class" if statement.is_class else "function"
            self.bind(statement.name, Binding(kind, qualified=statement.qualified, ordinal=statement.ordinal))
        elif isinstance(statement, form.With):
            kind = "async-with" if statement.is_async else "with"
            for item in statement.items:
                if item.target is not None:
                    self.target(item.target, Binding(kind, item.value, ordinal=item.ordinal))
        elif isinstance(statement, form.For):
            self.target(statement.target, Binding("for", statement.iterable, ordinal=statement.ordinal))
        elif isinstance(statement, form.Declare):
            (self.globals if statement.kind == "global" else self.nonlocals).update(statement.names)
        elif isinstance(statement, form.Try):
            for handler in statement.handlers:
                if handler.name:
                    self.bind(handler.name, Binding("other"))
        elif isinstance(statement, form.Match):
            for case in statement.cases:
                for name in case.names:
                    self.bind(name, Binding("other"))

    def _import(self, imported: form.ImportedName, ordinal: int) -> None:
        if imported.name == "*":
            self.stars.append(imported)
        elif imported.name is None and imported.alias is None:
            head = imported.module.partition(".")[0]
            self.bind(head, Binding("import", imported=imported, ordinal=ordinal))
        else:
            name = imported.alias or imported.name or imported.module
            self.bind(name, Binding("import", imported=imported, ordinal=ordinal))

    def _assignment(self, statement: form.Bind) -> None:
        if statement.op:
            for target in statement.targets:
                self.target(target, Binding("other", ordinal=statement.ordinal))
            return
        kind = "annotation" if statement.value is None else "value"
        binding = Binding(kind, statement.value, statement.annotation, ordinal=statement.ordinal)
        for target in statement.targets:
            self.target(target, binding)

    def target(self, target: form.Expr, binding: Binding) -> None:
        if isinstance(target, form.Name):
            self.bind(target.id, binding)
        elif isinstance(target, form.Sequence):
            self._unpack(target, binding)
        elif isinstance(target, form.Starred):
            self.target(target.value, Binding("other"))
        else:
            path = target_path(target) or _any_key(target)
            if path is not None:
                self.attributes.setdefault(path, []).append(binding)

    def _unpack(self, target: form.Sequence, binding: Binding) -> None:
        value = binding.expression
        for index, item in enumerate(target.items):
            if binding.kind == "value" and isinstance(value, form.Sequence) and len(value.items) == len(target.items):
                self.target(item, Binding("value", value.items[index], ordinal=binding.ordinal))
            elif binding.kind == "value":
                self.target(item, Binding("item", value, index=index, ordinal=binding.ordinal))
            else:
                self.target(item, Binding("other", ordinal=binding.ordinal))


_OWN: dict[type, Callable[[Any], tuple[form.Expr, ...]]] = {
    form.Evaluate: lambda s: (s.value,),
    form.Bind: lambda s: (
        *(() if s.value is None else (s.value,)),
        *[target for target in s.targets if type(target) is not form.Name],
    ),
    form.Return: lambda s: () if s.value is None else (s.value,),
    form.Raise: lambda s: tuple([part for part in (s.exception, s.cause) if part is not None]),
    form.Assert: lambda s: (s.test,) if s.message is None else (s.test, s.message),
    form.If: lambda s: (s.test,),
    form.While: lambda s: (s.test,),
    form.For: lambda s: (s.iterable,),
    form.With: lambda s: tuple([item.value for item in s.items]),
    form.Match: lambda s: (s.subject, *[case.guard for case in s.cases if case.guard is not None]),
    form.Delete: lambda s: tuple([target for target in s.targets if type(target) is not form.Name]),
}


def own_expressions(statement: form.Stmt) -> tuple[form.Expr, ...]:
    """The expressions that a statement itself evaluates, in order; those of inner blocks are theirs."""
    own = _OWN.get(type(statement))
    return () if own is None else own(statement)


_PARTS: dict[type, Callable[[Any], tuple[form.Expr, ...]]] = {
    form.Attr: lambda e: (e.base,),
    form.Starred: lambda e: (e.value,),
    form.Not: lambda e: (e.value,),
    form.Await: lambda e: (e.value,),
    form.Call: lambda e: (e.func, *[argument.value for argument in e.args]),
    form.Yield: lambda e: () if e.value is None else (e.value,),
    form.Sequence: lambda e: e.items,
    form.Opaque: lambda e: e.parts,
    form.Joined: lambda e: e.parts,
    form.BoolOp: lambda e: e.values,
    form.DictDisplay: lambda e: tuple([part for pair in e.items for part in pair if part is not None]),
    form.Compare: lambda e: (e.left, e.right),
    form.Binary: lambda e: (e.left, e.right),
    form.Subscript: lambda e: (e.base, e.key),
    form.IfExp: lambda e: (e.test, e.body, e.orelse),
    form.NamedExpr: lambda e: (e.value,),
    form.Comprehension: lambda e: (*[source[1] for source in e.sources], *e.conditions, *e.elements),
}


def parts(expression: form.Expr) -> tuple[form.Expr, ...]:
    """Direct sub-expressions in order of evaluation; a lambda's body is its own function."""
    inner = _PARTS.get(type(expression))
    return () if inner is None else inner(expression)


def expressions(expression: form.Expr) -> Iterator[form.Expr]:
    """The expression and all inside it, outermost first."""
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        yield current
        inner = _PARTS.get(type(current))
        if inner is not None:
            waiting += inner(current)[::-1]


def statement_expressions(statement: form.Stmt) -> Iterator[form.Expr]:
    own = _OWN.get(type(statement))
    if own is not None:
        for expression in own(statement):
            yield from expressions(expression)


def named_expressions(statement: form.Stmt) -> Iterator[form.NamedExpr]:
    for expression in statement_expressions(statement):
        if isinstance(expression, form.NamedExpr):
            yield expression


@dataclass(frozen=True, slots=True)
class Overview:
    """Of a function's own body: its calls, outermost first within a statement; whether it has a `:=`, a `global` or
    a `nonlocal`."""

    calls: tuple[form.Call, ...]
    has_walrus: bool
    is_declaring: bool


def overview(function: form.FunctionForm) -> Overview:
    """What is asked of a function again and again, read off its body once."""
    if not function.memory:
        function.memory.append(_read(function))
    found: Overview = function.memory[0]
    return found


def _read(function: form.FunctionForm) -> Overview:
    calls: list[form.Call] = []
    has_walrus = is_declaring = False
    for statement in statements(function.body):
        is_declaring = is_declaring or type(statement) is form.Declare
        for expression in statement_expressions(statement):
            kind = type(expression)
            if kind is form.Call:
                calls.append(expression)  # type: ignore[arg-type]
            elif kind is form.NamedExpr:
                has_walrus = True
    return Overview(tuple(calls), has_walrus, is_declaring)

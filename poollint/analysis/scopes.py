"""What binds each name of a block: the statement form read flat, without following anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Bindings:
    """Names bound in one function, class body or module, and what it declares global or nonlocal.

    `stars` are its star imports; `attributes` maps `base.name` targets (`self.pool`, `app.state.pool`) and
    literal subscripts (`app[pool]`) to their values.
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
        for inner in inner_blocks(statement):
            yield from statements(inner)


def inner_blocks(statement: form.Stmt) -> tuple[form.Block, ...]:
    if isinstance(statement, (form.If, form.While, form.For)):
        return (statement.body, statement.orelse)
    if isinstance(statement, form.With):
        return (statement.body,)
    if isinstance(statement, form.Try):
        return (statement.body, *(h.body for h in statement.handlers), statement.orelse, statement.final)
    if isinstance(statement, form.Match):
        return tuple(case.body for case in statement.cases)
    return ()


def bindings(block: form.Block) -> Bindings:
    """All that a block binds, flow ignored."""
    collector = _Collector()
    for statement in statements(block):
        collector.add(statement)
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
        for walrus in named_expressions(statement):
            self.bind(walrus.name, Binding("value", walrus.value))

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
            path = target_path(target)
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


def own_expressions(statement: form.Stmt) -> tuple[form.Expr, ...]:
    """The expressions that a statement itself evaluates, in order; those of inner blocks are theirs."""
    if isinstance(statement, form.Evaluate):
        return (statement.value,)
    if isinstance(statement, form.Bind):
        value = () if statement.value is None else (statement.value,)
        return (*value, *(t for t in statement.targets if not isinstance(t, form.Name)))
    if isinstance(statement, form.Return):
        return () if statement.value is None else (statement.value,)
    if isinstance(statement, form.Raise):
        return tuple(part for part in (statement.exception, statement.cause) if part is not None)
    if isinstance(statement, form.Assert):
        return (statement.test,) if statement.message is None else (statement.test, statement.message)
    if isinstance(statement, (form.If, form.While)):
        return (statement.test,)
    if isinstance(statement, form.For):
        return (statement.iterable,)
    if isinstance(statement, form.With):
        return tuple(item.value for item in statement.items)
    if isinstance(statement, form.Match):
        guards = tuple(case.guard for case in statement.cases if case.guard is not None)
        return (statement.subject, *guards)
    if isinstance(statement, form.Delete):
        return tuple(t for t in statement.targets if not isinstance(t, form.Name))
    return ()


def parts(expression: form.Expr) -> tuple[form.Expr, ...]:
    """Direct sub-expressions in order of evaluation; a lambda's body is its own function."""
    match expression:
        case form.Attr(base, _) | form.Starred(base) | form.Not(base) | form.Await(_, base):
            return (base,)
        case form.Call(_, func, args):
            return (func, *(argument.value for argument in args))
        case form.Yield(_, value, _):
            return () if value is None else (value,)
        case form.Sequence(_, items) | form.Opaque(items) | form.Joined(items) | form.BoolOp(_, items):
            return items
        case form.DictDisplay(pairs):
            return tuple(part for pair in pairs for part in pair if part is not None)
        case form.Compare(left, _, right) | form.Binary(left, _, right) | form.Subscript(left, right):
            return (left, right)
        case form.IfExp(test, body, orelse):
            return (test, body, orelse)
        case form.NamedExpr(_, value):
            return (value,)
        case form.Comprehension(_, elements, sources, conditions):
            return (*(source[1] for source in sources), *conditions, *elements)
    return ()


def expressions(expression: form.Expr) -> Iterator[form.Expr]:
    """The expression and all inside it, outermost first."""
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(parts(current)))


def statement_expressions(statement: form.Stmt) -> Iterator[form.Expr]:
    for own in own_expressions(statement):
        yield from expressions(own)


def named_expressions(statement: form.Stmt) -> Iterator[form.NamedExpr]:
    for expression in statement_expressions(statement):
        if isinstance(expression, form.NamedExpr):
            yield expression

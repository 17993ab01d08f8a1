"""What becomes of a value that a function makes: kept where, handed on to whom, used how often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.loops import enclosing
from poollint.analysis.scopes import expressions, inner_blocks, own_expressions, parts, statements, target_path
from poollint.model import form
from poollint.model.meaning import Application, ClassRef, Exactly, External, FunctionRef, Typed

TRANSPARENT = frozenset({"wait_for", "shield", "cast", "closing", "aclosing", "enter_context", "enter_async_context"})
PER_REQUEST_HOLDERS = ("request.", "self.request.", "req.", "ctx.")


@dataclass(frozen=True, slots=True)
class Life:
    """How a made value lives in its function.

    `lifetime` as in `ConstructFact`; `managed` = entered by a `with`; `closed` = a closing method is called on
    it; `uses` counts the calls made on it, `uses_in_loop` tells that one of them repeats.
    """

    lifetime: str
    managed: bool = False
    closed: bool = False
    uses: int = 0
    uses_in_loop: bool = False


@dataclass(frozen=True, slots=True)
class Maker:
    """The call whose value is followed, and the statements around it, outermost first."""

    call: form.Call
    function: form.FunctionForm
    scope: Scope
    close: tuple[str, ...]

    @property
    def region(self) -> form.Block:
        """The statements in which the value may be met: the `with` that enters it, else the whole function."""
        chain = enclosing(self.function.body, self.call.ordinal)
        return chain[-1:] if chain and isinstance(chain[-1], form.With) else self.function.body


class LifeReader:
    def __init__(self, linker: Linker) -> None:
        self.linker = linker

    def life(self, maker: Maker) -> Life:
        """Follows the value through the names of its function."""
        names = _names(maker)
        lifetime = self._lifetime(maker, names)
        uses, in_loop, closed = self._uses(maker, names)
        managed = any(_is_managed(statement, maker, names) for statement in statements(maker.region))
        if managed and lifetime == "handed-on":
            # Whoever got it has it no longer than the block.
            lifetime = "local"
        return Life(lifetime, managed, closed, uses, in_loop)

    def _lifetime(self, maker: Maker, names: frozenset[str]) -> str:
        """The longest life that any statement gives it."""
        found = {self._by_statement(statement, maker, names) for statement in statements(maker.region)}
        if maker.function.qualified == form.MODULE and names:
            found.add("lasting")
        order = ("lasting", "instance", "returned", "handed-on", "lent")
        return next((lifetime for lifetime in order if lifetime in found), "local")

    def _by_statement(self, statement: form.Stmt, maker: Maker, names: frozenset[str]) -> str:
        if isinstance(statement, form.Return) and statement.value is not None:
            if _inside(statement.value, maker, names):
                return "returned"
        if isinstance(statement, form.Bind) and statement.value is not None and not statement.op:
            if _inside(statement.value, maker, names):
                kept = [self._kept_by(target, maker) for target in statement.targets]
                found = next((k for k in kept if k), "")
                if found:
                    return found
        for own in own_expressions(statement):
            found = self._by_expression(own, maker, names)
            if found:
                return found
        return ""

    def _kept_by(self, target: form.Expr, maker: Maker) -> str:
        """Where an assignment keeps it: a global, the application, an object, or only a name."""
        if isinstance(target, form.Name):
            declared = maker.function.body
            is_global = any(isinstance(s, form.Declare) and target.id in s.names for s in statements(declared))
            return "lasting" if is_global else ""
        if isinstance(target, (form.Sequence, form.Starred)):
            inner = target.items if isinstance(target, form.Sequence) else (target.value,)
            return next((kept for kept in (self._kept_by(item, maker) for item in inner) if kept), "")
        path = target_path(target) or ""
        if path.startswith(PER_REQUEST_HOLDERS):
            return ""
        base = target.base if isinstance(target, (form.Attr, form.Subscript)) else target
        owner = self.linker.meaning(base, maker.scope)
        if isinstance(owner, Application):
            return "" if self._dies_with_request(owner) else "lasting"
        holder = self.linker.catalogue.holder(owner.name) if isinstance(owner, External) else None
        if holder is not None:
            return "" if holder.per_request else "lasting"
        if isinstance(owner, ClassRef):
            return "lasting"
        if isinstance(target, form.Attr):
            return "instance"
        root = path.partition(".")[0].partition("[")[0]
        if isinstance(target, form.Subscript) and path.startswith(("self.", "cls.")):
            return "instance"
        file = self.linker.project.file(maker.scope.path)
        is_module_level = file is not None and root in file.bindings(form.MODULE).names
        return "lasting" if is_module_level else "handed-on"

    def _dies_with_request(self, owner: Application) -> bool:
        path = owner.key.rpartition(".")[2]
        holders = self.linker.catalogue.holders_of(owner.type_id)
        return any(holder.per_request for holder in holders if holder.path in ("", path))

    def _by_expression(self, own: form.Expr, maker: Maker, names: frozenset[str]) -> str:
        for expression in expressions(own):
            if isinstance(expression, form.Yield) and expression.value is not None:
                if _inside(expression.value, maker, names):
                    return "lent"
            if isinstance(expression, form.Call) and expression.ordinal != maker.call.ordinal:
                if self._hands_on(expression, maker, names):
                    return "handed-on"
        return ""

    def _hands_on(self, call: form.Call, maker: Maker, names: frozenset[str]) -> bool:
        """Whether the value is an argument of a call that may keep it."""
        if _name(call) in TRANSPARENT:
            return False
        given = [a for a in call.args if _inside(a.value, maker, names)]
        if not given:
            return False
        callee = self.linker.meaning(call.func, maker.scope)
        if isinstance(callee, FunctionRef):
            return self._keeps(callee, call, given)
        if isinstance(callee, External):
            made = self.linker.catalogue.constructor(callee.name)
            if made is not None and made[1].kind in ("factory", "session", "connection", "other"):
                return False
            return not callee.name.startswith(("builtins.", "logging.", "asyncio.", "contextlib."))
        return not isinstance(callee, (Typed, Exactly))

    def _keeps(self, callee: FunctionRef, call: form.Call, given: list[form.Argument]) -> bool:
        """Whether a function of the project stores, returns or hands on the parameter that gets the value."""
        file = self.linker.project.file(callee.path)
        function = file.form.functions.get(callee.qualified) if file is not None else None
        if function is None:
            return True
        offset = 1 if callee.bound is not None else 0
        positional = [p.name for p in function.parameters if p.kind == "positional"]
        for argument in given:
            index = call.args.index(argument) + offset
            name = argument.keyword or (positional[index] if index < len(positional) else None)
            if name is None or argument.star or _stores(function, name):
                return True
        return False

    def _uses(self, maker: Maker, names: frozenset[str]) -> tuple[int, bool, bool]:
        """(calls made on the value, whether a loop inside its life repeats one, whether it is closed)."""
        uses, repeated, closed = 0, False, False
        around = {id(s) for s in enclosing(maker.function.body, maker.call.ordinal)}
        for statement, loops in _with_loops(maker.region):
            own_loops = bool(loops - around)
            for own in own_expressions(statement):
                for expression, in_loop in _with_comprehensions(own, own_loops):
                    method = _method_on(expression, maker, names)
                    if method in maker.close:
                        closed = True
                    elif method is not None or _is_given(expression, maker, names):
                        uses += 1
                        repeated = repeated or in_loop
        return uses, repeated, closed


def _names(maker: Maker) -> frozenset[str]:
    """The names and paths that are bound to the value somewhere in the function."""
    names: set[str] = set()
    while True:
        before = len(names)
        for statement in statements(maker.region):
            pairs: list[tuple[form.Expr | None, form.Expr]] = []
            if isinstance(statement, form.Bind) and statement.value is not None and not statement.op:
                pairs = [(target, statement.value) for target in statement.targets]
            elif isinstance(statement, form.With):
                pairs = [(item.target, item.value) for item in statement.items]
            for target, value in pairs:
                path = target_path(target) if target is not None else None
                if path is not None and _denotes(value, maker, names):
                    names.add(path)
        if len(names) == before:
            return frozenset(names)


def _denotes(value: form.Expr, maker: Maker, names: frozenset[str] | set[str]) -> bool:
    match value:
        case form.Call(ordinal, func, args):
            if ordinal == maker.call.ordinal:
                return True
            if isinstance(func, form.Attr) and func.name in ("__enter__", "__aenter__"):
                return _denotes(func.base, maker, names)
            return _name(value) in TRANSPARENT and bool(args) and _denotes(args[0].value, maker, names)
        case form.Await(_, inner) | form.NamedExpr(_, inner):
            return _denotes(inner, maker, names)
        case form.IfExp(_, body, orelse):
            return _denotes(body, maker, names) or _denotes(orelse, maker, names)
        case form.BoolOp(_, values):
            return any(_denotes(inner, maker, names) for inner in values)
    path = target_path(value)
    return path is not None and path in names


def _inside(value: form.Expr, maker: Maker, names: frozenset[str]) -> bool:
    """The value itself, or a display or conditional that holds it."""
    if _denotes(value, maker, names):
        return True
    if isinstance(value, (form.Sequence, form.DictDisplay, form.IfExp, form.BoolOp, form.Await, form.Starred)):
        return any(_inside(part, maker, names) for part in parts(value))
    return isinstance(value, form.Comprehension) and any(_inside(e, maker, names) for e in value.elements)


def _is_managed(statement: form.Stmt, maker: Maker, names: frozenset[str]) -> bool:
    if isinstance(statement, form.With):
        return any(_denotes(item.value, maker, names) for item in statement.items)
    return any(
        isinstance(e, form.Call) and _name(e) in ("enter_context", "enter_async_context")
        and bool(e.args) and _denotes(e.args[0].value, maker, names)
        for own in own_expressions(statement)
        for e in expressions(own)
    )


def _method_on(expression: form.Expr, maker: Maker, names: frozenset[str]) -> str | None:
    """The method that a call invokes on the value (`client.get`, `db.users.find`), or None."""
    if not isinstance(expression, form.Call) or not isinstance(expression.func, form.Attr):
        return None
    base = expression.func.base
    while True:
        if _denotes(base, maker, names):
            return expression.func.name
        if isinstance(base, (form.Attr, form.Subscript)):
            base = base.base
        else:
            return None


def _is_given(expression: form.Expr, maker: Maker, names: frozenset[str]) -> bool:
    """Whether a call gets the value, or a method of it, as an argument, to make its calls on it."""
    if not isinstance(expression, form.Call) or _name(expression) in TRANSPARENT:
        return False
    given = [argument.value for argument in expression.args]
    owners = [value.base if isinstance(value, form.Attr) else value for value in given]
    return any(_denotes(value, maker, names) for value in owners)


def _name(call: form.Call) -> str:
    return call.func.name if isinstance(call.func, form.Attr) else getattr(call.func, "id", "")


def _stores(function: form.FunctionForm, name: str) -> bool:
    """Whether a parameter leaves the function: returned, yielded, assigned to an attribute, or passed on."""
    for statement in statements(function.body):
        if isinstance(statement, (form.Return, form.Bind)) and statement.value is not None:
            if isinstance(statement.value, form.Name) and statement.value.id == name:
                return True
        for own in own_expressions(statement):
            for expression in expressions(own):
                if isinstance(expression, form.Call):
                    if any(isinstance(a.value, form.Name) and a.value.id == name for a in expression.args):
                        return True
                if isinstance(expression, form.Yield) and expression.value == form.Name(name):
                    return True
    return False


def _with_loops(
    block: form.Block, loops: frozenset[int] = frozenset()
) -> Iterator[tuple[form.Stmt, frozenset[int]]]:
    """Statements with the loops of the function that repeat them, by identity."""
    for statement in block:
        yield statement, loops
        inner_loops = loops | {id(statement)} if isinstance(statement, (form.For, form.While)) else loops
        for inner in inner_blocks(statement):
            yield from _with_loops(inner, inner_loops)


def _with_comprehensions(expression: form.Expr, in_loop: bool) -> Iterator[tuple[form.Expr, bool]]:
    yield expression, in_loop
    inner = in_loop or isinstance(expression, form.Comprehension)
    for part in parts(expression):
        yield from _with_comprehensions(part, inner)

"""What becomes of a value that a function makes: kept where, handed on to whom, used how often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.analysis.borrowing import is_borrower
from poollint.analysis.followed import ITSELF, KEPT, SHARED, Followed, Maker, got_from
from poollint.analysis.linker import Linker
from poollint.analysis.loops import enclosing, is_left_after, is_made_once
from poollint.analysis.passed_on import uses_of_given, with_loops
from poollint.analysis.scopes import expressions, own_expressions, parts, statements, target_path
from poollint.analysis.scripts import Scripts
from poollint.model import form
from poollint.model.meaning import Application, ClassRef, Exactly, External, FunctionRef, Typed

PER_REQUEST_HOLDERS = ("request.", "self.request.", "req.", "ctx.")


@dataclass(frozen=True, slots=True)
class Life:
    """How a made value lives in its function.

    `lifetime` as in `ConstructFact`; `managed` = entered by a `with`; `closed` = a closing method is called on
    it; `uses` counts the calls made on it, `uses_in_loop` tells that one of them repeats, `lives_long` that a
    `while` or a subscription does so for as long as it likes; `described`: it is only asked
    for what describes it; `lends`: something that was got from it leaves the function; `names` are its own.
    """

    lifetime: str
    managed: bool = False
    closed: bool = False
    uses: int = 0
    uses_in_loop: bool = False
    lives_long: bool = False
    described: bool = False
    lends: bool = False
    names: frozenset[str] = frozenset()


class LifeReader:
    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.scripts = Scripts(linker)

    def life(self, maker: Maker) -> Life:
        """Follows the value through the names of its function."""
        itself, shared, kept = (Followed(self.linker, maker, reach) for reach in (ITSELF, SHARED, KEPT))
        lifetime = self._lifetime(maker, shared, kept)
        uses, in_loop, is_long = self._uses(maker, shared, kept)
        managed = any(itself.is_managed(statement) for statement in statements(maker.region))
        if managed and lifetime == "handed-on":
            # Whoever got it has it no longer than the block.
            lifetime = "local"
        closed, names = self._is_closed(maker, itself), frozenset(itself.names)
        described = lifetime == "local" and not uses and _is_described(maker, itself)
        return Life(lifetime, managed, closed, uses, in_loop, is_long, described, _lends(maker, kept), names)

    def _lifetime(self, maker: Maker, shared: Followed, kept: Followed) -> str:
        """The longest life that any statement gives it."""
        found = {self._by_statement(statement, maker, shared, kept) for statement in statements(maker.region)}
        if maker.function.qualified == form.MODULE and kept.names:
            if any(found) or not self.scripts.ends(maker, shared, kept):
                found.add("lasting")
        if maker.function.name == form.CLASS_BODY and kept.names:
            found.add("lasting")
        if self._is_captured(maker, shared):
            found.add("handed-on")
        order = ("lasting", "instance", "returned", "handed-on", "lent")
        return next((lifetime for lifetime in order if lifetime in found), "local")

    def _by_statement(self, statement: form.Stmt, maker: Maker, shared: Followed, kept: Followed) -> str:
        if isinstance(statement, form.Return) and statement.value is not None:
            if shared.inside(statement.value) or self._is_kept_by_factory(statement.value, kept):
                return "returned"
        if isinstance(statement, form.Bind) and statement.value is not None and not statement.op:
            if kept.inside(statement.value):
                owners = [self._kept_by(target, maker) for target in statement.targets]
                found = next((owner for owner in owners if owner), "")
                if found:
                    return found
        for own in own_expressions(statement):
            found = self._by_expression(own, maker, shared)
            if found:
                return found
        return ""

    def _is_kept_by_factory(self, value: form.Expr, kept: Followed) -> bool:
        """Whether it is given out within a factory (`return sessionmaker(engine)`), to be used by others."""
        found = kept.typed(value) if kept.denotes(value) else None
        return found is not None and self.linker.catalogue.type(found.type_id).kind == "factory"

    def _is_captured(self, maker: Maker, shared: Followed) -> bool:
        """Whether a nested function uses it and leaves the function: returned, kept, or given to a decorator."""
        file = self.linker.project.file(maker.scope.path)
        for nested in file.form.functions.values() if file is not None else ():
            if nested.parent == maker.function.qualified and _mentions(nested, shared.names):
                if nested.decorators or any(_lets_go(s, nested) for s in statements(maker.function.body)):
                    return True
        return False

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

    def _by_expression(self, own: form.Expr, maker: Maker, shared: Followed) -> str:
        for expression in expressions(own):
            if isinstance(expression, form.Yield) and expression.value is not None:
                if shared.inside(expression.value):
                    return "lent"
            if isinstance(expression, form.Call) and expression.ordinal != maker.call.ordinal:
                if self._hands_on(expression, maker, shared):
                    return "handed-on"
        return ""

    def _hands_on(self, call: form.Call, maker: Maker, shared: Followed) -> bool:
        """Whether the value is an argument of a call that may keep it."""
        if shared.stands_for(call) is not None or shared.borrows(call) or is_borrower(self.linker, maker.scope, call):
            return False
        given = [a for a in call.args if shared.inside(a.value)]
        if not given:
            return False
        callee = self.linker.meaning(call.func, maker.scope)
        if isinstance(callee, FunctionRef):
            return self._keeps(callee, call, given)
        if isinstance(callee, External):
            made = self.linker.catalogue.constructor(callee.name)
            if made is not None and made[1].kind in ("factory", "session", "connection", "other"):
                return False
            if self.linker.catalogue.blocking_function(callee.name) is not None:
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

    def _uses(self, maker: Maker, shared: Followed, kept: Followed) -> tuple[int, bool, bool]:
        """(calls made on the value, whether a loop inside its life repeats one, whether that goes on for long; a loop
        that goes on with something got from it, such as a subscription, counts as well)."""
        uses, repeated, lives_long = 0, False, False
        chain = enclosing(maker.function.body, maker.call.ordinal)
        around = set() if is_made_once(chain) else {id(s) for s in chain}
        for statement, loops in with_loops(maker.region):
            inner = [loop for loop in loops if id(loop) not in around and not is_left_after(loop, statement)]
            is_long = any(isinstance(loop, form.While) for loop in inner)
            lives_long = lives_long or self._is_endless(statement, kept)
            for own in own_expressions(statement):
                for expression, in_loop in _with_comprehensions(own, bool(inner), maker.call.ordinal):
                    method = shared.method_on(expression)
                    times = self._times(expression, method, maker, shared)
                    uses += times[0]
                    repeated = repeated or times[1] or (times[0] > 0 and in_loop)
                    lives_long = lives_long or (is_long and kept.method_on(expression) is not None)
        return uses, repeated or lives_long, lives_long

    def _times(self, expression: form.Expr, method: str | None, maker: Maker, shared: Followed) -> tuple[int, bool]:
        """(calls on the value that an expression makes, or has made by whom it is given to, whether in a loop)."""
        if method is not None:
            return int(method not in maker.close), False
        if not isinstance(expression, form.Call) or not shared.is_given(expression):
            return 0, False
        return uses_of_given(self.linker, expression, maker.scope, shared.denotes)

    def _is_endless(self, statement: form.Stmt, kept: Followed) -> bool:
        """Whether a loop iterates over what a subscription or websocket of it gives."""
        if not isinstance(statement, form.For):
            return False
        for source in (statement.iterable, got_from(statement.iterable)):
            found = kept.typed(source) if source is not None and kept.denotes(source) else None
            if found is not None and self.linker.catalogue.type(found.type_id).endless:
                return True
        return False

    def _is_closed(self, maker: Maker, itself: Followed) -> bool:
        return any(
            itself.method_on(expression) in maker.close
            for statement in statements(maker.region)
            for own in own_expressions(statement)
            for expression in expressions(own)
        )


def _lends(maker: Maker, kept: Followed) -> bool:
    values = [s.value for s in statements(maker.region) if isinstance(s, form.Return) and s.value is not None]
    return any(kept.inside(value) for value in values)


def _is_described(maker: Maker, itself: Followed) -> bool:
    found = (e for s in statements(maker.region) for own in own_expressions(s) for e in expressions(own))
    return any(isinstance(e, form.Attr) and itself.denotes(e.base) and itself.is_data(e) for e in found)


def _mentions(nested: form.FunctionForm, names: set[str]) -> bool:
    found = (e for s in statements(nested.body) for own in own_expressions(s) for e in expressions(own))
    return any(target_path(expression) in names for expression in found)


def _lets_go(statement: form.Stmt, nested: form.FunctionForm) -> bool:
    """Whether a statement returns a nested function or lambda, or keeps it on an object."""
    if isinstance(statement, form.Bind):
        is_kept = any(isinstance(target, (form.Attr, form.Subscript)) for target in statement.targets)
        value = statement.value if is_kept else None
    else:
        value = statement.value if isinstance(statement, form.Return) else None
    while isinstance(value, form.Await):
        value = value.value
    candidates = value.items if isinstance(value, form.Sequence) else (value,)
    return any(c in (form.Name(nested.name), form.Lambda(nested.qualified)) for c in candidates)


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


def _makes(expression: form.Expr, made: int) -> bool:
    return any(getattr(inner, "ordinal", None) == made for inner in expressions(expression))


def _with_comprehensions(expression: form.Expr, in_loop: bool, made: int) -> Iterator[tuple[form.Expr, bool]]:
    """Expressions, with whether a comprehension repeats them (its first iterable is asked for once); not one that makes
    the value itself each time."""
    yield expression, in_loop
    inner = in_loop or (isinstance(expression, form.Comprehension) and not _makes(expression, made))
    first = expression.sources[0][1] if isinstance(expression, form.Comprehension) else None
    for part in parts(expression):
        yield from _with_comprehensions(part, in_loop if part is first else inner, made)

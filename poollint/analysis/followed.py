"""A made value followed through one function: which names and expressions are it, share its life, or keep it."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.loops import enclosing
from poollint.analysis.scopes import expressions, named_expressions, own_expressions, parts, statements, target_path
from poollint.analysis.wrapping import Wrapped, wrapped
from poollint.model import form
from poollint.model.library import POOL_OWNING
from poollint.model.meaning import Awaitable, Entered, External, Typed
from poollint.model.span import Place

OPENING = frozenset({"__enter__", "__aenter__"})
ITSELF, SHARED, KEPT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Maker:
    """The call whose value is followed, and the function around it."""

    call: form.Call
    function: form.FunctionForm
    scope: Scope
    close: tuple[str, ...]

    @property
    def region(self) -> form.Block:
        """The statements in which the value may be met: the `with` that enters it, else the whole function."""
        chain = enclosing(self.function.body, self.call.ordinal)
        return chain[-1:] if chain and isinstance(chain[-1], form.With) else self.function.body


class Followed:
    """`reach` says what counts as the value: `ITSELF`; `SHARED`, also what lives as long as it does (a client's
    database, a client on the pool); `KEPT`, also what holds on to it (a session maker of the engine)."""

    def __init__(self, linker: Linker, maker: Maker, reach: int) -> None:
        self.linker = linker
        self.maker = maker
        self.reach = reach
        self.names: set[str] = set()
        self._find_names()

    def _find_names(self) -> None:
        """The names and paths that are bound to it somewhere in its region."""
        before = -1
        while len(self.names) != before:
            before = len(self.names)
            for statement in statements(self.maker.region):
                pairs: list[tuple[form.Expr | None, form.Expr]] = []
                if isinstance(statement, form.Bind) and statement.value is not None and not statement.op:
                    pairs = [(target, statement.value) for target in statement.targets]
                elif isinstance(statement, form.With):
                    pairs = [(item.target, item.value) for item in statement.items]
                pairs += [(form.Name(walrus.name), walrus.value) for walrus in named_expressions(statement)]
                for target, value in pairs:
                    path = target_path(target) if target is not None else None
                    if path is not None and self.denotes(value):
                        self.names.add(path)

    def denotes(self, value: form.Expr) -> bool:
        match value:
            case form.Call(ordinal, func, args):
                if ordinal == self.maker.call.ordinal:
                    return True
                if isinstance(func, form.Attr) and func.name in OPENING and self.denotes(func.base):
                    return True
                stands_for = self.stands_for(value)
                if stands_for is not None and self.denotes(args[stands_for.position].value):
                    return True
            case form.Await(_, inner) | form.NamedExpr(_, inner):
                return self.denotes(inner)
            case form.IfExp(_, body, orelse):
                return self.denotes(body) or self.denotes(orelse)
            case form.BoolOp(_, values):
                return any(self.denotes(inner) for inner in values)
        path = target_path(value)
        if path is not None and path in self.names:
            return True
        return (self.reach >= SHARED and self._shares(value)) or (self.reach >= KEPT and self._keeps(value))

    def inside(self, value: form.Expr) -> bool:
        """It, or a display or conditional that holds it."""
        if self.denotes(value):
            return True
        if isinstance(value, (form.Sequence, form.DictDisplay, form.IfExp, form.BoolOp, form.Await, form.Starred)):
            return any(self.inside(part) for part in parts(value))
        return isinstance(value, form.Comprehension) and any(self.inside(e) for e in value.elements)

    def stands_for(self, call: form.Call) -> Wrapped | None:
        """The argument that a call gives, in whatever wrapper (`wait_for(pool)`, `closing(pool)`)."""
        return wrapped(self.linker, self.maker.scope, call)

    # --- what is more than the value itself ---

    def borrows(self, call: form.Call) -> bool:
        """Whether a construction uses it as its own pool (`Redis(connection_pool=pool)`)."""
        callee = self.linker.meaning(call.func, self.maker.scope)
        made = self.linker.catalogue.constructor(callee.name) if isinstance(callee, External) else None
        return made is not None and any(
            argument.keyword in made[1].changes_kind and self.denotes(argument.value) for argument in call.args
        )

    def _shares(self, value: form.Expr) -> bool:
        """What borrows from it, and what is got from it: a part (`client["shop"]`), or a client on its pool."""
        if isinstance(value, form.Call) and self.borrows(value):
            return True
        base = got_from(value)
        if base is None or not self.denotes(base):
            return False
        found = self.typed(value)
        if found is None or found.origin is None:
            return False
        return found.origin == self._origin() or self.linker.catalogue.type(found.type_id).kind in POOL_OWNING

    def _keeps(self, value: form.Expr) -> bool:
        """Any object of a library that was got from it or given it."""
        if isinstance(value, form.Call):
            callee = self.linker.meaning(value.func, self.maker.scope)
            if isinstance(callee, External) and self.linker.catalogue.constructor(callee.name) is not None:
                return any(self.inside(argument.value) for argument in value.args)
        base = got_from(value)
        return base is not None and self.denotes(base) and self.typed(value) is not None

    def typed(self, value: form.Expr) -> Typed | None:
        """The library's object that an expression gives, once it is awaited or entered."""
        found = self.linker.meaning(value, self.maker.scope)
        while isinstance(found, (Awaitable, Entered)):
            found = found.result
        return found if isinstance(found, Typed) else None

    def _origin(self) -> Place | None:
        """Where the value was made: the call, or the construction in the function that it calls."""
        found = self.typed(self.maker.call)
        return None if found is None else found.origin

    # --- questions about what is done with it ---

    def is_managed(self, statement: form.Stmt) -> bool:
        if isinstance(statement, form.With):
            return any(self.denotes(item.value) for item in statement.items)
        return any(
            isinstance(e, form.Call) and self._enters(e)
            for own in own_expressions(statement)
            for e in expressions(own)
        )

    def _enters(self, call: form.Call) -> bool:
        """`stack.enter_context(pool)`: the stack leaves it."""
        found = self.stands_for(call)
        return found is not None and found.gives == "entered" and self.denotes(call.args[found.position].value)

    def method_on(self, expression: form.Expr) -> str | None:
        """The method that a call invokes on it (`client.get`, `db.users.find`), or None."""
        if not isinstance(expression, form.Call) or not isinstance(expression.func, form.Attr):
            return None
        base = expression.func.base
        while True:
            if self.denotes(base):
                return expression.func.name
            if isinstance(base, (form.Attr, form.Subscript)) and not self.is_data(base):
                base = base.base
            else:
                return None

    def is_data(self, value: form.Expr) -> bool:
        """Whether it is an attribute that only describes a library's object (an engine's dialect)."""
        if not isinstance(value, form.Attr):
            return False
        owner = self.typed(value.base)
        return owner is not None and self.linker.catalogue.is_data(owner.type_id, value.name)

    def is_given(self, expression: form.Expr) -> bool:
        """Whether a call gets it, or a method of it, as an argument, to make its calls on it."""
        if not isinstance(expression, form.Call) or self.stands_for(expression) is not None:
            return False
        given = [argument.value for argument in expression.args]
        methods = [value for value in given if isinstance(value, form.Attr) and not self.is_data(value)]
        owners = [*given, *(value.base for value in methods)]
        return any(self.denotes(value) for value in owners) and not self.borrows(expression)


def got_from(value: form.Expr) -> form.Expr | None:
    """`client` of `client["shop"]`, `client.shop` and `client.get_database("shop")`."""
    if isinstance(value, form.Call):
        return value.func.base if isinstance(value.func, form.Attr) else None
    return value.base if isinstance(value, (form.Attr, form.Subscript)) else None

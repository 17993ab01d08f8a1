"""What a function's text says about one acquired resource, worked out before paths are walked."""

from __future__ import annotations

from dataclasses import dataclass, field

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.quiet import is_release_word, last_name
from poollint.analysis.releases import Releases
from poollint.analysis.scopes import (
    expressions,
    named_expressions,
    own_expressions,
    statement_expressions,
    statements,
    target_path,
)
from poollint.analysis.sites import Site, calls
from poollint.analysis.summaries import RELEASES, Summaries
from poollint.model import form
from poollint.model.library import Acquire

FORWARDING = frozenset({"wait_for", "shield", "cast", "timeout_at"})
CLOSING_WORDS = frozenset({"closing", "aclosing"})
ENTERING = frozenset({"enter_context", "enter_async_context"})


@dataclass(frozen=True, slots=True)
class Effects:
    """The site's questions answered from syntax and links; flow comes later.

    `names` may denote the resource somewhere in the function, `parts` something got from it. `closers` are
    nested functions that release it, `captors` those that use it otherwise. `owns`: the function releases the
    resource somewhere, or means to, so that calls only borrow it; `closes`: by more than ending a unit of work.
    `tested` are the paths that branches ask of.
    """

    site: Site
    scope: Scope
    function: form.FunctionForm
    linker: Linker
    releases: Releases
    names: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    closers: frozenset[str] = frozenset()
    captors: frozenset[str] = frozenset()
    owns: bool = False
    closes: bool = False
    tested: frozenset[str] = frozenset()
    lasting: frozenset[str] = frozenset()
    lambdas: dict[str, form.FunctionForm] = field(default_factory=dict, hash=False, compare=False)

    @property
    def acquire(self) -> Acquire:
        return self.site.acquire

    def captures(self, lambda_name: str, names: frozenset[str]) -> str:
        """What a lambda does with any of `names`: "releases", "uses" or ""."""
        inner = self.lambdas.get(lambda_name)
        return "" if inner is None else captured(inner, names, self.releases)


def effects(site: Site, scope: Scope, function: form.FunctionForm, linker: Linker, summaries: Summaries) -> Effects:
    releases = Releases(site, scope, linker)
    names = _aliases(site, function)
    nested = _nested(linker, scope, function)
    simple = {inner.name: captured(inner, names, releases) for inner in nested if inner.name != "<lambda>"}
    lambdas = {inner.qualified: inner for inner in nested if inner.name == "<lambda>"}
    closers = frozenset(name for name, does in simple.items() if does == "releases")
    closes = bool(closers) or any(captured(inner, names, releases) == "releases" for inner in lambdas.values())
    closes = closes or any(_means_to_release(call, names, releases) for call in calls(function))
    closes = closes or any(_enters(statement, names, site) for statement in statements(function.body))
    closes = closes or any(_gives_back(call, names, scope, site, summaries) for call in calls(function))
    owns = closes or any(_ends_use(call, names, releases) for call in calls(function))
    return Effects(
        site,
        scope,
        function,
        linker,
        releases,
        names,
        _parts(names, site, function),
        closers,
        frozenset(name for name, does in simple.items() if does == "uses"),
        owns,
        closes,
        _tested(function),
        _lasting(function),
        lambdas,
    )


# --- names ---------------------------------------------------------------------------------------


def _aliases(site: Site, function: form.FunctionForm) -> frozenset[str]:
    """Names that are somewhere bound to the resource or to another such name."""
    names: set[str] = set()
    while True:
        before = len(names)
        for target, value in _all_pairs(function):
            if value is None or not may_denote(value, site, names):
                continue
            if isinstance(target, form.Sequence) and site.index >= 0:
                target = target.items[site.index] if site.index < len(target.items) else target
            path = target_path(target)
            if path is not None:
                names.add(path)
        if len(names) == before:
            return frozenset(names)


def _all_pairs(function: form.FunctionForm) -> list[tuple[form.Expr, form.Expr | None]]:
    return [pair for statement in statements(function.body) for pair in _pairs(statement)]


def _pairs(statement: form.Stmt) -> list[tuple[form.Expr, form.Expr | None]]:
    found: list[tuple[form.Expr, form.Expr | None]] = []
    if isinstance(statement, form.Bind) and not statement.op:
        for target in statement.targets:
            value = statement.value
            if isinstance(target, form.Sequence) and isinstance(value, form.Sequence):
                found += list(zip(target.items, value.items, strict=False))
            else:
                found.append((target, value))
    elif isinstance(statement, form.With):
        found += [(item.target, item.value) for item in statement.items if item.target is not None]
    elif isinstance(statement, form.For) and isinstance(statement.iterable, form.Sequence):
        found += [(statement.target, item) for item in statement.iterable.items]
    found += [(form.Name(walrus.name), walrus.value) for walrus in named_expressions(statement)]
    return found


def may_denote(value: form.Expr, site: Site, names: frozenset[str] | set[str]) -> bool:
    """Whether an expression's value may be the resource itself."""
    match value:
        case form.Call(ordinal, func, args):
            if ordinal == site.call.ordinal:
                return True
            wraps = last_name(func) in FORWARDING | CLOSING_WORDS | ENTERING
            return wraps and any(may_denote(argument.value, site, names) for argument in args)
        case form.Await(_, inner) | form.NamedExpr(_, inner):
            return may_denote(inner, site, names)
        case form.IfExp(_, body, orelse):
            return may_denote(body, site, names) or may_denote(orelse, site, names)
        case form.BoolOp(_, values):
            return any(may_denote(inner, site, names) for inner in values)
        case form.Subscript(base, _):
            return site.index >= 0 and may_denote(base, site, frozenset())
    path = target_path(value)
    return path is not None and path in names


def _parts(names: frozenset[str], site: Site, function: form.FunctionForm) -> frozenset[str]:
    """Names bound to what the resource, or something of it, gave: cursors, rows, results."""
    found: set[str] = set()
    while True:
        before = len(found)
        for target, value in _all_pairs(function):
            if value is None:
                continue
            items = target.items if isinstance(target, form.Sequence) else (target,)
            if site.parts and may_denote(value, site, frozenset()):
                items = tuple(item for index, item in enumerate(items) if index in site.parts)
            elif may_denote(value, site, names) or not _comes_from(value, site, names | found):
                continue
            found.update(path for item in items if (path := target_path(item)) is not None)
        if len(found) == before:
            return frozenset(found) - names


def _comes_from(value: form.Expr, site: Site, names: frozenset[str] | set[str]) -> bool:
    """Whether a chain of calls, attributes and subscripts begins at one of the names, or at the site."""
    is_chained = False
    while True:
        match value:
            case form.Await(_, inner):
                value = inner
            case form.Call(ordinal, func, _):
                if ordinal == site.call.ordinal:
                    return is_chained
                if not isinstance(func, form.Attr):
                    return False
                is_chained, value = True, func.base
            case form.Attr(base, _) | form.Subscript(base, _):
                if target_path(value) in names:
                    return is_chained
                is_chained, value = True, base
            case form.Name(name):
                return is_chained and name in names
            case _:
                return False


def _lasting(function: form.FunctionForm) -> frozenset[str]:
    """Names that outlive the call: declared global or nonlocal; all of a module's or class body's ("*")."""
    declared = {
        name
        for statement in statements(function.body)
        if isinstance(statement, form.Declare)
        for name in statement.names
    }
    is_block = function.name == form.MODULE or function.name == "<body>"
    return frozenset(declared | ({"*"} if is_block else set()))


def _tested(function: form.FunctionForm) -> frozenset[str]:
    """Paths that conditions ask of: only facts about these are worth keeping."""
    found: set[str] = set()
    for statement in statements(function.body):
        tests = [statement.test] if isinstance(statement, (form.If, form.While, form.Assert)) else []
        for expression in statement_expressions(statement):
            if isinstance(expression, form.IfExp):
                tests.append(expression.test)
            elif isinstance(expression, form.BoolOp):
                tests += expression.values
        for test in tests:
            found.update(path for part in expressions(test) if (path := target_path(part)) is not None)
    return frozenset(found)


# --- nested functions and evidence of ownership ------------------------------------------------------


def _nested(linker: Linker, scope: Scope, function: form.FunctionForm) -> list[form.FunctionForm]:
    file = linker.project.file(scope.path)
    if file is None or function.qualified == form.MODULE:
        return []
    prefix = f"{function.qualified}."
    return [inner for name, inner in file.form.functions.items() if name.startswith(prefix)]


def captured(inner: form.FunctionForm, names: frozenset[str], releases: Releases) -> str:
    """What a nested function does with names it closes over: "releases", "uses" or ""."""
    bound = {parameter.name for parameter in inner.parameters}
    bound |= {path for target, _ in _all_pairs(inner) if (path := target_path(target)) is not None}
    free = names - bound
    if not free:
        return ""
    if any(releases.by_names(call, free) is not None for call in calls(inner)):
        return "releases"
    uses = any(
        isinstance(expression, form.Name) and expression.id in free
        for statement in statements(inner.body)
        for own in own_expressions(statement)
        for expression in expressions(own)
    )
    return "uses" if uses else ""


def _means_to_release(call: form.Call, names: frozenset[str], releases: Releases) -> bool:
    """A release, something that looks like one, or a helper out of sight that by its name takes it back."""
    found = releases.by_names(call, names)
    if found is not None:
        return not found.until_next_use
    if isinstance(call.func, form.Attr):
        is_on_it = target_path(call.func.base) in names
        if is_on_it and releases.is_mistaken(call.func.name):
            return True
    given = any(target_path(argument.value) in names for argument in call.args)
    return given and (is_release_word(call.func) or last_name(call.func) in CLOSING_WORDS | ENTERING)


def _ends_use(call: form.Call, names: frozenset[str], releases: Releases) -> bool:
    """A session's commit: its unit of work is this function's."""
    return releases.by_names(call, names) is not None


def _gives_back(call: form.Call, names: frozenset[str], scope: Scope, site: Site, summaries: Summaries) -> bool:
    """A helper of the project that releases what it is given."""
    return any(
        target_path(argument.value) in names and summaries.of_call(call, index, scope, site).kind == RELEASES
        for index, argument in enumerate(call.args)
    )


def _enters(statement: form.Stmt, names: frozenset[str], site: Site) -> bool:
    """`with conn:` where leaving it releases."""
    if not isinstance(statement, form.With) or site.context_held != "releases":
        return False
    return any(target_path(item.value) in names for item in statement.items)

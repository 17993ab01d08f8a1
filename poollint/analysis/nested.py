"""What the functions, lambdas and classes inside a function do with the resource that they close over."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.analysis.aliases import all_pairs
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.releases import Releases
from poollint.analysis.scopes import expressions, own_expressions, statements, target_path
from poollint.analysis.sites import calls
from poollint.model import form

Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Nested:
    """`closers`: names of what releases when called; `captors`: of what uses it otherwise; `keepers`: of classes
    whose methods release it. `lambdas`: what each lambda does; `generators`: captors whose call only makes one;
    `forms`: the lambdas themselves; `registered`: what functions do that a decorator hands to somebody else, by
    qualified name."""

    closers: Names
    captors: Names
    keepers: Names
    lambdas: dict[str, str]
    generators: Names
    forms: dict[str, form.FunctionForm]
    registered: dict[str, str]


def nested_in(linker: Linker, scope: Scope, function: form.FunctionForm, names: Names, releases: Releases) -> Nested:
    inner = _inside(linker, scope, function)
    classes = {f.qualified.rpartition(".")[0]: "" for f in inner if f.name == form.CLASS_BODY}
    lambdas: dict[str, str] = {}
    simple: dict[str, str] = {}
    registered: dict[str, str] = {}
    for each in inner:
        does = captured(each, names, releases)
        owner = next((c for c in classes if each.qualified.startswith(f"{c}.")), None)
        if owner is not None:
            classes[owner] = "releases" if "releases" in (does, classes[owner]) else does or classes[owner]
        elif each.name == form.LAMBDA:
            lambdas[each.qualified] = does
        else:
            simple[each.name] = does
            if does and _is_handed_on(linker, scope, each):
                registered[each.qualified] = does
    closers = _bound_closers(function, names, releases, _of_kind(simple, "releases"), _of_kind(lambdas, "releases"))
    told = {qualified.rpartition(".")[2]: does for qualified, does in classes.items()}
    return Nested(
        closers,
        _of_kind(simple, "uses") | _of_kind(told, "uses"),
        _of_kind(told, "releases"),
        lambdas,
        frozenset(f.name for f in inner if f.is_generator and simple.get(f.name) == "uses"),
        {f.qualified: f for f in inner if f.name == form.LAMBDA},
        registered,
    )


def _is_handed_on(linker: Linker, scope: Scope, function: form.FunctionForm) -> bool:
    """Whether some decorator is none of those that leave a function to its callers."""
    names = linker.decorator_names(scope.path, function)
    plain = [name for name in names if linker.catalogue.leaves_alone(name)]
    return len(plain) < len(function.decorators)


def _of_kind(found: dict[str, str], kind: str) -> Names:
    return frozenset(name for name, does in found.items() if does == kind)


def _inside(linker: Linker, scope: Scope, function: form.FunctionForm) -> list[form.FunctionForm]:
    file = linker.project.file(scope.path)
    if file is None or function.qualified == form.MODULE:
        return []
    prefix = f"{function.qualified}."
    return [inner for name, inner in file.form.functions.items() if name.startswith(prefix)]


def _bound_closers(
    function: form.FunctionForm, names: Names, releases: Releases, closers: Names, lambdas: Names
) -> Names:
    """The nested functions that release, and the names that they, such a lambda, or `conn.close` are bound to."""
    found = set(closers)
    pairs = tuple(all_pairs(function))
    while True:
        before = len(found)
        for target, value in pairs:
            match value:
                case form.Name(name):
                    is_closer = name in found
                case form.Lambda(qualified):
                    is_closer = qualified in lambdas
                case form.Attr(base, name):
                    is_closer = target_path(base) in names and releases.is_closer(name)
                case _:
                    is_closer = False
            if is_closer and isinstance(target, form.Name):
                found.add(target.id)
        if len(found) == before:
            return frozenset(found)


def captured(inner: form.FunctionForm, names: Names, releases: Releases) -> str:
    """What a nested function does with names it closes over: "releases", "uses" or ""."""
    bound = {parameter.name for parameter in inner.parameters}
    bound |= {path for target, _ in all_pairs(inner) if (path := target_path(target)) is not None}
    free = names - bound
    if not free:
        return ""
    if any(releases.by_names(call, free) is not None for call in calls(inner)):
        return "releases"
    if any(releases.reading.in_statement(statement, free) for statement in statements(inner.body)):
        return "releases"
    uses = any(
        isinstance(expression, form.Name) and expression.id in free
        for statement in statements(inner.body)
        for own in own_expressions(statement)
        for expression in expressions(own)
    )
    return "uses" if uses else ""

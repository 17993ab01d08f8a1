"""Keywords that a function hands on to what it calls: `def get(url, **options): return session.get(url, **options)`."""

from __future__ import annotations

from dataclasses import replace

from poollint.analysis.scopes import statements, target_path
from poollint.model import form

Passed = tuple[form.Argument, ...]


def passed(call: form.Call, function: form.FunctionForm, asked: frozenset[str]) -> Passed:
    """The literal keyword arguments among `asked` that a call of `function` gives it, and that it can hand on."""
    takes = {p.name for p in function.parameters if p.kind != "*"}
    has_rest = any(p.kind == "**" for p in function.parameters)
    return tuple(
        argument
        for argument in call.args
        if argument.keyword in asked
        and isinstance(argument.value, form.Const)
        and (has_rest or argument.keyword in takes)
    )


def forwarded(call: form.Call, function: form.FunctionForm, given: Passed) -> form.Call:
    """A call that `function` makes, with what it was given in place of the parameters that stand for it."""
    by_keyword = {argument.keyword: argument for argument in given}
    kinds = {parameter.name: parameter.kind for parameter in function.parameters}
    rest = next((name for name, kind in kinds.items() if kind == "**"), "")
    arguments: list[form.Argument] = []
    for argument in call.args:
        name = argument.value.id if isinstance(argument.value, form.Name) else ""
        if argument.star == "**" and name and name == rest:
            arguments += [one for keyword, one in by_keyword.items() if keyword not in kinds]
        if name in by_keyword and name in kinds and not argument.star and not _is_rebound(name, function):
            argument = replace(argument, value=by_keyword[name].value)
        arguments.append(argument)
    return call if tuple(arguments) == call.args else replace(call, args=tuple(arguments))


def _is_rebound(name: str, function: form.FunctionForm) -> bool:
    targets = (t for s in statements(function.body) if isinstance(s, form.Bind) for t in s.targets)
    return any(target_path(target) == name for target in targets)

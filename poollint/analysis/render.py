"""Forms as short source text, for messages."""

from __future__ import annotations

from poollint.model import form


def render(expression: form.Expr, width: int = 48) -> str:
    """`pool.getconn()` of a form; arguments are left out, deep or unnameable parts become `...`."""
    text = _text(expression)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _text(expression: form.Expr) -> str:
    match expression:
        case form.Name(name):
            return name
        case form.Attr(base, name):
            return f"{_text(base)}.{name}"
        case form.Call(_, func, args):
            return f"{_text(func)}({'...' if args else ''})"
        case form.Await(_, value):
            return f"await {_text(value)}"
        case form.Subscript(base, form.Const(value)):
            return f"{_text(base)}[{value!r}]"
        case form.Subscript(base, _):
            return f"{_text(base)}[...]"
        case form.Const(value):
            return repr(value)
        case form.Not(value):
            return f"not {_text(value)}"
        case form.Compare(left, op, right):
            return f"{_text(left)} {op} {_text(right)}"
        case form.NamedExpr(name, value):
            return f"({name} := {_text(value)})"
        case form.BoolOp(op, values):
            return f" {op} ".join(_text(value) for value in values)
    return "..."

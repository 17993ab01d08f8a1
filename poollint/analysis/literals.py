"""What both readers of code make alike: text of strings, joined pieces, operators. No tree of either is known here."""

from __future__ import annotations

import ast
import re
import unicodedata
import warnings
from functools import lru_cache

from poollint.model import form

AUGMENTED = {
    "Add": "+=", "Sub": "-=", "Mult": "*=", "MatMult": "@=", "Div": "/=", "Mod": "%=", "Pow": "**=",
    "LShift": "<<=", "RShift": ">>=", "BitOr": "|=", "BitXor": "^=", "BitAnd": "&=", "FloorDiv": "//=",
}  # fmt: skip
BINARY = {
    "Add": "+", "Sub": "-", "Mult": "*", "FloorDiv": "//", "Div": "/", "Mod": "%", "Pow": "**", "BitOr": "|",
}  # fmt: skip
"""Operators that the form tells apart; any other is ""."""

_LITERAL = re.compile(r"""([A-Za-z]*)('{3}|"{3}|'|")(.*)\2""", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:\r\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|.)", re.DOTALL)
_NEWLINE = re.compile(r"\r\n?")


def identifier(name: str) -> str:
    """A name as Python reads it: letters that look otherwise but are the same become one."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def string_value(source: str) -> form.Expr:
    """The text of a plain string literal as written; bytes and what cannot be evaluated are `Opaque`."""
    match = _LITERAL.fullmatch(source)
    if match is None or "b" in match.group(1).lower():
        return form.Opaque()
    return text_value(match.group(3), is_raw="r" in match.group(1).lower())


def text_value(text: str, is_raw: bool) -> form.Expr:
    """The text between a string's quotes, escapes resolved unless it is raw."""
    if "\r" in text:
        text = _NEWLINE.sub("\n", text)
    if is_raw or "\\" not in text:
        return form.Const(text)
    try:
        return form.Const(_ESCAPE.sub(lambda match: _escaped(match.group()), text))
    except (SyntaxError, ValueError):
        return form.Opaque()


@lru_cache(maxsize=1024)
def _escaped(escape: str) -> str:
    if escape == '\\"':
        return '"'
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value: str = ast.literal_eval(f'"{escape}"')
    return value


def number_value(value: object) -> form.Expr:
    """A number's form; a complex one has none."""
    return form.Const(value) if isinstance(value, (int, float)) else form.Opaque()


def negated(operand: form.Expr) -> form.Expr:
    """`-operand`."""
    if isinstance(operand, form.Const) and isinstance(operand.value, (int, float)):
        return form.Const(-operand.value)
    return form.Opaque((operand,))


def merged(pieces: list[form.Expr]) -> tuple[form.Expr, ...]:
    """Pieces of an f-string with neighbouring texts made one and empty ones left out."""
    found: list[form.Expr] = []
    texts: list[str] = []
    for piece in pieces:
        if isinstance(piece, form.Const) and isinstance(piece.value, str):
            texts.append(piece.value)
            continue
        if text := "".join(texts):
            found.append(form.Const(text))
        texts.clear()
        found.append(piece)
    if text := "".join(texts):
        found.append(form.Const(text))
    return tuple(found)


def joined(pieces: list[form.Expr]) -> form.Expr:
    """An f-string or implicit concatenation; texts alone are one constant."""
    parts = merged(pieces)
    if not parts:
        return form.Const("")
    first = parts[0]
    if len(parts) == 1 and isinstance(first, form.Const) and isinstance(first.value, str):
        return first
    return form.Joined(parts)


def formatted(value: form.Expr, conversion: str, spec: list[form.Expr]) -> form.Expr:
    """`{value!conversion:spec}`: the value itself where it is only put into the text."""
    parts = merged(spec)
    if not parts and conversion in ("", "s"):
        return value
    return form.Opaque((value, *parts))


def bool_operation(operator: str, values: list[form.Expr]) -> form.Expr:
    """`a and b and c`; a first operand of the same operator, bracketed or not, is part of it."""
    first = values[0]
    head = first.values if isinstance(first, form.BoolOp) and first.op == operator else (first,)
    return form.BoolOp(operator, (*head, *values[1:]))


def deleted(targets: list[form.Expr]) -> tuple[form.Expr, ...]:
    """What `del` names, brackets left out."""
    found: list[form.Expr] = []
    for target in targets:
        found += deleted(list(target.items)) if isinstance(target, form.Sequence) else [target]
    return tuple(found)


def caught(types: form.Expr | None) -> tuple[form.Expr, ...]:
    """The exceptions that a handler names."""
    if isinstance(types, form.Sequence):
        return types.items
    return () if types is None else (types,)

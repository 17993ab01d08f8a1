"""What an annotation says of a value: Optional, unions, `Annotated`, quoted names, awaitables, generators."""

from __future__ import annotations

import ast
from functools import lru_cache

from poollint.model import form

TRANSPARENT = frozenset({"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"})
ENTERED = frozenset({"ContextManager", "AsyncContextManager", "AbstractContextManager", "AbstractAsyncContextManager"})
YIELDED = frozenset({"Generator", "AsyncGenerator", "Iterator", "AsyncIterator", "Iterable", "AsyncIterable"})
AWAITED = frozenset({"Awaitable", "Coroutine"})
MAPPED = frozenset({"Dict", "dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "WeakKeyDictionary"})
LISTED = frozenset({"List", "list", "Sequence", "Set", "set", "tuple", "Tuple", "FrozenSet", "frozenset", "Deque"})


def unquoted(annotation: form.Expr) -> form.Expr:
    """A quoted annotation as an expression; anything else as it is."""
    if isinstance(annotation, form.Const) and isinstance(annotation.value, str):
        return _parsed(annotation.value)
    return annotation


def alternatives(annotation: form.Expr) -> tuple[form.Expr, ...]:
    """The members of a union, None left out; one member for anything else."""
    annotation = unquoted(annotation)
    if isinstance(annotation, form.Binary) and annotation.op == "|":
        return (*alternatives(annotation.left), *alternatives(annotation.right))
    if isinstance(annotation, form.Const) and annotation.value is None:
        return ()
    if isinstance(annotation, form.Subscript):
        head = head_name(annotation)
        if head == "Union":
            key = annotation.key
            items = key.items if isinstance(key, form.Sequence) else (key,)
            return tuple(found for item in items for found in alternatives(item))
        if head in TRANSPARENT:
            return alternatives(first_key(annotation))
    return (annotation,)


def head_name(annotation: form.Expr) -> str:
    """`Generator` of `typing.Generator[X, None, None]`; "" for what is no name."""
    base = annotation.base if isinstance(annotation, form.Subscript) else annotation
    if isinstance(base, form.Attr):
        return base.name
    return base.id if isinstance(base, form.Name) else ""


def first_key(annotation: form.Subscript) -> form.Expr:
    key = annotation.key
    return key.items[0] if isinstance(key, form.Sequence) and key.items else key


def last_key(annotation: form.Subscript) -> form.Expr:
    key = annotation.key
    return key.items[-1] if isinstance(key, form.Sequence) and key.items else key


def metadata(annotation: form.Expr | None) -> tuple[form.Expr, ...]:
    """What stands behind the type in `Annotated[T, ...]`."""
    if annotation is None:
        return ()
    annotation = unquoted(annotation)
    if isinstance(annotation, form.Subscript) and head_name(annotation) == "Annotated":
        key = annotation.key
        return key.items[1:] if isinstance(key, form.Sequence) else ()
    return ()


@lru_cache(maxsize=4096)
def _parsed(text: str) -> form.Expr:
    if len(text) > 500:
        return form.Opaque()
    try:
        return _converted(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError):
        return form.Opaque()


def _converted(node: ast.expr) -> form.Expr:
    match node:
        case ast.Name(id=name):
            return form.Name(name)
        case ast.Attribute(value=value, attr=attr):
            return form.Attr(_converted(value), attr)
        case ast.Subscript(value=value, slice=key):
            return form.Subscript(_converted(value), _converted(key))
        case ast.Tuple(elts=items):
            return form.Sequence("tuple", tuple(_converted(item) for item in items))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return form.Binary(_converted(left), "|", _converted(right))
        case ast.Constant(value=str() | None as value):
            return form.Const(value)
    return form.Opaque()

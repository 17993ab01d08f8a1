"""Each statement and expression in its form; ordinals; names of functions and classes."""

from __future__ import annotations

import libcst as cst
import pytest

from poollint.analysis.lowering import Lowered, lower
from poollint.model import form
from poollint.model.form import (
    MODULE,
    Argument,
    Assert,
    Attr,
    Await,
    Binary,
    Bind,
    BoolOp,
    Break,
    Call,
    Compare,
    Comprehension,
    Const,
    Continue,
    Declare,
    Define,
    Delete,
    DictDisplay,
    Evaluate,
    Expr,
    For,
    Handler,
    If,
    IfExp,
    Import,
    ImportedName,
    Joined,
    Lambda,
    Match,
    Name,
    NamedExpr,
    Not,
    Opaque,
    Parameter,
    Raise,
    Return,
    Sequence,
    Starred,
    Stmt,
    Subscript,
    Try,
    While,
    With,
    WithItem,
    Yield,
)
from poollint.syntax.source import Source

A, B, C, D, X, Y = (Name(letter) for letter in "abcdxy")


def lowered(text: str) -> Lowered:
    return lower(Source("a.py", text.encode()).tree, "a.py")


def body(text: str, function: str = MODULE) -> form.Block:
    return lowered(text).form.functions[function].body


def expression(text: str) -> Expr:
    (statement,) = body(text)
    assert isinstance(statement, Evaluate)
    return statement.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", A),
        ("a.b.c", Attr(Attr(A, "b"), "c")),
        ("(a)", A),
        ("None", Const(None)),
        ("True", Const(True)),
        ("12", Const(12)),
        ("0x_ff", Const(255)),
        ("1.5", Const(1.5)),
        ("-3", Const(-3)),
        ("--3", Const(3)),
        ("+3", Opaque((Const(3),))),
        ("2j", Opaque()),
        ("...", Opaque()),
        ("9" * 5000, Opaque()),
        ("'a\\x41\\\nb'", Const("aAb")),
        ("r'a\\x41'", Const("a\\x41")),
        ("'''a\r\nb'''", Const("a\nb")),
        ("b'a'", Opaque()),
        ("b'a' b'b'", Opaque()),
        ("'a' 'b' \"c\"", Const("abc")),
        ("f'a'", Const("a")),
        ("f'a{b}\\n{{c}}' 'd'", Joined((Const("a"), B, Const("\n{c}d")))),
        ("f'{a!r}{b!s}{c:>{d}}'", Joined((Opaque((A,)), B, Opaque((C, Const(">"), D))))),
        ("f'{a=}'", Joined((Const("a="), Opaque((A,))))),
        ("rf'\\n{a}'", Joined((Const("\\n"), A))),
        ("t'a{b}'", Opaque((Opaque(), Opaque((B,))))),
        ("f(a, *b, **x)", Call(0, Name("f"), (Argument(A), Argument(B, None, "*"), Argument(X, None, "**")))),
        ("f(a=b, *c)", Call(0, Name("f"), (Argument(B, "a"), Argument(C, None, "*")))),
        ("a, *b", Sequence("tuple", (A, Starred(B)))),
        ("[a]", Sequence("list", (A,))),
        ("{a}", Sequence("set", (A,))),
        ("{a: b, **c}", DictDisplay(((A, B), (None, C)))),
        ("a and b and c or d", BoolOp("or", (BoolOp("and", (A, B, C)), D))),
        ("a or (b or c)", BoolOp("or", (A, BoolOp("or", (B, C))))),
        ("(a or b) or c", BoolOp("or", (A, B, C))),
        ("not a", Not(A)),
        ("~a", Opaque((A,))),
        ("a is not b", Compare(A, "is not", B)),
        ("a < b < c", Opaque((A, B, C))),
        ("a | b", Binary(A, "|", B)),
        ("a @ b", Binary(A, "", B)),
        ("a if b else c", IfExp(B, A, C)),
        ("(a := b)", NamedExpr("a", B)),
        ("a[b]", Subscript(A, B)),
        ("a[b, c]", Subscript(A, Sequence("tuple", (B, C)))),
        ("a[b,]", Subscript(A, Sequence("tuple", (B,)))),
        ("a[*b]", Subscript(A, Sequence("tuple", (Starred(B),)))),
        ("a[b:c:d]", Subscript(A, Opaque((B, C, D)))),
        ("a[:]", Subscript(A, Opaque())),
        ("[a async for b in c if d]", Comprehension("list", (A,), ((B, C, True),), (D,))),
        ("{a: b for c in d for x in y}", Comprehension("dict", (A, B), ((C, D, False), (X, Y, False)), ())),
        ("{**a for b in c}", Comprehension("dict", (A,), ((B, C, False),), ())),
        ("(a for b in c)", Comprehension("generator", (A,), ((B, C, False),), ())),
        ("await a", Await(0, A)),
        ("(yield)", Yield(0, None)),
        ("(yield from a)", Yield(0, A, True)),
        ("lambda a: b", Lambda("<lambda-1>")),
    ],
)  # fmt: skip
def test_expressions(text: str, expected: Expr) -> None:
    assert repr(expression(text)) == repr(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = b = c", Bind(0, (A, B), C)),
        ("a: b = c", Bind(0, (A,), C, B)),
        ("a: b", Bind(0, (A,), None, B)),
        ("a **= b", Bind(0, (A,), B, op="**=")),
        ("del a, (b, [c])", Delete(0, (A, B, C))),
        ("raise", Raise(0, None)),
        ("raise a from b", Raise(0, A, B)),
        ("assert a, b", Assert(0, A, B)),
        ("import a.b, c as d", Import(0, (ImportedName("a.b", 0, None, None), ImportedName("c", 0, None, "d")))),
        ("from .a import b as c, d", Import(0, (ImportedName("a", 1, "b", "c"), ImportedName("a", 1, "d", None)))),
        ("from .. import *", Import(0, (ImportedName("", 2, "*", None),))),
        ("lazy import a as b", Import(0, (ImportedName("a", 0, None, "b"),))),
        ("lazy from a import b", Import(0, (ImportedName("a", 0, "b", None),))),
        ("type X[T] = a", Bind(0, (Name("X"),), A)),
        ("if a: b\nelif c: d\nelse: x", If(4, A, (Evaluate(0, B),), (If(3, C, (Evaluate(1, D),), (Evaluate(2, X),)),))),
        ("while a:\n  break\nelse: continue", While(2, A, (Break(0),), (Continue(1),))),
        ("for a, b in c: d\nelse: x", For(2, Sequence("tuple", (A, B)), C, (Evaluate(0, D),), (Evaluate(1, X),))),
        ("async for a in b: c", For(1, A, B, (Evaluate(0, C),), (), True)),
        ("with a as b, c: d", With(3, (WithItem(1, A, B), WithItem(2, C, None)), (Evaluate(0, D),))),
        ("with (a, b): c", With(3, (WithItem(1, A, None), WithItem(2, B, None)), (Evaluate(0, C),))),
        ("async with a(): b", With(3, (WithItem(2, Call(0, A, ()), None),), (Evaluate(1, B),), True)),
        (
            "try: a\nexcept (b, c) as d: x\nexcept: y\nelse: a\nfinally: b",
            Try(
                7,
                (Evaluate(0, A),),
                (Handler(5, (B, C), "d", (Evaluate(1, X),)), Handler(6, (), None, (Evaluate(2, Y),))),
                (Evaluate(3, A),),
                (Evaluate(4, B),),
            ),
        ),
        ("try: a\nexcept* b: c", Try(3, (Evaluate(0, A),), (Handler(2, (B,), None, (Evaluate(1, C),)),), (), (), True)),
        ("try: a\nexcept b, c: d", Try(3, (Evaluate(0, A),), (Handler(2, (B, C), None, (Evaluate(1, D),)),), (), ())),
        ("def f(): pass", Define(0, "f", "f", False)),
        ("class A: pass", Define(0, "A", "A", True)),
    ],
)
def test_statements(text: str, expected: Stmt) -> None:
    assert repr(body(text)) == repr((expected,))


def test_statements_of_functions() -> None:
    assert body("def f():\n  global a\n  nonlocal b, c\n  return a\n  return\n", "f") == (
        Declare("global", ("a",)),
        Declare("nonlocal", ("b", "c")),
        Return(0, A),
        Return(1, None),
    )


def test_pass_and_docstrings() -> None:
    assert body("pass\n'text'\n") == (Evaluate(0, Const("text")),)


def cases(text: str) -> list[tuple[tuple[str, ...], Expr | None, bool]]:
    (statement,) = body(text)
    assert isinstance(statement, Match)
    return [(case.names, case.guard, case.is_catch_all) for case in statement.cases]


def test_match_tells_the_names_that_patterns_bind_in_order() -> None:
    text = (
        "match x:\n"
        "  case [a, *b, (c as d)]: pass\n"
        "  case {'k': e, **f}: pass\n"
        "  case P(g, h=i) | Q(g, i) if g: pass\n"
        "  case 1 | A.b | None: pass\n"
        "  case y if a: pass\n"
        "  case y: pass\n"
        "  case _: pass\n"
    )
    assert cases(text) == [
        (("a", "b", "c", "d"), None, False),
        (("e", "f"), None, False),
        (("g", "i", "g", "i"), Name("g"), False),
        ((), None, False),
        (("y",), A, False),
        (("y",), None, True),
        ((), None, True),
    ]


def test_parameters() -> None:
    file = lowered("def f(a, /, b: x = 1, *c: y, d=2, e, **g): pass\n").form
    assert file.functions["f"].parameters == (
        Parameter("a", "positional"),
        Parameter("b", "positional", X, Const(1)),
        Parameter("c", "*", Y),
        Parameter("d", "keyword", None, Const(2)),
        Parameter("e", "keyword"),
        Parameter("g", "**"),
    )


def test_a_bare_star_is_no_parameter() -> None:
    assert lowered("def f(*, a): pass\n").form.functions["f"].parameters == (Parameter("a", "keyword"),)


def test_functions() -> None:
    file = lowered("@d\nasync def f() -> a:\n  yield\ndef g():\n  lambda: (yield)\n").form
    f, g, inner = file.functions["f"], file.functions["g"], file.functions["g.<lambda-1>"]
    assert (f.decorators, f.returns, f.is_async, f.is_generator) == ((D,), A, True, True)
    assert (g.is_async, g.is_generator, inner.is_generator, inner.name) == (False, False, True, "<lambda>")


def test_names_owners_and_parents() -> None:
    text = (
        "def f():\n  def g(): pass\n  class C:\n    def m(self):\n      def n(): lambda: 0\n"
        "class C:\n  def m(self): pass\n  class D:\n    def m(self): pass\n"
        "if a:\n  def f(): pass\nelse:\n  def f(): pass\n"
    )
    file = lowered(text).form
    assert {name: (f.owner, f.parent) for name, f in file.functions.items()} == {
        "<module>": (None, None),
        "f": (None, None),
        "f.g": (None, "f"),
        "f.C.<body>": ("f.C", "f"),
        "f.C.m": ("f.C", "f"),
        "f.C.m.n": (None, "f.C.m"),
        "f.C.m.n.<lambda-1>": (None, "f.C.m.n"),
        "C.<body>": ("C", None),
        "C.m": ("C", None),
        "C.D.<body>": ("C.D", None),
        "C.D.m": ("C.D", None),
        "f@2": (None, None),
        "f@3": (None, None),
    }
    assert {name: cls.parent for name, cls in file.classes.items()} == {"f.C": "f", "C": None, "C.D": None}


def test_classes() -> None:
    file = lowered("@d\nclass A(B, *C, metaclass=D, **X):\n  y: x = 1\n").form
    cls = file.classes["A"]
    assert (cls.bases, cls.decorators) == ((Name("B"), Name("C")), (D,))
    assert cls.body == file.functions["A.<body>"].body == (Bind(0, (Y,), Const(1), X),)


def test_ordinals_follow_the_source_inner_nodes_first() -> None:
    text = "@d(1)\ndef f(a=e(2), *, b: g(3)) -> h(4):\n  i(j(5)).k(6)\n  return l(7)\n"
    numbered = lowered(text).nodes["f"]
    code = [cst.Module(()).code_for_node(node).strip() for node in numbered]
    assert code == [
        "d(1)", "e(2)", "g(3)", "h(4)", "j(5)", "i(j(5))", "i(j(5)).k(6)", "i(j(5)).k(6)", "l(7)", "return l(7)", "f",
    ]  # fmt: skip


def test_ordinals_of_branches_handlers_and_items() -> None:
    text = "try:\n  with a() as b: c()\nexcept d() as e: f()\nx if y() else z()\n"
    numbered = lowered(text).nodes[MODULE]
    assert [type(node).__name__ for node in numbered] == [
        "Call", "Call", "Expr", "Call", "With", "Call", "Call", "Expr", "ExceptHandler", "Try", "Call", "Call", "Expr",
    ]  # fmt: skip


def test_a_form_is_hashable_and_picklable() -> None:
    import pickle

    file = lowered("class A:\n  async def f(self): return [await x for x in y]\n").form
    assert pickle.loads(pickle.dumps(file)) == file
    assert hash(file.functions["A.f"]) == hash(pickle.loads(pickle.dumps(file)).functions["A.f"])

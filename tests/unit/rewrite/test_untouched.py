"""Whatever the layout of a program: a verb changes its own statement, and the rest stays the same program."""

from __future__ import annotations

import ast

from hypothesis import given, settings, strategies as st

from poollint.engine.apply import apply
from poollint.engine.same_outside import same_outside
from poollint.model.fix import AddKeywords, Verb, WrapInTry, WrapInWith
from poollint.model.span import Span
from tests.unit.rewrite.bench import Bench

UNITS = ("    ", "\t", "  ")
SIMPLE = (
    ("run(conn)",),
    ("x = '''a", "  b", "c'''"),
    ("y = (1 +", "2)"),
    ("z = 1 + \\", "2"),
    ("a = 1; b = 2",),
    ("# a remark",),
    ("",),
    ("k = f'{conn}é'  # größe",),
    ("@deco", "def g(): return conn"),
    ("if conn: run(conn)",),
)
HEADERS = ("if conn:", "for i in conn.all():", "with lock:", "def h():", "class K:", "while conn:", "try:")


@st.composite
def lines(draw: st.DrawFn, unit: str, depth: int) -> list[str]:
    """Some statements, nested ones indented by `unit`, the insides of strings and brackets as they come."""
    found: list[str] = []
    for _ in range(draw(st.integers(0, 4))):
        if depth and draw(st.booleans()):
            header = draw(st.sampled_from(HEADERS))
            inner = [*draw(lines(unit, depth - 1)), "run(conn)"]
            found += [header, *(f"{unit}{line}" if line else "" for line in inner)]
            if header == "try:":
                found += ["except OSError:", f"{unit}pass"]
        else:
            found += draw(st.sampled_from(SIMPLE))
    return found


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A function that acquires and releases, amid other code."""
    unit = draw(st.sampled_from(UNITS))
    newline = draw(st.sampled_from(("\n", "\r\n")))
    before, inside, behind = (draw(lines(unit, 2)) for _ in range(3))
    behind = [line.replace("conn", "other") for line in behind]
    body = [*before, "conn = pool.getconn(1)", *inside, "run(conn)", "pool.putconn(conn)", *behind]
    text = newline.join(["def f(pool):", *(f"{unit}{line}" if line else "" for line in body), "after = 1"])
    return text + draw(st.sampled_from(("", newline)))


def with_block(bench: Bench) -> Verb:
    release = bench.statement("pool.putconn(conn)")
    return WrapInWith(bench.statement("conn = pool.getconn(1)"), release, (release,), False)


def try_block(bench: Bench) -> Verb:
    release = bench.statement("pool.putconn(conn)")
    bind = bench.ground.statement(bench.ground.lowered.nodes["f"][bench.statement("conn = pool.getconn(1)").ordinal])
    body = list(bench.ground.suite(bind).body)
    following = body[body.index(bind) + 1]
    nodes = bench.ground.lowered.nodes["f"]
    inner = getattr(following, "body", [following])
    small = inner[0] if isinstance(inner, (list, tuple)) else following
    first = next(p for p in (small, following) if any(node is p for node in nodes))
    place = type(release)("app.py", "f", next(i for i, node in enumerate(nodes) if node is first))
    return WrapInTry(place, release, release)


def keyword(bench: Bench) -> Verb:
    return AddKeywords(bench.call("pool.getconn(1)"), (("key", "2"),))


@settings(max_examples=150, deadline=None)
@given(programs(), st.sampled_from((with_block, try_block, keyword)))
def test_the_rest_is_the_same_program(text: str, verb: object) -> None:
    ast.parse(text)
    bench = Bench(text)
    fix = bench.fix(verb(bench))  # type: ignore[operator]
    assert fix.edits, fix.reason
    result = apply(text, [fix])
    extent = Span(min(e.span.start for e in fix.edits), max(e.span.end for e in fix.edits))
    assert same_outside(text, [extent], result.text, result.changed)
    assert kept(text) == kept(result.text)


def kept(text: str) -> list[str]:
    """What is left of a program where wrapping is undone: every statement's code, whatever holds it."""
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant):
            found.append(repr(node.value))
        elif isinstance(node, ast.Name) and node.id not in ("pool", "conn"):
            found.append(node.id)
    return sorted(name for name in found if name != "2")

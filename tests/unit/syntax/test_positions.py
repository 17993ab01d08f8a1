"""Spans of nodes: the text there is the node's own code, for any newline, indentation and start of file."""

from __future__ import annotations

import libcst as cst
import pytest
from every_syntax import PROGRAMS

from poollint.analysis.lowering import lower
from poollint.model.span import Span
from poollint.syntax.positions import spans_of
from poollint.syntax.source import Source
from poollint.syntax.walker import walk

EXACT = (
    cst.Call, cst.Name, cst.Attribute, cst.Await, cst.Subscript, cst.BinaryOperation, cst.Assign, cst.Return, cst.Expr,
    cst.ImportFrom, cst.Lambda, cst.FormattedString, cst.Arg, cst.Yield, cst.Comparison,
)  # fmt: skip
WIDE = (
    cst.With, cst.Try, cst.For, cst.If, cst.FunctionDef, cst.ClassDef, cst.ExceptHandler, cst.Match, cst.MatchCase,
    cst.WithItem, cst.Tuple,
)  # fmt: skip


class Collect(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[cst.CSTNode] = []


for kind in (*EXACT, *WIDE):
    setattr(Collect, f"visit_{kind.__name__}", lambda self, node: self.nodes.append(node))


def collected(tree: cst.Module) -> list[cst.CSTNode]:
    visitor = Collect()
    walk(tree, visitor)
    return visitor.nodes


def own_code(tree: cst.Module, node: cst.CSTNode) -> str:
    """What the node's code is without what surrounds it: leading lines, brackets, commas."""
    bare: dict[str, object] = {}
    for name, empty in (("lpar", ()), ("rpar", ()), ("leading_lines", ())):
        if isinstance(getattr(node, name, None), (tuple, list)):
            bare[name] = empty
    for name in ("comma", "semicolon"):
        if hasattr(node, name):
            bare[name] = cst.MaybeSentinel.DEFAULT
    return tree.code_for_node(node.with_changes(**bare))


def without_blanks(code: str) -> str:
    return "".join(code.split())


STARTS = {
    "plain": "",
    "form feed": "\f",
    "comment": "# c\n",
    "blank lines": "\n\n",
    "cookie": "# -*- coding: latin-1 -*-\n",
}
NEWLINES = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


@pytest.mark.parametrize("newline", NEWLINES)
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("topic", PROGRAMS)
def test_the_text_at_a_span_is_the_nodes_code(topic: str, start: str, newline: str) -> None:
    text = (STARTS[start] + PROGRAMS[topic]).replace("\n", NEWLINES[newline])
    source = Source("a.py", text.encode())
    nodes = collected(source.tree)
    spans = spans_of(source, nodes)
    assert len(spans) == len({id(node) for node in nodes})
    for node in nodes:
        span = spans[id(node)]
        found = source.text[span.start : span.end]
        if isinstance(node, EXACT):
            assert without_blanks(own_code(source.tree, node)) == without_blanks(found), type(node)
        assert found == found.strip()


@pytest.mark.parametrize("topic", PROGRAMS)
def test_every_numbered_node_of_a_form_has_a_span(topic: str) -> None:
    source = Source("a.py", PROGRAMS[topic].encode())
    lowered = lower(source.tree, "a.py")
    nodes = [node for numbered in lowered.nodes.values() for node in numbered]
    spans = spans_of(source, nodes)
    assert all(id(node) in spans and spans[id(node)].start < spans[id(node)].end for node in nodes)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("x = ((f ( 1 )))\n", cst.Call, "f ( 1 )"),
        ("x = (\n  a\n  . b\n  ( ) # c\n)\n", cst.Call, "a\n  . b\n  ( )"),
        ("if a:\n\twith b as c, d: # e\n\t\tpass # f\n# g\n", cst.With, "with b as c, d: # e\n\t\tpass"),
        ("@d\n# c\ndef f():\n  return 1  # r\n", cst.FunctionDef, "def f():\n  return 1"),
        ("\f@d\nclass A: x = 1 ; y = 2\n", cst.ClassDef, "class A: x = 1 ; y = 2"),
        ("try: pass\nexcept (A, B) as e : pass\n", cst.ExceptHandler, "except (A, B) as e : pass"),
        ("async def f():\n  await g ( )", cst.Await, "await g ( )"),
        ("with (open(a) as b , c): pass", cst.WithItem, "open(a) as b"),
        ("x = 'é', ü.f('日本')\n", cst.Call, "ü.f('日本')"),
    ],
)
def test_where_a_node_begins_and_ends(text: str, kind: type[cst.CSTNode], expected: str) -> None:
    source = Source("a.py", text.encode())
    node = next(node for node in collected(source.tree) if type(node) is kind)
    span = spans_of(source, [node])[id(node)]
    assert source.text[span.start : span.end] == expected


def test_the_byte_order_mark_is_no_part_of_the_text() -> None:
    source = Source("a.py", b"\xef\xbb\xbfx = f()\r\n")
    (node,) = [node for node in collected(source.tree) if isinstance(node, cst.Call)]
    assert spans_of(source, [node])[id(node)] == Span(4, 7)
    assert source.line_column(4) == (1, 5)


def test_only_the_nodes_asked_for_are_answered() -> None:
    source = Source("a.py", b"f(g())\n")
    outer, _ = [node for node in collected(source.tree) if isinstance(node, cst.Call)]
    assert set(spans_of(source, [outer])) == {id(outer)}


def test_deep_trees_need_no_deep_stack() -> None:
    text = "".join(" " * i + "if a:\n" for i in range(90)) + " " * 90 + "x = " + "f(" * 150 + "1" + ")" * 150 + "\n"
    source = Source("a.py", text.encode())
    nodes = [node for node in collected(source.tree) if isinstance(node, cst.Call)]
    spans = spans_of(source, nodes)
    assert source.text[spans[id(nodes[-1])].start : spans[id(nodes[-1])].end] == "f(1)"


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n\\\ny = f(2)\n",
        "\\\n\\\ny = f(2)\n",
        "if x:\n    z = 1\n    \\\n    y = f(2)\n",
        "if x:\n    z = 1\n\\\n    y = f(2)\n",
        "x = 1\r\n\\\r\ny = f(2)\r\n",
        "if a: pass\n\\\nelse: f(2)\n",
    ],
)
def test_a_line_of_a_lone_backslash_is_passed_over(text: str) -> None:
    source = Source("a.py", text.encode())
    spans = spans_of(source, collected(source.tree))
    assert "f(2)" in {text[span.start : span.end] for span in spans.values()}

"""The walker visits what `module.visit` visits, in its order, less whitespace and punctuation."""

from __future__ import annotations

import inspect

import libcst as cst
import pytest
from every_syntax import PROGRAMS

from poollint.syntax.walker import TRIVIA, walk

CLASSES = {node for node in vars(cst).values() if inspect.isclass(node) and issubclass(node, cst.CSTNode)}
ABSTRACT = {node for node in CLASSES if inspect.isabstract(node) or node.__name__.startswith("Base")}
NODES = CLASSES - ABSTRACT
NEVER_PARSED = {cst.CSTNode, cst.MatchPattern}


class Log(cst.CSTVisitor):
    """Every visit and leave, by whichever road."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if not isinstance(node, TRIVIA):
            self.seen.append(("visit", node))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if not isinstance(original_node, TRIVIA):
            self.seen.append(("leave", original_node))


def log_of_walk(tree: cst.Module) -> list[tuple[str, cst.CSTNode]]:
    seen: list[tuple[str, cst.CSTNode]] = []
    methods = {f"visit_{node.__name__}": lambda _, node: seen.append(("visit", node)) for node in NODES}
    methods |= {f"leave_{node.__name__}": lambda _, node: seen.append(("leave", node)) for node in NODES}
    walk(tree, type("Methods", (), methods)())
    return seen


@pytest.mark.parametrize("topic", PROGRAMS)
def test_the_same_nodes_in_the_same_order(topic: str) -> None:
    tree = cst.parse_module(PROGRAMS[topic])
    log = Log()
    tree.visit(log)
    walked = log_of_walk(tree)
    assert [(kind, type(node).__name__) for kind, node in walked] == [(k, type(n).__name__) for k, n in log.seen]
    assert all(one is other for (_, one), (_, other) in zip(walked, log.seen, strict=True))


def test_the_programs_hold_every_class_of_node() -> None:
    found: set[type] = set()

    class Classes(cst.CSTVisitor):
        def on_visit(self, node: cst.CSTNode) -> bool:
            found.add(type(node))
            return True

    for text in PROGRAMS.values():
        cst.parse_module(text).visit(Classes())
    assert {node.__name__ for node in NODES - found - NEVER_PARSED} == set()


def test_a_visit_that_returns_false_leaves_the_children_out_but_not_its_leave() -> None:
    calls: list[str] = []

    class Visitor(cst.CSTVisitor):
        def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
            return False

        def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
            calls.append("left")

        def visit_Call(self, node: cst.Call) -> None:
            calls.append("call")

    walk(cst.parse_module("def f():\n    g()\nh()\n"), Visitor())
    assert calls == ["left", "call"]


def test_depth_costs_no_recursion() -> None:
    count = 0

    class Visitor(cst.CSTVisitor):
        def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
            nonlocal count
            count += 1

    walk(cst.parse_module("x = " + " + ".join("a" * 900)), Visitor())
    assert count == 899

"""A parsed text on which the tests of the verbs find places by what stands there."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from poollint.analysis.lowering import lower
from poollint.engine.apply import apply
from poollint.model.fix import Applicability, Fix, FixPlan, Verb
from poollint.model.span import Place
from poollint.rewrite.ground import Ground, every_node
from poollint.rewrite.plans import fix_of
from poollint.syntax.positions import spans_of
from poollint.syntax.source import Source


class Bench:
    def __init__(self, text: str) -> None:
        source = Source("app.py", text.encode())
        nodes = list(every_node(source.tree))
        self.ground = Ground(source, lower(source.tree, "app.py"), spans_of(source, nodes))

    def place(self, code: str, kind: type | None = None, nth: int = 1) -> Place:
        """The `nth` numbered node, in source order, whose text is `code`."""
        found = []
        for function, nodes in self.ground.lowered.nodes.items():
            for ordinal, node in enumerate(nodes):
                span = self.ground.span(node)
                if self.ground.code(span) == code and (kind is None or isinstance(node, kind)):
                    found.append((span, Place("app.py", function, ordinal)))
        return sorted(found, key=lambda pair: pair[0])[nth - 1][1]

    def call(self, code: str, nth: int = 1) -> Place:
        return self.place(code, cst.Call, nth)

    def statement(self, code: str, nth: int = 1) -> Place:
        return self.place(code, (cst.BaseSmallStatement, cst.BaseCompoundStatement), nth)  # type: ignore[arg-type]

    def starting(self, code: str) -> Place:
        """The first numbered statement whose text starts with `code`."""
        for function, nodes in self.ground.lowered.nodes.items():
            for ordinal, node in enumerate(nodes):
                is_statement = isinstance(node, (cst.BaseSmallStatement, cst.BaseCompoundStatement))
                if is_statement and self.ground.code(self.ground.span(node)).startswith(code):
                    return Place("app.py", function, ordinal)
        raise LookupError(code)

    def fix(self, verb: Verb, *imports: str) -> Fix:
        return fix_of(FixPlan("do it", Applicability.SAFE, verb, "", imports), self.ground)


def change(text: str, verb_of: Callable[[Bench], Verb], *imports: str) -> str:
    """`text` after the verb; a refusal is an assertion error."""
    fix = Bench(text).fix(verb_of(Bench(text)), *imports)
    assert fix.applicability is Applicability.SAFE, fix.reason
    return apply(text, [fix]).text


def refusal(text: str, verb_of: Callable[[Bench], Verb], *imports: str) -> str:
    """Why the verb is not carried out on `text`."""
    fix = Bench(text).fix(verb_of(Bench(text)), *imports)
    assert fix.applicability is Applicability.SHOWN
    assert fix.edits == ()
    return fix.reason

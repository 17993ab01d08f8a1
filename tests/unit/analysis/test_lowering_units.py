"""Units of a file read alone: the same nodes at the same places as in the whole file, or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import given, strategies as st

from poollint.analysis import lowering_units
from poollint.analysis.lowering import lower
from poollint.analysis.lowering_units import excerpt
from poollint.analysis.outline_units import units_of
from poollint.syntax.positions import spans_of
from poollint.syntax.source import Source

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "fixtures").rglob("*.py"))[::5]

ODD = {
    "layout": '''
import os; x = f(1); y = g(2)
@deco(
    a(1))
@other
class A(
    Base, key=h(1),
): # why
    """Text."""

    n = make(); m = make(2)

    @property
    def p(self): return call(self)
  # a comment out of line
    def q(self):
        text = """
odd
"""
        return lambda z: z(1)(text)
    class Inner:
        def q(self): return [c(i) for i in d()]
if x:
    def twice(): return a(1)
else:
    def twice(): return b(2)
def twice(): return c(lambda: d(3))
class OneLine: v = call(); w = call(1)
class Split: \\
    v = call()
value = \\
    call(4)
async def last(k=default()) -> note():
    async with make() as c:
        await c(5)
''',
    "crlf": "class A:\r\n    def f(self):\r\n        return g(1)\r\n\r\nx = h(2)\r\n",
    "tabs": "class A:\n\tdef f(self):\n\t\treturn g(1)\n\tx = h(2)",
    "wide": "class Ä:\n    def f(self):\n        return 'é𝄞', g(1)\nx = 'é'; y = h(2)\n",
}
TEXTS = {**ODD, **{str(path.relative_to(ROOT)): path.read_bytes().decode() for path in FILES}}


@pytest.fixture(autouse=True, scope="module")
def _cut_everything() -> Iterator[None]:
    """Also where the whole file would be read, because most of it is wanted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lowering_units, "WORTH_CUTTING", 2)
        yield


def readable(name: str) -> Source | None:
    source = Source(f"{name}.py", TEXTS[name].encode())
    return source if units_of(source.text, source.path) is not None else None


def shown(source: Source, nodes: dict[tuple[str, int], cst.CSTNode], spans: object) -> dict[tuple[str, int], object]:
    found = {}
    for place, node in nodes.items():
        span = spans[id(node)]  # type: ignore[index]
        found[place] = (type(node), source.text[span.start : span.end], span)
    return found


def of_whole(source: Source) -> dict[tuple[str, int], object]:
    nodes = {(f, n): node for f, many in lower(source.tree, source.path).nodes.items() for n, node in enumerate(many)}
    return shown(source, nodes, spans_of(source, nodes.values()))


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_place_of_a_file_is_the_same_node_in_its_unit(name: str) -> None:
    source = readable(name)
    if source is None:
        pytest.skip("cannot be cut")
    whole = of_whole(source)
    found = excerpt(source, whole)
    assert found is not None
    nodes = {place: found.nodes[place] for place in whole}
    assert shown(source, nodes, found.spans(list(nodes.values()))) == whole


@pytest.mark.parametrize("name", sorted(ODD))
@given(data=st.data())
def test_any_few_places_are_found_alone(name: str, data: st.DataObject) -> None:
    source = readable(name)
    assert source is not None
    whole = of_whole(source)
    places = data.draw(st.sets(st.sampled_from(sorted(whole)), min_size=1, max_size=4))
    found = excerpt(source, places)
    assert found is not None
    nodes = {place: found.nodes[place] for place in places}
    assert shown(source, nodes, found.spans(list(nodes.values()))) == {place: whole[place] for place in places}


def test_a_method_is_read_without_its_class() -> None:
    source = Source("a.py", b"class A:\n    def f(self): return g(1)\n    def h(self): return g(2)\n")
    found = excerpt(source, [("A.h", 0)])
    assert found is not None
    assert "A.f" not in {function for function, _ in found.nodes}


@pytest.mark.parametrize("text", ["x = 1\f\ny = f()\n", "x = 1\ry = f()\n", "def f(:\n"])
def test_what_cannot_be_cut_is_left_to_the_whole_file(text: str) -> None:
    assert excerpt(Source("a.py", text.encode()), [("<module>", 0)]) is None


def test_a_place_that_the_file_does_not_have_is_in_no_unit() -> None:
    assert excerpt(Source("a.py", b"x = f()\n"), [("<module>", 9)]) is None

"""The outline's form is LibCST's form, ordinals included, wherever the running Python reads the text."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from poollint.analysis.lowering import lower
from poollint.analysis.outline import outline
from poollint.model import form
from poollint.syntax.source import Source, SourceError

sys.path.insert(0, str(Path(__file__).parents[1] / "syntax"))
from every_syntax import PROGRAMS

HERE = Path(__file__).parents[3]
FILES = sorted(
    [*(HERE / "poollint").rglob("*.py"), *(HERE / "tests").rglob("*.py"), *(HERE / "fixtures").rglob("*.py")]
)
NEWEST = {
    "types": (3, 12), "type defaults": (3, 13), "template strings": (3, 99), "bare except lists": (3, 14),
    "unpacking in comprehensions": (3, 99), "lazy imports": (3, 15), "match": (3, 10),
    "try": (3, 11), "numbers": (3, 99), "subscripts": (3, 11),
}  # fmt: skip
"""The Python whose `ast` reads a topic; 3.99: none, since it refuses a part or the outline leaves it to LibCST."""


def texts(file: form.FileForm) -> dict[str, str]:
    """`repr`, since 1, True and 1.0 are equal."""
    found = {f"function {name}": repr(function) for name, function in file.functions.items()}
    return found | {f"class {name}": repr(cls) for name, cls in file.classes.items()}


def assert_equal(text: str) -> None:
    by_ast = outline(text, "a.py")
    assert by_ast is not None
    by_libcst = lower(Source("a.py", text.encode()).tree, "a.py").form
    assert by_ast.path == by_libcst.path
    assert list(by_ast.functions) == list(by_libcst.functions)
    assert list(by_ast.classes) == list(by_libcst.classes)
    assert texts(by_ast) == texts(by_libcst)


@pytest.mark.parametrize("topic", [topic for topic in PROGRAMS if NEWEST.get(topic, (3, 0)) <= sys.version_info])
def test_every_syntax(topic: str) -> None:
    assert_equal(PROGRAMS[topic])


@pytest.mark.parametrize("topic", [topic for topic in PROGRAMS if NEWEST.get(topic, (3, 0)) > sys.version_info])
def test_what_ast_does_not_read_is_left_to_libcst(topic: str) -> None:
    assert outline(PROGRAMS[topic], "a.py") is None
    assert lower(Source("a.py", PROGRAMS[topic].encode()).tree, "a.py").form.functions


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HERE)))
def test_files_of_this_project(path: Path) -> None:
    source = Source(str(path), path.read_bytes())
    if outline(source.text, "a.py") is not None:
        assert_equal(source.text)
    else:
        with pytest.raises((SourceError, AssertionError)):
            assert not lower(source.tree, "a.py")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\f", "\n\n", "# -*- coding: latin-1 -*-\n"])
def test_newlines_and_starts(start: str, newline: str) -> None:
    text = start + "x = '''a\nb\\\nc'''\nif a:\n\ty = f'''{\nx}\n'''\n\f\n\fdef f(): return 'd'\n"
    assert_equal(text.replace("\n", newline))


@pytest.mark.parametrize(
    "text",
    [
        "𝐱 = ﬁ.ﬁeld(ﬁ=1, *𝐚)\ndef 𝐟(𝐚): global 𝐠\nimport ﬁ.𝐛 as 𝐜\nclass 𝐀: pass\n",
        "x = '\\ud800' '\\N{BULLET}' '\\777' \"\\\"\" '\\q'\n",
        "x = f'\\{a}' f'{{a}}' f'}}' rf'\\N{{a}}' f'\\N{BULLET}{a}'\n",
        "x = f'{a:{b}{c}d}' f'{a!r:x}' f'{a:}' f\"{a['b']}\" f'{a:%H:%M}'\n",
        "x = f'{a  =  }' f'{(a:=1)}' f'{lambda_}' f'{a,}' f'{ {1: 2}[1] }' f'{a!s}'\n",
        "x = (f'a' 'b' f'{c}' 'd'), (f'' ''), ('' f''), (f'{1}' '2'), (f'{\"1\"}' '2')\n",
        "x = ((a and b) and c) and d, a and (b and c), (a or b) and c\n",
        "x = 0o17, 0b1, 0XFF, 1e5, 1_0.0_1, 00, .5, 5., 1E-3, -True, - 1, -(1), -(-1.5), +1, ~1\n",
        "f(a)(b=1, *c, d=2, **e)(*a, *b, c)(**a, b=1)\n",
        "del (a), [b], (c, d), a[0], a.b\n",
        "class A(B, *C, metaclass=f(1), **g(2)): x = f(3)\n",
        "@a(1)\n@b(2)\ndef f(x=c(3), *y: d(4), z: e(5) = g(6), **w: h(7)) -> i(8): j(9)\n",
        "def f(a, b=g(1), /, c=g(2), *, d=g(3), e): return lambda x=g(4), /, y=g(5), *z: g(6)\n",
        "x = a(1) if b(2) else c(3)\ny = [d(1) for e in f(2) if g(3) for h in i(4)]\n",
        "async def f():\n  async with a as b, c: return [x async for x in y]\n  await g(await h)\n",
        "with (a): pass\nwith (a, b): pass\nwith (a as b): pass\nwith (a, b) as c: pass\nwith (yield): pass\n",
        "x: int\nself.x: a = b\nx[0]: a\n",
        "for x in *a, b: pass\nfor (x) in y: pass\nfor [x, *z] in y: pass\n",
        "if 1:\n  pass\nelse:\n  if 2: a\n  else: b\nif a: b\nelif c: d\n",
        "x = yield_ = 1; y = 2; import a; from b import c\n",
        "def f():\n  x = yield\n  yield a, b\n  return (yield from c), *d\n",
        "lambda: (lambda: (yield))\nclass A:\n  x = lambda self: lambda: 0\n  def f(self, a=lambda: 1): pass\n",
        "a[b:c, d], a[b, :], a[::], a[(b, c)], a[b][c], a[()], a[b,]\n",
    ],
)
def test_small_differences_of_the_two_trees(text: str) -> None:
    assert_equal(text)


def test_warnings_of_the_users_code_are_not_shown() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_equal("x = '\\d'; y = 1 is 1; assert (x, y)\n")


@pytest.mark.parametrize("text", ["x = = 1\n", "x = 'a\n", "return = 1\n", "if a:\nb\n"])
def test_what_is_not_python_has_no_outline(text: str) -> None:
    assert outline(text, "a.py") is None


def test_what_is_too_deep_for_libcst_has_no_outline_either() -> None:
    assert outline("x = " + " + ".join("a" * 300), "a.py") is None


# --- generated programs --------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c", "pool", "x"])
ATOMS = st.one_of(NAMES, st.sampled_from(["None", "1", "-2", "'s'", "f'{a}s'", "...", "()", "b''", "f'{b=}'", "True"]))


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        inner.map(lambda a: f"({a})"),
        st.tuples(inner, st.lists(inner, max_size=2), NAMES, inner).map(
            lambda t: f"{t[0]}({', '.join([*t[1], f'{t[2]}={t[3]}'])})"
        ),
        two.map(lambda t: f"f(k=({t[0]}), *({t[1]}))"),
        st.tuples(inner, NAMES).map(lambda t: f"({t[0]}).{t[1]}"),
        two.map(lambda t: f"({t[0]})[{t[1]}]"),
        st.tuples(inner, st.sampled_from(["and", "or", "+", "|", "<", "not in", "is", "@"]), inner).map(" ".join),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({' '.join(t)}) {t[1]} ({t[0]})"),
        inner.map(lambda a: f"not {a}"),
        inner.map(lambda a: f"(yield {a})"),
        inner.map(lambda a: f"(lambda x=({a}): ({a}))"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"[{t[0]} for a, b in ({t[1]}) if ({t[2]})]"),
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        two.map(lambda t: f"{{({t[0]}): ({t[1]}), **a}}"),
        two.map(lambda t: f"(a, *({t[0]}), {t[1]})"),
        NAMES.map(lambda name: f"({name} := 1)"),
    )


EXPRESSIONS = st.recursive(ATOMS, grown, max_leaves=6)


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


@st.composite
def statements(draw: st.DrawFn, depth: int = 0) -> list[str]:
    value = draw(EXPRESSIONS)
    kinds = ["expr", "assign", "annotated", "delete", "return", "raise", "import"]
    kinds += ["if", "while", "for", "with", "try", "def", "class", "match"] if depth < 2 else []
    kind = draw(st.sampled_from(kinds))
    simple = {
        "expr": value,
        "assign": f"a = x.y, *z = {value}",
        "annotated": f"a: ({value}) = ({value})",
        "delete": "del a, (b, c[1])",
        "return": f"return {value}",
        "raise": f"raise ({value}) from ({value})",
        "import": "from .a import b as c, d",
    }
    if kind in simple:
        return [simple[kind]]
    first, second = (indented(draw(block(depth + 1))) for _ in range(2))
    return {
        "if": [f"if {value}:", *first, f"elif {value}:", *second, "else:", *first],
        "while": [f"while {value}:", *first, "else:", *second],
        "for": [f"for a, *b in {value}:", *first, "else:", *second],
        "with": [f"with ({value}) as a, ({value}):", *first],
        "try": ["try:", *first, f"except ({value}, a) as e:", *second, "else:", *first, "finally:", *second],
        "def": [f"@a({value})", f"def f(a=({value}), *b: ({value}), c) -> ({value}):", *first],
        "class": [f"@a({value})", f"class C(a({value}), k=({value})):", *first],
        "match": [
            f"match ({value}):",
            f"    case [a, *b] if {value}:",
            *indented(first),
            "    case _:",
            *indented(second),
        ],
    }[kind]


def block(depth: int) -> st.SearchStrategy[list[str]]:
    return st.lists(statements(depth), min_size=1, max_size=2).map(
        lambda many: [line for lines in many for line in lines]
    )


@settings(max_examples=150, deadline=None)
@given(block(0))
def test_generated_programs(lines: list[str]) -> None:
    text = "async def g():\n" + "\n".join(indented(lines)) + "\n"
    if outline(text, "a.py") is not None:
        assert_equal(text)

"""Keyword arguments are added as the call is written."""

from __future__ import annotations

import libcst as cst
import pytest

from poollint.model.fix import AddKeywords
from poollint.model.span import Place
from tests.unit.rewrite.bench import Bench, change, refusal

RECYCLE = (("pool_recycle", "1800"),)
BOTH = (("pool_recycle", "1800"), ("pool_pre_ping", "True"))


def first_call(bench: Bench, keywords: tuple[tuple[str, str], ...]) -> AddKeywords:
    """The plan for the call of `make` in a module's text."""
    nodes = bench.ground.lowered.nodes["<module>"]
    calls = [i for i, n in enumerate(nodes) if isinstance(n, cst.Call) and isinstance(n.func, cst.Name)]
    ordinal = next(i for i in calls if nodes[i].func.value == "make")
    return AddKeywords(Place("app.py", "<module>", ordinal), keywords)


CASES = {
    "empty": ("e = make()\n", "e = make(pool_recycle=1800)\n"),
    "one": ("e = make(url)\n", "e = make(url, pool_recycle=1800)\n"),
    "inline trailing comma": ("e = make(url,)\n", "e = make(url, pool_recycle=1800,)\n"),
    "in parentheses": ("e = ((make)((url)))\n", "e = ((make)((url), pool_recycle=1800))\n"),
    "own lines, last comma": (
        "e = make(\n    url,\n    echo=True,\n)\n",
        "e = make(\n    url,\n    echo=True,\n    pool_recycle=1800,\n)\n",
    ),
    "own lines, no last comma": (
        "e = make(\n    url,\n    echo=True\n)\n",
        "e = make(\n    url,\n    echo=True,\n    pool_recycle=1800\n)\n",
    ),
    "comment behind the comma": (
        "e = make(\n    url,  # where\n)\n",
        "e = make(\n    url,  # where\n    pool_recycle=1800,\n)\n",
    ),
    "comment without a comma": (
        "e = make(\n    url  # where\n)\n",
        "e = make(\n    url,  # where\n    pool_recycle=1800\n)\n",
    ),
    "closing on the last line": (
        "e = make(\n    url,\n    echo=True)\n",
        "e = make(\n    url,\n    echo=True,\n    pool_recycle=1800)\n",
    ),
    "under the first argument": (
        "e = make(url,\n         echo=True)\n",
        "e = make(url,\n         echo=True,\n         pool_recycle=1800)\n",
    ),
    "several on the last line": (
        "e = make(\n    url, echo=True\n)\n",
        "e = make(\n    url, echo=True, pool_recycle=1800\n)\n",
    ),
    "tabs": ("e = make(\n\turl,\n)\n", "e = make(\n\turl,\n\tpool_recycle=1800,\n)\n"),
    "CRLF": (
        "e = make(\r\n    url,\r\n)\r\n",
        "e = make(\r\n    url,\r\n    pool_recycle=1800,\r\n)\r\n",
    ),
    "in front of **": ("e = make(url, **options)\n", "e = make(url, pool_recycle=1800, **options)\n"),
    "in front of ** on its line": (
        "e = make(\n    url,\n    **options,\n)\n",
        "e = make(\n    url,\n    pool_recycle=1800,\n    **options,\n)\n",
    ),
    "only **": ("e = make(**options)\n", "e = make(pool_recycle=1800, **options)\n"),
    "behind *": ("e = make(*args)\n", "e = make(*args, pool_recycle=1800)\n"),
    "given already": ("e = make(url, pool_recycle=-1, echo=True)\n", "e = make(url, pool_recycle=1800, echo=True)\n"),
    "several lines of value": (
        "e = make(\n    url,\n    args={\n        'a': 1,\n    },\n)\n",
        "e = make(\n    url,\n    args={\n        'a': 1,\n    },\n    pool_recycle=1800,\n)\n",
    ),
    "backslash": ("e = \\\n    make(url)\n", "e = \\\n    make(url, pool_recycle=1800)\n"),
    "not ASCII": ("e = make('größe')  # größer\n", "e = make('größe', pool_recycle=1800)  # größer\n"),
    "generator in parentheses": ("e = make((x for x in y))\n", "e = make((x for x in y), pool_recycle=1800)\n"),
    "comment in an empty call": ("e = make(\n    # nothing\n)\n", "e = make(pool_recycle=1800\n    # nothing\n)\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_keyword_is_added_in_the_style_of_the_call(name: str) -> None:
    before, after = CASES[name]
    assert change(before, lambda bench: first_call(bench, RECYCLE)) == after


def test_two_keywords_get_a_line_each() -> None:
    before = "e = make(\n    url,\n)\n"
    after = "e = make(\n    url,\n    pool_recycle=1800,\n    pool_pre_ping=True,\n)\n"
    assert change(before, lambda bench: first_call(bench, BOTH)) == after


def test_no_final_newline_stays_none() -> None:
    assert change("e = make(url)", lambda b: first_call(b, RECYCLE)) == "e = make(url, pool_recycle=1800)"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("o = {'a': 1}\n", "o = {'a': 1, 'pool_recycle': 1800}\n"),
        ('o = {\n    "a": 1,\n}\n', 'o = {\n    "a": 1,\n    "pool_recycle": 1800,\n}\n'),
        ("o = {}\n", 'o = {"pool_recycle": 1800}\n'),
        ("o = {'pool_recycle': -1}\n", "o = {'pool_recycle': 1800}\n"),
        ("o = {'a': 1, **more}\n", "o = {'a': 1, **more, 'pool_recycle': 1800}\n"),
        ("o: dict = {'a': (1)}\n", "o: dict = {'a': (1), 'pool_recycle': 1800}\n"),
        ("o = dict(a=1)\n", "o = dict(a=1, pool_recycle=1800)\n"),
    ],
)
def test_a_dict_literal_gets_an_entry(before: str, after: str) -> None:
    assert change(before, lambda bench: AddKeywords(bench.starting("o"), RECYCLE)) == after


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("e = make(x for x in y)\n", "a generator is the call's only argument"),
        ("e = make(url, pool_recycle=1800)\n", "it is set already"),
        ("e = make(pool_recycle=(  # never\n    -1\n))\n", "a comment would be lost"),
        ("# fmt: off\ne = make(url)\n", "`# fmt: off` holds the text as it is"),
        ("e = f'{make(url)}'\n", "it stands inside an f-string"),
    ],
)
def test_a_call_that_cannot_be_changed_is_refused(before: str, reason: str) -> None:
    assert refusal(before, lambda bench: first_call(bench, RECYCLE)) == reason


def test_text_outside_fmt_off_is_changed() -> None:
    before = "# fmt: off\na = 1\n# fmt: on\ne = make(url)\n"
    assert change(before, lambda bench: first_call(bench, RECYCLE)).endswith("e = make(url, pool_recycle=1800)\n")

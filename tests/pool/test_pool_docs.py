"""docs/pool.md says what the code says, and the hard cases are all there."""

from __future__ import annotations

import ast
import re

from pool_docs import CASES, PAGE, cases_and_tests, written


def test_each_hard_case_has_a_test() -> None:
    assert list(CASES) == list(range(1, 48))
    assert [number for number, names in cases_and_tests().items() if not names] == []


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text("utf-8")
    assert written(page) == page, "run tests/pool/pool_docs.py"


def test_what_it_shows_is_python() -> None:
    shown = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(shown) >= 7
    for text in shown:
        compile(text, "docs/pool.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_names_of_tests_that_the_page_speaks_of_exist() -> None:
    page = PAGE.read_text("utf-8")
    named = set(re.findall(r"`(test_case_\w+)`", page))
    assert named == {name for names in cases_and_tests().values() for name in names}

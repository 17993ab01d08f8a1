"""Taking out a comment, or a part of one."""

from __future__ import annotations

import pytest

from poollint.engine.apply import edit_text
from poollint.model.span import Span
from poollint.rewrite.remove_text import remove_text
from poollint.syntax.source import Source


@pytest.mark.parametrize(
    ("before", "gone", "after"),
    [
        ("x = 1  # noqa: CPL101\ny = 2\n", "# noqa: CPL101", "x = 1\ny = 2\n"),
        ("x = 1\t# noqa: CPL101", "# noqa: CPL101", "x = 1"),
        ("if x:\n    # poollint: ignore[leak]\n    y = 2\n", "# poollint: ignore[leak]", "if x:\n    y = 2\n"),
        ("# noqa: CPL101\r\ny = 2\r\n", "# noqa: CPL101", "y = 2\r\n"),
        ("# noqa: CPL101", "# noqa: CPL101", ""),
        ("x = 1  # noqa: CPL101  # why\n", "# noqa: CPL101", "x = 1  # why\n"),
        ("x = 1  # noqa: CPL101, E501\n", "CPL101,", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: E501, CPL101\n", ", CPL101", "x = 1  # noqa: E501\n"),
    ],
)
def test_text_goes_with_the_space_that_belonged_to_it(before: str, gone: str, after: str) -> None:
    start = before.index(gone)
    edit = remove_text(Source("app.py", before.encode()), Span(start, start + len(gone)))
    assert edit_text(before, [edit]) == after

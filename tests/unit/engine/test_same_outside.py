"""The same program outside of what was changed."""

from __future__ import annotations

import pytest

from poollint.engine.same_outside import same_outside
from poollint.model.span import Span


def same(before: str, after: str, old: str, new: str) -> bool:
    """Compares where `old` became `new`; both stand once."""
    changed = Span(before.index(old), before.index(old) + len(old))
    return same_outside(before, [changed], after, [Span(after.index(new), after.index(new) + len(new))])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("OLD\ny = 1\n", "NEW\ny = 1\n"),
        ("OLD\ny = 1\n", "NEW\ny  =  (1)  # why\n"),
        ("'größe'; OLD; y = 'ü'\n", "'größe'; NEW; y = 'ü'\n"),
        ("if a:\n    OLD\nelse:\n    b\n", "if a:\n    NEW\nelse:\n    b\n"),
        ("import a\nOLD\n", "import a, b\nNEW\n"),
        ("\x0cx = 1\n\x0c\nOLD\n", "\x0cx = 1\n\x0c\nNEW\n"),
        ("x = 'a\u2028b'\nOLD\n", "x = 'a\u2028b'\nNEW\n"),
        ("x = 1\r\nOLD\r\n", "x = 1\r\nNEW\r\n"),
    ],
)
def test_what_is_not_touched_is_compared_and_equal(before: str, after: str) -> None:
    assert same(before, after, "OLD", "NEW")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("OLD\ny = 1\n", "NEW\ny = 2\n"),
        ("OLD\ny = 1\n", "NEW\n"),
        ("OLD\n", "NEW\ny = 1\n"),
        ("a\nb\nOLD\n", "b\na\nNEW\n"),
        ("if a:\n    OLD\n", "if b:\n    NEW\n"),
        ("if a:\n    OLD\n    b\n", "if a:\n    NEW\n    c\n"),
        ("def f(a=1):\n    OLD\n", "def f(a=2):\n    NEW\n"),
        ("try:\n    OLD\nexcept A:\n    b\n", "try:\n    NEW\nexcept B:\n    b\n"),
        ("OLD\ny = 1\n", "NEW\ny = (\n"),
    ],
)
def test_another_change_is_seen(before: str, after: str) -> None:
    assert not same(before, after, "OLD", "NEW")


def test_what_this_python_cannot_read_is_not_compared() -> None:
    assert same("OLD\ny = = 1\n", "NEW\ny = = 1\n", "OLD", "NEW")

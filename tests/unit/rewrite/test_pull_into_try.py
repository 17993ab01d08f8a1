"""Statements in front of a `try` that become its first ones."""

from __future__ import annotations

import pytest

from poollint.model.fix import PullIntoTry
from tests.unit.rewrite.bench import Bench, change, refusal


def verb(bench: Bench) -> PullIntoTry:
    return PullIntoTry(bench.starting("check"), bench.starting("try"))


def test_the_try_begins_earlier() -> None:
    before = 'def f():\n    conn = get()\n    # why\n    check("""\nx""")\n'
    before += "    if x:\n        return  # no\n\n    try:\n        run(conn)\n    finally:\n        put(conn)\n"
    after = 'def f():\n    conn = get()\n    try:\n        # why\n        check("""\nx""")\n        if x:\n'
    after += "            return  # no\n\n        run(conn)\n    finally:\n        put(conn)\n"
    assert change(before, verb) == after


def test_tabs_and_crlf() -> None:
    before = "if x:\r\n\tcheck()\r\n\ttry:\r\n\t\trun()\r\n\tfinally:\r\n\t\tput()"
    assert change(before, verb) == "if x:\r\n\ttry:\r\n\t\tcheck()\r\n\t\trun()\r\n\tfinally:\r\n\t\tput()"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("check()\ntry:\n    run()\nexcept E:\n    pass\n", "the handlers of the `try` would catch more"),
        ("check()\ntry:  # why\n    run()\nfinally:\n    put()\n", "a comment would be lost"),
        ("try:\n    run()\nfinally:\n    put()\ncheck()\n", "the two statements are not in one block"),
        ("if x:\n    check()\ntry:\n    run()\nfinally:\n    put()\n", "the two statements are not in one block"),
        ("# fmt: off\ncheck()\ntry:\n    run()\nfinally:\n    put()\n", "`# fmt: off` holds the text as it is"),
        ("x = 1; check()\ntry:\n    run()\nfinally:\n    put()\n", "several statements share the line"),
    ],
)
def test_another_shape_is_refused(text: str, reason: str) -> None:
    assert refusal(text, verb) == reason

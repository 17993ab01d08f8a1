"""Every leak fixture before and after its fix, under faults and cancellations at every operation.

The same result or error, the same operations in the same order, never more held; and nothing held where every finding
of the function is gone.
"""

from __future__ import annotations

import ast
import asyncio
import inspect

import pytest

from tests import fake_world
from tests.fixtures_support import Fixture, fixtures, marks, unmarked

FAMILIES = ("CPL101", "CPL102", "CPL103", "CPL109")
PAIRS = [f for f in fixtures("bad_") if f.rule in FAMILIES and f.fixed_path.exists()]


def told_lines(text: str) -> set[int]:
    return {line for line, _ in marks(text).expected}


def repaired(before: str, after: str) -> list[str]:
    """The functions that a fix has changed, of those at the top."""
    old, new = _functions(before), _functions(after)
    return [name for name, node in old.items() if ast.dump(node) != ast.dump(new[name])]


def _functions(text: str) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    return {n.name: n for n in ast.parse(text).body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}


def is_clean(text: str, function: str) -> bool:
    """Whether nothing more is told of it."""
    (node,) = [n for n in ast.parse(text).body if getattr(n, "name", "") == function]
    return not told_lines(text) & set(range(node.lineno, (node.end_lineno or 0) + 1))


@pytest.mark.parametrize("fixture", PAIRS, ids=lambda fixture: fixture.id)
def test_a_fix_changes_only_what_is_held(fixture: Fixture) -> None:
    before, after = fixture.text, fixture.fixed_path.read_bytes().decode("utf-8")
    old_text, new_text = unmarked(before), unmarked(after)
    for function in repaired(before, after):
        names = fake_world.module(old_text, fake_world.World(0, fake_world.Fault))
        is_async = inspect.iscoroutinefunction(names[function])
        errors = (fake_world.Fault, asyncio.CancelledError) if is_async else (fake_world.Fault,)
        for error in errors:
            for number in (1, 5):
                for fault_at in range(fake_world.OPERATIONS):
                    old = fake_world.outcome(old_text, function, fault_at, error, number)
                    new = fake_world.outcome(new_text, function, fault_at, error, number)
                    where = (function, error.__name__, number, fault_at)
                    assert new[:2] == old[:2], where
                    assert new[2] <= old[2], where
                    # a response also comes back when it was read, which only its library knows
                    is_told = fixture.rule == "CPL109" or not is_clean(after, function)
                    assert new[2] == 0 or is_told, where

"""The interpreter against running the program: no false alarm, no missed leak; and a broken one is found out."""

from __future__ import annotations

import warnings
from functools import cache

import pytest

from tests.oracle.breaks import BREAKS
from tests.oracle.comparison import Tally, comparable, differences, verdict
from tests.oracle.programs import CONSTRUCTS, Maker
from tests.oracle.world import OutOfBudget, observed

PROGRAMS = 500
SEED = 1


@cache
def tally() -> tuple[Tally, tuple[str, ...]]:
    """One comparison for all tests: what was seen, and the differences told."""
    seen = Tally()
    found = [f"seed {d.seed}: {d.kind}, only the {d.only}\n{d.text}" for d in differences(PROGRAMS, SEED, seen)]
    return seen, tuple(found)


@cache
def corpus() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """(text, kind, what its runs show), for the broken interpreters."""
    found: list[tuple[str, str, frozenset[str]]] = []
    for number in range(SEED, SEED + PROGRAMS):
        maker = Maker(number)
        text = maker.program()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.append((text, maker.kind, frozenset(comparable(observed(text), text))))
        except OutOfBudget:
            continue
    return tuple(found)


def test_verdict_and_runs_agree() -> None:
    _, found = tally()
    assert found == (), found[0]


def test_programs_are_of_every_shape() -> None:
    seen, _ = tally()
    assert 0.3 <= seen.leaking / seen.programs <= 0.7
    assert seen.median >= 12
    assert seen.skipped <= PROGRAMS * 0.05
    rare = {name: seen.share(name) for name in CONSTRUCTS if seen.share(name) < 0.05}
    assert rare == {}
    assert {"normal", "exceptional", "cancelled"} == set(seen.kinds)


def test_the_runs_show_each_kind() -> None:
    sync = "def f(_):\n    conn = pool.getconn()\n    work()\n    if asked():\n        pool.putconn(conn)\n"
    assert observed(sync) == {"normal", "exceptional"}
    waits = (
        "async def f(_):\n    conn = await pool.acquire()\n    try:\n        await awork()\n"
        "    except Exception:\n        pass\n    await pool.release(conn)\n"
    )
    assert observed(waits) == {"cancelled"}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_interpreter_is_found_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, attribute, broken in BREAKS[name]:
        monkeypatch.setattr(owner, attribute, broken)
    assert any(comparable(verdict(text, kind), text) != seen for text, kind, seen in corpus())

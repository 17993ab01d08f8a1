"""The interpreter against running the program: no false alarm, no missed leak; and a broken one is found out."""

from __future__ import annotations

import pytest
from leaks_oracle import Maker, differences, run, verdict

from poollint.analysis import attempts, states
from poollint.analysis.called import Called
from poollint.analysis.states import Flow, States
from poollint.analysis.typestate import Interpreter
from poollint.model import form

PROGRAMS = 120


def test_verdict_and_runs_agree() -> None:
    found = list(differences(PROGRAMS, 1))
    assert found == [], found[0].text


def test_programs_are_of_all_kinds() -> None:
    seen = [frozenset(verdict(Maker(seed).program())) for seed in range(40)]
    assert {frozenset(), frozenset({"exceptional"}), frozenset({"normal"})} <= set(seen)


def test_the_runs_show_both_kinds() -> None:
    text = "def f():\n    conn = pool.getconn()\n    work()\n    if asked():\n        pool.putconn(conn)\n"
    assert run(text) == {"normal", "exceptional"}


def _no_finally_for_returns(self: Interpreter, final: form.Block, inner: Flow) -> Flow:
    returns, inner.returns = inner.returns, {}
    out = _finally(self, final, inner)
    states.merge(out.returns, returns)
    return out


def _no_edges(*_: object) -> None:
    return None


def _no_facts(test: object, state: object, outcome: object, effects: object) -> tuple[object, ...]:
    return (state,)


def _catches_everything(*args: object) -> tuple[bool, bool, object]:
    return True, True, args[-1]


def _no_breaks(self: Interpreter, orelse: form.Block, leaving: States, total: Flow) -> Flow:
    total.breaks = {}
    return _after_loop(self, orelse, leaving, total)


_finally = attempts.Attempts._finally
_after_loop = Interpreter._after_loop
BROKEN = {
    "finally is skipped on return": (attempts.Attempts, "_finally", _no_finally_for_returns),
    "calls do not raise": (Called, "fails", _no_edges),
    "every handler catches everything": (attempts.Attempts, "_catches", _catches_everything),
    "break leads nowhere": (Interpreter, "_after_loop", _no_breaks),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_interpreter_is_found_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, method, broken = BROKEN[name]
    monkeypatch.setattr(owner, method, broken)
    assert any(True for _ in differences(400, 1))


def test_branches_that_teach_nothing_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poollint.analysis.turns.assume", _no_facts)
    assert any(True for _ in differences(200, 1))

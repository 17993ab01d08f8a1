"""The arithmetic of sizes: worked examples, exact fractions, and a simulated queue."""

from __future__ import annotations

import heapq
import math
import random
from fractions import Fraction

import pytest

from poollint.model.recommended import Bound, Service, recommend
from poollint.model.sizing import (
    LARGEST,
    Load,
    budget,
    deadlock_free,
    erlang_b,
    erlang_c,
    keeping_up,
    smallest,
    waiting,
)

PLAIN = Load(200, 0.010)
"""200 acquires a second, 10 ms each: 2 connections busy."""


def exact_c(size: int, busy: Fraction) -> Fraction:
    """Erlang C by its definition, with factorials."""
    terms = [busy**k / math.factorial(k) for k in range(size)]
    last = busy**size / math.factorial(size) * size / (size - busy)
    return last / (sum(terms, Fraction(0)) + last)


@pytest.mark.parametrize(
    ("size", "busy", "expected"),
    [(1, "1/2", "1/2"), (2, "1", "1/3"), (3, "2", "4/9"), (10, "6", None), (40, "37", None), (5, "1/10", None)],
)
def test_erlang_c_is_what_exact_fractions_say(size: int, busy: str, expected: str | None) -> None:
    exact = exact_c(size, Fraction(busy))
    assert expected is None or exact == Fraction(expected)
    assert erlang_c(size, float(Fraction(busy))) == pytest.approx(float(exact), rel=1e-12)


def test_erlang_of_known_tables() -> None:
    assert erlang_c(10, 6) == pytest.approx(0.1012992426874175)
    assert erlang_b(3, 2) == pytest.approx(4 / 19)
    assert erlang_b(5, 4) == pytest.approx(0.1990669, abs=1e-7)
    assert erlang_c(1000, 950) == pytest.approx(0.06825, abs=1e-5)


@pytest.mark.parametrize(
    ("size", "share", "mean", "p99"),
    [
        (3, 0.444444, 4.4444, 37.9424),
        (4, 0.173913, 0.8696, 14.2799),
        (5, 0.059701, 0.1990, 5.9559),
        (6, 0.018018, 0.0450, 1.4720),
    ],
)
def test_waiting_by_size(size: int, share: float, mean: float, p99: float) -> None:
    found = waiting(size, PLAIN)
    assert found.share == pytest.approx(share, abs=1e-6)
    assert found.mean * 1000 == pytest.approx(mean, abs=1e-4)
    assert found.p99 * 1000 == pytest.approx(p99, abs=1e-4)
    assert found.utilisation == pytest.approx(2 / size)


@pytest.mark.parametrize(
    ("rate", "hold", "sizes"),
    [
        (200, 10, (4, 6, 7)),
        (500, 8, (7, 9, 10)),
        (1000, 5, (8, 10, 12)),
        (50, 100, (8, 10, 12)),
        (20, 500, (14, 17, 19)),
        (1000, 20, (26, 29, 32)),
        (10, 10, (1, 2, 2)),
    ],
)
def test_smallest_size_by_the_share_that_waits(rate: float, hold: float, sizes: tuple[int, int, int]) -> None:
    load = Load(rate, hold / 1000)
    assert tuple(smallest(load, share) for share in (0.20, 0.05, 0.01)) == sizes


@pytest.mark.parametrize(("milliseconds", "size"), [(10, 5), (5, 6), (0, 7)])
def test_smallest_size_by_the_wait_of_one_in_a_hundred(milliseconds: float, size: int) -> None:
    assert smallest(PLAIN, p99=milliseconds / 1000) == size


def test_one_pool_waits_less_than_four_of_a_quarter() -> None:
    one, four = waiting(16, Load(800, 0.01)), waiting(4, Load(200, 0.01))
    assert one.share == pytest.approx(0.0090, abs=1e-4) and four.share == pytest.approx(0.1739, abs=1e-4)
    assert one.mean * 1000 == pytest.approx(0.011, abs=1e-3) and four.mean * 1000 == pytest.approx(0.870, abs=1e-3)


@pytest.mark.parametrize(("holders", "each", "size"), [(3, 4, 10), (8, 3, 17), (40, 1, 1), (16, 2, 17)])
def test_deadlock_free(holders: int, each: int, size: int) -> None:
    assert deadlock_free(holders, each) == size


@pytest.mark.parametrize(("limit", "reserved", "pools", "size"), [
    (100, 3, 2 * 4, 12), (100, 3, 4 * 8, 3), (100, 3, 10 * 12, 0), (200, 10, 3 * 9 * 2, 3),
])  # fmt: skip
def test_budget(limit: int, reserved: int, pools: int, size: int) -> None:
    assert budget(limit, reserved, pools) == size


def test_a_pool_that_does_not_keep_up_waits_for_ever() -> None:
    found = waiting(2, PLAIN)
    assert (found.share, found.mean, found.p99) == (1.0, math.inf, math.inf)
    assert keeping_up(PLAIN) == 3
    assert keeping_up(Load(1000, 0.005)) == 6


def test_a_load_beyond_reason_is_refused() -> None:
    with pytest.raises(OverflowError, match=str(LARGEST)):
        smallest(Load(1e9, 1e6), 0.05)


# --- against a simulation ------------------------------------------------------------------------


def simulated(size: int, load: Load, arrivals: int, seed: int) -> tuple[float, float]:
    """(share that waits, mean wait in seconds) of a first-come first-served queue."""
    chance = random.Random(seed)
    free = [0.0] * size
    now = waited = total = 0.0
    for _ in range(arrivals):
        now += chance.expovariate(load.rate)
        start = max(now, heapq.heappop(free))
        heapq.heappush(free, start + chance.expovariate(1 / load.hold))
        waited += start > now
        total += start - now
    return waited / arrivals, total / arrivals


@pytest.mark.parametrize(("size", "load"), [(5, PLAIN), (3, PLAIN), (8, Load(500, 0.008)), (6, Load(10, 0.5))])
def test_a_simulated_queue_waits_as_computed(size: int, load: Load) -> None:
    share, mean = simulated(size, load, 150_000, seed=7)
    expected = waiting(size, load)
    assert share == pytest.approx(expected.share, rel=0.06, abs=0.002)
    assert mean == pytest.approx(expected.mean, rel=0.12)


def is_stuck(size: int, holders: int, each: int) -> bool:
    """Whether holders who take turns, one connection a turn, can all come to wait with none of them complete."""
    held = [0] * holders
    for _ in range(each):
        for holder in range(holders):
            if sum(held) < size:
                held[holder] += 1
    return sum(held) == size and max(held) < each


@pytest.mark.parametrize(("holders", "each"), [(3, 4), (8, 3), (16, 2), (40, 1)])
def test_threads_that_hold_several_get_stuck_below_the_bound_only(holders: int, each: int) -> None:
    bound = deadlock_free(holders, each)
    assert not is_stuck(bound, holders, each)
    assert each == 1 or is_stuck(bound - 1, holders, each)


# --- recommendations -----------------------------------------------------------------------------


def test_the_recommendation_is_the_lower_bound_where_the_upper_allows_it() -> None:
    found = recommend(Service(PLAIN, max_connections=100, reserved=3))
    assert (found.size, found.lower, found.upper) == (6, Bound("waiting", 6), Bound("budget", 97))
    assert 6 in [row.size for row in found.table]


def test_load_is_shared_by_all_processes_and_hosts() -> None:
    found = recommend(Service(Load(1600, 0.01), processes=4, hosts=2))
    assert found.size == 6


@pytest.mark.parametrize(("hosts", "workers", "upper"), [(2, 4, 12), (4, 8, 3), (10, 12, 0)])
def test_the_budget_is_the_upper_bound(hosts: int, workers: int, upper: int) -> None:
    found = recommend(Service(PLAIN, workers, hosts, max_connections=100, reserved=3))
    assert found.upper == Bound("budget", upper)
    assert (found.size is None) is (upper == 0)
    assert ("connection pooler" in found.change) is (upper == 0)


def test_contradicting_bounds_name_what_to_change() -> None:
    found = recommend(Service(Load(2000, 0.02), 2, 1, max_connections=50))
    assert found.size is None
    assert "2 pools of 29 need max_connections = 58, which is 50" in found.change


def test_nested_acquires_need_more() -> None:
    found = recommend(Service(PLAIN, threads=16, nested=2))
    assert found.lower == Bound("deadlock-free", 17)
    assert found.upper == Bound("threads", 32)


def test_threads_never_use_more_than_they_are() -> None:
    found = recommend(Service(PLAIN, threads=4))
    assert found.size == 4
    slow = recommend(Service(Load(1000, 0.02), threads=4))
    assert slow.size is None and "more threads or workers" in slow.change

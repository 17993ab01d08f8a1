"""How the work of many files is parted."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from poollint.engine import workers
from poollint.engine.request import Request
from poollint.engine.session import Session

FILES = [f"/p/{name}.py" for name in "abcdefgh"]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Request(working_directory=str(tmp_path)))


def sized(monkeypatch: pytest.MonkeyPatch, *sizes: int) -> None:
    monkeypatch.setattr(workers, "_work", lambda session, path: sizes[FILES.index(path)])


def shown(stretches: list[list[str]]) -> list[str]:
    return ["".join(Path(path).stem for path in stretch) for stretch in stretches]


@pytest.mark.parametrize(
    ("sizes", "count", "expected"),
    [
        ((9, 9, 9, 9, 9, 9, 9, 9), 4, ["ab", "cd", "ef", "gh"]),
        ((99, 9, 9, 9, 9, 9, 9, 9), 2, ["a", "bcdefgh"]),
        ((0, 0, 0, 0, 0, 0, 0, 0), 2, ["abcd", "efgh"]),
        ((9, 9, 9, 9, 9, 9, 9, 9), 1, ["abcdefgh"]),
        ((9, 9, 9, 9, 9, 9, 9, 9), 99, list("abcdefgh")),
    ],
)
def test_neighbours_stay_together(
    session: Session, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...], count: int, expected: list[str]
) -> None:
    sized(monkeypatch, *sizes)
    assert shown(workers._stretches(session, FILES, count)) == expected


@pytest.mark.parametrize(
    ("size", "processors", "jobs", "wanted"),
    [
        (1_000, 8, 0, 1),
        (500_000, 8, 0, 8),
        (150_000, 8, 0, 2),
        (500_000, 4, 0, 4),
        (500_000, 8, 1, 1),
        (1_000, 1, 3, 3),
        (1_000, 1, 99, 8),
    ],
)
def test_processes_are_as_many_as_pay_unless_told(
    session: Session, monkeypatch: pytest.MonkeyPatch, size: int, processors: int, jobs: int, wanted: int
) -> None:
    sized(monkeypatch, *[size] * 8)
    monkeypatch.setattr(workers, "_processors", lambda: processors)
    assert workers._wanted(session, FILES, jobs) == wanted


def test_there_is_no_fork_beside_threads() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert not workers.can_fork()
    finally:
        done.set()
        thread.join()

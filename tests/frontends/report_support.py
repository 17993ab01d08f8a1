"""Reports made by hand: a text, and findings at pieces of it."""

from __future__ import annotations

from poollint.model.finding import Confidence, Finding, LocatedStep, Location, Severity
from poollint.model.fix import Applicability, Edit, Fix
from poollint.model.report import Report
from poollint.model.span import Span

SHOP = """\
def user(uid):
    conn = pool.getconn()
    cur = conn.cursor()
    cur.execute("select * from users where id = %s", (uid,))
    row = cur.fetchone()
    if row is None:
        return None
    pool.putconn(conn)
    return row
"""
HELPER = """\
import db


def borrow():
    first = 1
    second = 2
    third = 3
    fourth = 4
    return db.pool.getconn()
"""


def at(text: str, piece: str, path: str = "shop.py") -> Location:
    """Where a piece of a text stands that is in it once."""
    assert text.count(piece) == 1, piece
    start = text.index(piece)
    end = start + len(piece)
    return Location(path, *_position(text, start), *_position(text, end))


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def step(kind: str, location: Location, text: str) -> LocatedStep:
    return LocatedStep(kind, location, text)


def insertion(text: str, piece: str, new: str) -> Edit:
    """`new` in front of a piece."""
    return Edit(Span(text.index(piece), text.index(piece)), new)


def leak(
    location: Location, message: str = "the connection is not released on an early return", **more: object
) -> Finding:
    """A CPL101 there."""
    return Finding("CPL101", "leak", Severity.ERROR, Confidence.HIGH, message, location, **more)  # type: ignore[arg-type]


def indenting(text: str, first: str, last: str, lead: str, tail: str) -> tuple[Edit, ...]:
    """Edits that put `lead` in front of line `first`, indent all lines up to `last`, and `tail` behind it."""
    start, end = text.index(first), text.index(last)
    lines = [offset for offset in range(start, end + 1) if text[offset - 1 : offset] == "\n"]
    behind = text.index("\n", end) + 1
    return (
        Edit(Span(start, start), lead),
        *(Edit(Span(offset, offset), "    ") for offset in lines),
        Edit(Span(behind, behind), tail),
    )


def story_of_shop() -> Report:
    """A leak with three steps and a safe fix, whose diff moves lines."""
    edits = indenting(SHOP, "    cur = conn", "        return None", "    try:\n", "    finally:\n    ")
    return Report(
        (
            leak(
                at(SHOP, "pool.getconn()"),
                "the connection from `pool.getconn()` is not released on an early return",
                steps=(
                    step("acquire", at(SHOP, "pool.getconn()"), "`pool.getconn()`"),
                    step("note", at(SHOP, "row is None"), "`row is None` is true"),
                    step("exit", at(SHOP, "return None"), "returns here"),
                    step("note", at(SHOP, "pool.getconn()"), "leak-on-exception (CPL102): not released if `x` raises"),
                ),
                why="after 10 such calls the pool is empty and `pool.getconn()` raises",
                help="release it in a `finally`: `pool.putconn(conn)`",
                fix=Fix("release it in a `finally`", Applicability.SAFE, "", edits),
            ),
        ),
        texts={"shop.py": SHOP},
    )

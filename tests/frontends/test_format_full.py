"""Findings as people see them, whole."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from poollint.engine.run import Request, run
from poollint.frontends.formats.full import render
from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import width
from poollint.model.finding import Confidence, Finding, Location, Severity
from poollint.model.fix import Applicability, Edit, Fix
from poollint.model.report import Report
from poollint.model.span import Span
from tests.frontends.report_support import HELPER, SHOP, at, insertion, leak, step, story_of_shop

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"


def drawn(text: str, *findings: Finding, width: int = 100, **others: str) -> str:
    """The findings over a text, without a colour."""
    texts = {"shop.py": text, **{f"{name}.py": other for name, other in others.items()}}
    return render(Report(findings, texts=texts), Style(width))


# --- whole -----------------------------------------------------------------------------------------

AT_100 = """\
error CPL101 [*] the connection from `pool.getconn()` is not released on an early return
  --> shop.py:2:12
   |
 1 | def user(uid):
 2 |     conn = pool.getconn()
   |            ^^^^^^^^^^^^^^ 1: acquired here
 3 |     cur = conn.cursor()
 4 |     cur.execute("select * from users where id = %s", (uid,))
 5 |     row = cur.fetchone()
 6 |     if row is None:
   |        ----------- 2: `row is None` is true
 7 |         return None
   |         ----------- 3: returns here
   |
why:  after 10 such calls the pool is empty and `pool.getconn()` raises
help: release it in a `finally`: `pool.putconn(conn)`
   |
 2 |     conn = pool.getconn()
 3 +     try:
 4 |         cur = conn.cursor()
 5 |         cur.execute("select * from users where id = %s", (uid,))
 6 |         row = cur.fetchone()
 7 |         if row is None:
 8 |             return None
 9 +     finally:
10 |         pool.putconn(conn)
11 |     return row
   |
note: leak-on-exception (CPL102): not released if `x` raises
docs: `poollint rule leak`

"""
AT_50 = """\
error CPL101 [*] the connection from
      `pool.getconn()` is not released on an early
      return
  --> shop.py:2:12
   |
 1 | def user(uid):
 2 |     conn = pool.getconn()
   |            ^^^^^^^^^^^^^^ 1: acquired here
 3 |     cur = conn.cursor()
 4 |     cur.execute("select * from users where...
 5 |     row = cur.fetchone()
 6 |     if row is None:
   |        ----------- 2: `row is None` is true
 7 |         return None
   |         ----------- 3: returns here
   |
why:  after 10 such calls the pool is empty and
      `pool.getconn()` raises
help: release it in a `finally`:
      `pool.putconn(conn)`
   |
 2 |     conn = pool.getconn()
 3 +     try:
 4 |         cur = conn.cursor()
 5 |         cur.execute("select * from users w...
 6 |         row = cur.fetchone()
 7 |         if row is None:
 8 |             return None
 9 +     finally:
10 |         pool.putconn(conn)
11 |     return row
   |
note: leak-on-exception (CPL102): not released if
      `x` raises
docs: `poollint rule leak`

"""


@pytest.mark.parametrize(("columns", "expected"), [(100, AT_100), (80, None), (50, AT_50)])
def test_a_whole_finding(columns: int, expected: str | None) -> None:
    expected = expected or AT_100
    if columns == 80:
        expected = expected.replace("on an early return\n  -->", "on an\n      early return\n  -->")
    assert render(story_of_shop(), Style(columns)) == expected


def test_colours_add_nothing_but_escapes() -> None:
    coloured = render(story_of_shop(), Style(100, has_colour=True))
    assert "\033[1;31m^^^^^^^^^^^^^^ 1: acquired here\033[0m" in coloured
    assert "\033[32m    try:\033[0m" in coloured
    assert re.sub(r"\033\[[0-9;]*m", "", coloured) == AT_100


def test_a_story_through_other_files() -> None:
    text = "from helper import borrow\n\n\nasync def view():\n    return borrow()\n"
    there = at(HELPER, "db.pool.getconn()", "helper.py")
    found = Finding(
        "CPL302",
        "transitive-sync-in-async",
        Severity.ERROR,
        Confidence.MEDIUM,
        "`borrow()` blocks the event loop",
        at(text, "borrow()"),
        (
            step("call", at(text, "borrow()"), "`borrow()` runs on the event loop"),
            step("call", there, "`db.pool.getconn()` waits for a database connection"),
            step("note", Location("gone.py", 7, 3, 7, 9), "in a file that cannot be shown"),
        ),
        help="hand it to a thread",
    )
    assert (
        drawn(text, found, helper=HELPER)
        == """\
error CPL302 `borrow()` blocks the event loop (medium confidence)
  --> shop.py:5:12
   |
 4 | async def view():
 5 |     return borrow()
   |            ^^^^^^^^ 1: runs on the event loop
   |
  ::: helper.py:9:12
   |
 4 | def borrow():
...
 9 |     return db.pool.getconn()
   |            ----------------- 2: waits for a database connection
   |
  ::: gone.py:7:3
   | 3: in a file that cannot be shown
help: hand it to a thread
docs: `poollint rule transitive-sync-in-async`

"""
    )


def test_a_finding_without_text_or_story() -> None:
    found = replace(leak(Location("shop.py", 3, 1, 3, 1), "it cannot be read"), code="CPL001", name="syntax-error")
    assert render(Report((found,)), Style()) == (
        "error CPL001 it cannot be read\n  --> shop.py:3:1\ndocs: `poollint rule syntax-error`\n\n"
    )


def test_suppressed_findings_say_so() -> None:
    found = replace(leak(at(SHOP, "pool.getconn()"), "a leak"), suppressed="noqa")
    assert drawn(SHOP, found).splitlines()[0] == "error CPL101 a leak (suppressed: noqa)"


# --- frames ----------------------------------------------------------------------------------------


def frame(text: str, *findings: Finding, columns: int = 100) -> list[str]:
    """The lines between the first two bars."""
    lines = drawn(text, *findings, width=columns).splitlines()
    bars = [number for number, line in enumerate(lines) if line.strip() == "|"]
    return lines[bars[0] + 1 : bars[1]]


def test_tabs_become_blanks_and_underlines_follow() -> None:
    text = "if x:\n\tconn =\tpool.getconn()\n"
    assert frame(text, leak(at(text, "pool.getconn()"))) == [
        " 1 | if x:",
        " 2 |     conn =  pool.getconn()",
        "   |             ^^^^^^^^^^^^^^",
    ]


def test_wide_and_combining_characters_are_measured() -> None:
    text = 'x = f("日本", "e\u0301"); conn = pool.getconn()\n'
    code, underline = frame(text, leak(at(text, "pool.getconn()")))
    assert code == f" 1 | {text.rstrip()}"
    assert width(code[: code.index("pool.")]) == underline.index("^")


def test_control_characters_never_reach_the_terminal() -> None:
    text = 'x = "\033[2J\x07\u202e\x9b"; conn = pool.getconn()\n'
    found = leak(
        replace(at(text, "pool.getconn()"), path="shop.py"),
        "bad \033[31m name",
        why="\033]0;x\x07",
        help="a\nb\x00",
        steps=(step("note", at(text, "conn "), "\033[2J"),),
    )
    shown = drawn(text, found)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert ' 1 | x = "\\x1b[2J\\x07\\u202e\\x9b"; conn = pool.getconn()' in shown.splitlines()
    assert "why:  \\x1b]0;x\\x07" in shown.splitlines()
    code, *underlines = frame(text, found)
    assert code.index("pool.getconn()") == next(line for line in underlines if "^" in line).index("^")


def test_control_characters_in_a_path() -> None:
    found = leak(Location("a\033[2J\nb.py", 1, 1, 1, 2), "x")
    assert "  --> a\\x1b[2J\\nb.py:1:1\n" in render(Report((found,)), Style())


def test_long_lines_are_cut_around_what_matters() -> None:
    text = f"a = 1; {'b = 2; ' * 30}conn = pool.getconn(); {'c = 3; ' * 30}\n"
    code, underline = frame(text, leak(at(text, "pool.getconn()")), columns=60)
    assert len(code) <= 60
    assert code.startswith(" 1 | ...") and code.endswith("...")
    assert code[underline.index("^") :].startswith("pool.getconn()")
    assert underline.count("^") == len("pool.getconn()")


def test_long_lines_of_wide_characters_are_cut_around_what_matters() -> None:
    text = f"a = '{'日本' * 60}'; conn = pool.getconn(); b = '{'本' * 60}'\n"
    code, underline = frame(text, leak(at(text, "pool.getconn()")), columns=60)
    assert width(code) <= 60
    assert width(code[: code.index("pool.")]) == underline.index("^")


def test_what_is_longer_than_the_frame_is_underlined_as_far_as_it_goes() -> None:
    text = f"conn = pool.getconn({'1, ' * 60})\n"
    lines = frame(text, leak(at(text, f"pool.getconn({'1, ' * 60})")), columns=60)
    assert max(map(len, lines)) <= 60
    assert lines[1].index("^") == lines[0].index("pool.getconn(")


def test_an_expression_over_many_lines() -> None:
    arguments = "".join(f"    {name}=1,\n" for name in "abcdefgh")
    text = f"x = 1\npool = Pool(\n{arguments})\ny = 2\n"
    assert frame(text, leak(at(text, f"Pool(\n{arguments})"))) == [
        " 1 | x = 1",
        " 2 | pool = Pool(",
        "   |        ^^^^^",
        " 3 |     a=1,",
        " 4 |     b=1,",
        "...",
        "11 | )",
        "12 | y = 2",
    ]


def test_several_labels_on_one_line() -> None:
    text = "a(b(), c())\n"
    found = leak(
        at(text, "b()"),
        steps=(
            step("call", at(text, "c()"), "first"),
            step("call", at(text, "b()"), "second"),
            step("exit", at(text, "b()"), "third"),
        ),
    )
    assert frame(text, found) == [
        " 1 | a(b(), c())",
        "   |        --- 1: first",
        "   |   ^^^ 2: second",
        "   |       3: third",
    ]


def test_a_label_that_does_not_fit_goes_below() -> None:
    text = f"conn = pool.getconn({'x' * 30})\n"
    piece = f"pool.getconn({'x' * 30})"
    found = leak(at(text, piece), steps=(step("call", at(text, piece), "it says more than fits here"),))
    assert frame(text, found, columns=64) == [
        f" 1 | {text.rstrip()}",
        f"   |        {'^' * len(piece)}",
        "   | it says more than fits here",
    ]


def test_the_head_of_the_function_is_shown() -> None:
    lines = "".join(f"    x{number} = 1\n" for number in range(9))
    text = f"class A:\n  def f(self):\n{lines}    conn = pool.getconn()\n"
    assert frame(text, leak(at(text, "pool.getconn()")))[:2] == [" 2 |   def f(self):", "..."]


def test_line_numbers_of_many_digits() -> None:
    text = "\n" * 1233 + "conn = pool.getconn()\n"
    lines = drawn(text, leak(at(text, "pool.getconn()"))).splitlines()
    assert lines[1:5] == [
        "    --> shop.py:1234:8",
        "     |",
        "1234 | conn = pool.getconn()",
        "     |        ^^^^^^^^^^^^^^",
    ]


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_other_newlines(newline: str) -> None:
    text = SHOP.replace("\n", newline)
    place = at(SHOP, "pool.getconn()")
    assert drawn(text, leak(place)) == drawn(SHOP, leak(place))


def test_a_place_beyond_the_end() -> None:
    text = "x = ("
    assert frame(text, leak(Location("shop.py", 2, 1, 2, 1))) == [" 1 | x = (", " 2 |", "   | ^"]


# --- fixes -----------------------------------------------------------------------------------------


def fixed(text: str, fix: Fix, columns: int = 100) -> list[str]:
    """What is printed from `help:` on."""
    found = leak(at(text, "pool.getconn()"), fix=fix)
    lines = drawn(text, found, width=columns).splitlines()
    return lines[next(number for number, line in enumerate(lines) if line.startswith("help:")) :]


def test_an_unsafe_fix_says_why_and_what_it_imports() -> None:
    text = "conn = pool.getconn()\n"
    fix = Fix("close it", Applicability.UNSAFE, "rows may be read later", (insertion(text, "pool", "closing("),),
              ("contextlib.closing", "asyncio"))  # fmt: skip
    assert fixed(text, fix) == [
        "help: close it (with `from contextlib import closing` and `import asyncio`)",
        "   |",
        "   - conn = pool.getconn()",
        " 1 + conn = closing(pool.getconn()",
        "   |",
        "note: unsafe fix: rows may be read later",
        "docs: `poollint rule leak`",
        "",
    ]


def test_a_fix_that_is_only_shown_has_no_marker() -> None:
    text = "conn = pool.getconn()\n"
    fix = Fix("close it", Applicability.SHOWN, "a comment would be lost", ())
    assert fixed(text, fix) == [
        "help: close it",
        "note: no fix to apply: a comment would be lost",
        "docs: `poollint rule leak`",
        "",
    ]
    assert drawn(text, leak(at(text, "pool.getconn()"), "m", fix=fix)).startswith("error CPL101 m\n")


def test_lines_that_go() -> None:
    text = "a = 1\nb = 2\nconn = pool.getconn()\nc = 3\n"
    fix = Fix("remove it", Applicability.SAFE, "", (Edit(Span(text.index("b"), text.index("conn")), ""),))
    assert fixed(text, fix)[1:-2] == ["   |", " 1 | a = 1", "   - b = 2", " 2 | conn = pool.getconn()", "   |"]


def test_long_changes_leave_their_middle_out() -> None:
    body = "".join(f"use({number})\n" for number in range(60))
    text = f"conn = pool.getconn()\n{body}"
    edits = (insertion(text, "use(0)", "try:\n"),)
    edits += tuple(insertion(text, f"use({number})", "    ") for number in range(60))
    end = Edit(Span(len(text), len(text)), "finally:\n    close()\n")
    lines = fixed(text, Fix("t", Applicability.SAFE, "", (*edits, end)))
    assert lines[2:5] == [" 1 | conn = pool.getconn()", " 2 + try:", " 3 |     use(0)"]
    assert "..." in lines
    assert lines[-5:-2] == ["63 + finally:", "64 +     close()", "   |"]
    assert len(lines) < 32


def test_a_long_changed_line_shows_its_beginning_and_the_change() -> None:
    text = f"conn = pool.getconn(); x = f({'1, ' * 40}2)  # why\n"
    lines = fixed(text, Fix("t", Applicability.SAFE, "", (insertion(text, "2)", "three=3, "),)), columns=60)
    assert lines[2].startswith("   - conn = pool.") and lines[3].startswith(" 1 + conn = pool.")
    assert "three=3, 2)" in lines[3]
    assert max(map(len, lines)) <= 60


# --- real findings ---------------------------------------------------------------------------------


@cache
def real_report() -> Report:
    return run(Request((str(FIXTURES / "demo_app"), str(FIXTURES / "cpl301_sync_in_async")), {"jobs": 1}))


@pytest.mark.parametrize("columns", [40, 80, 100])
def test_real_findings_fit_and_point_at_their_code(columns: int) -> None:
    report = real_report()
    assert len(report.findings) > 6
    shown = render(report, Style(columns))
    assert max(width(line) for line in shown.splitlines() if "-->" not in line and ":::" not in line) <= columns
    for found in report.findings:
        assert f"{found.location.path}:{found.location.line}:{found.location.column}\n" in shown
        for told in found.steps:
            assert re.search(rf"^ *{told.location.line} \|", shown, re.MULTILINE)
    assert shown.count("docs: ") == len(report.findings)

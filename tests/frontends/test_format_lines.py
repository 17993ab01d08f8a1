"""Formats of one line a finding, statistics, and the words of other people's code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poollint.frontends.formats import concise, github
from poollint.frontends.formats.lines import Lines
from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import cells, clean, width, wrapped
from poollint.model.finding import Location, Severity
from poollint.model.report import Report
from tests.frontends.report_support import SHOP, at, leak, step, story_of_shop


def test_concise() -> None:
    assert concise.render(story_of_shop(), Style()) == (
        "shop.py:2:12: CPL101 [*] the connection from `pool.getconn()` is not released on an early return\n"
    )
    assert concise.render(Report(), Style()) == ""


def test_concise_stays_on_its_line() -> None:
    found = leak(Location("a\nb.py", 1, 2, 1, 3), "one\ntwo\033[31m")
    assert concise.render(Report((found,)), Style()) == "a\\nb.py:1:2: CPL101 one\\ntwo\\x1b[31m\n"


def test_github() -> None:
    assert github.render(story_of_shop(), Style()) == (
        "::error title=poollint CPL101 (leak),file=shop.py,line=2,col=12,endLine=2,endColumn=26::"
        "the connection from `pool.getconn()` is not released on an early return"
        "%0A2: shop.py:6: `row is None` is true%0A3: shop.py:7: returns here"
        "%0Awhy: after 10 such calls the pool is empty and `pool.getconn()` raises"
        "%0Ahelp: release it in a `finally`: `pool.putconn(conn)`\n"
    )


def test_github_escapes_what_has_a_meaning_there() -> None:
    found = leak(Location("a,b:c%d.py", 1, 2, 1, 3), "100% of: this, too")
    assert github.render(Report((found,)), Style()) == (
        "::error title=poollint CPL101 (leak),file=a%2Cb%3Ac%25d.py,line=1,col=2,endLine=1,endColumn=3::"
        "100%25 of: this, too\n"
    )


def test_github_has_no_columns_over_several_lines() -> None:
    found = leak(Location("a.py", 1, 2, 3, 4), "m")
    assert github.render(Report((found,)), Style()) == (
        "::error title=poollint CPL101 (leak),file=a.py,line=1,endLine=3::m\n"
    )


@pytest.mark.parametrize(("severity", "level"), [("ERROR", "error"), ("WARNING", "warning"), ("INFO", "notice")])
def test_github_levels(severity: str, level: str) -> None:
    found = replace(leak(Location("a.py", 1, 1, 1, 2)), severity=Severity[severity])
    assert github.render(Report((found,)), Style()).startswith(f"::{level} title=")


def test_github_leaves_suppressed_findings_out() -> None:
    found = replace(leak(Location("a.py", 1, 1, 1, 2)), suppressed="noqa")
    assert github.render(Report((found,)), Style()) == ""


def test_github_cannot_be_made_to_run_commands() -> None:
    steps = (step("note", at(SHOP, "row is None"), "\n::add-mask::x"),)
    found = leak(at(SHOP, "pool.getconn()"), "x\n::set-output name=a::b\r::stop", steps=steps, why="\n::a::")
    assert github.render(Report((found,)), Style()).count("\n") == 1


# --- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\tb", "a b"),
        ("a\nb\r\x0b\x0c", "a\\nb\\r\\v\\f"),
        ("\x00\x1b\x7f\x9b", "\\x00\\x1b\\x7f\\x9b"),
        ("\u202e\u2066\u200b\u2028\ufeff", "\\u202e\\u2066\\u200b\\u2028\\ufeff"),
        ("\ud800", "\\ud800"),
        ("größe 日本 e\u0301 \U0001f600", "größe 日本 e\u0301 \U0001f600"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_width() -> None:
    assert (width("abc"), width("größe"), width("日本"), width("e\u0301"), width("\U0001f600")) == (3, 5, 4, 1, 2)


def test_cells_stop_at_tabs() -> None:
    assert cells("a\tb\t\x1b") == ["a", "   ", "b", "   ", "\\x1b"]


def test_words_are_wrapped_and_code_stays_whole() -> None:
    assert wrapped("one two `three four` five", 8, 12) == ["one two", "`three four`", "five"]
    assert wrapped("abcdefghij", 4, 4) == ["abcd", "efgh", "ij"]
    assert wrapped("abcdef", 4, 8) == ["", "abcdef"]
    assert wrapped("`a b c d e f`", 6, 6) == ["`a b c", "d e f`"]
    assert wrapped("日本 日本", 5, 5) == ["日本", "日本"]
    assert wrapped("", 5, 5) == [""]
    assert wrapped("`open and more", 8, 8) == ["`open", "and more"]


def test_lines_and_positions() -> None:
    lines = Lines("a\r\nbc\rd\n")
    assert len(lines) == 4
    assert [lines.line(number) for number in range(6)] == ["", "a", "bc", "d", "", ""]
    assert [lines.position(offset) for offset in (0, 3, 4, 6, 8)] == [(1, 1), (2, 1), (2, 2), (3, 1), (4, 1)]

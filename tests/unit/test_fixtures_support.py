"""The marks of fixture files, and what is refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fixtures_support import Fixture, marks, unmarked


def test_marks_are_read_from_comments_only() -> None:
    text = (
        "x = 1  # expect: CPL101, CPL204\n"
        "# expect+2: CPL101\n"
        "'# expect: CPL999'\n"
        "y = 2  # why  # related: CPL101\n"
        "'''\n# expect: CPL998\n'''\n"
    )
    found = marks(text)
    assert found.expected == Counter([(1, "CPL101"), (1, "CPL204"), (4, "CPL101")])
    assert found.related == {(4, "CPL101")}


@pytest.mark.parametrize("mark", ["# expect CPL101", "# expect: CPL1", "# Expected: CPL101", "# related: CPL101 here"])
def test_what_looks_like_a_mark_must_be_one(mark: str) -> None:
    with pytest.raises(ValueError, match="not a mark"):
        marks(f"x = 1  {mark}\n")


def test_marks_go_and_the_rest_stays() -> None:
    text = "x = 1  # why  # expect: CPL101\r\n    # expect+1: CPL102\r\ny = '# expect: CPL101'\r\n"
    assert unmarked(text) == "x = 1  # why\r\ny = '# expect: CPL101'\r\n"


def good(tmp_path: Path, docstring: str, code: str) -> Fixture:
    path = tmp_path / "good_x.py"
    path.write_text(f'"""{docstring}"""\n{code}', "utf-8")
    return Fixture(path)


def test_a_good_file_turns_bad_below_its_docstring(tmp_path: Path) -> None:
    docstring = 'What it is.\n\nTurns bad: replace "a(1)" by "b\\n" -> CPL101\n'
    fixture = good(tmp_path, docstring, "x = a(1)\n")
    assert fixture.turned_bad() == f'"""{docstring}"""\nx = b\n\n'
    assert fixture.turns_bad.code == "CPL101"


@pytest.mark.parametrize("code", ["x = c()\n", "x = a(1) + a(1)\n"])
def test_the_change_must_stand_once(tmp_path: Path, code: str) -> None:
    with pytest.raises(ValueError, match="times in the code"):
        good(tmp_path, 'Turns bad: replace "a(1)" by "" -> CPL101', code).turned_bad()


def test_a_good_file_must_say_how_it_turns_bad(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Turns bad"):
        _ = good(tmp_path, "Nothing.", "").turns_bad


def test_other_lines_of_the_docstring(tmp_path: Path) -> None:
    fixture = good(tmp_path, "A.\n\nMin-confidence: low\nSilent but for CPL111: it must wait\n", "")
    assert (fixture.min_confidence, fixture.excused) == ("low", {"CPL111"})
    assert good(tmp_path, "A.\n\nSilent but for CPL111:\n", "").excused == frozenset()

"""Edits over a text, and rounds of fixes that are checked."""

from __future__ import annotations

import re

import pytest

from poollint.engine.apply import Outcome, apply, edit_text, fix_text, shifted
from poollint.model.finding import Confidence, Finding, Location, Severity
from poollint.model.fix import Applicability, Edit, Fix
from poollint.model.span import Span


def replace(start: int, end: int, text: str) -> Edit:
    return Edit(Span(start, end), text)


def fix(*edits: Edit, imports: tuple[str, ...] = (), level: Applicability = Applicability.SAFE) -> Fix:
    return Fix("change it", level, "", edits, imports)


def test_edits_are_made_from_the_last_to_the_first() -> None:
    assert edit_text("abcdef", [replace(0, 1, "AA"), replace(5, 6, ""), replace(2, 2, "-")]) == "AAb-cde"


def test_insertions_at_one_offset_keep_their_order() -> None:
    assert edit_text("ab", [replace(1, 1, "1"), replace(1, 1, "2")]) == "a12b"


def test_overlapping_edits_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="overlap"):
        edit_text("abcdef", [replace(0, 3, ""), replace(2, 4, "")])


def test_a_fix_is_applied_whole_or_not() -> None:
    one, other = fix(replace(0, 1, "A"), replace(4, 5, "E")), fix(replace(2, 3, "C"), replace(4, 5, "X"))
    result = apply("abcde", [one, other])
    assert (result.text, result.applied, result.waiting) == ("AbcdE", (one,), (other,))


@pytest.mark.parametrize("other", [replace(1, 2, "x"), replace(2, 2, "x"), replace(2, 3, "x"), replace(0, 5, "x")])
def test_a_fix_that_touches_another_waits(other: Edit) -> None:
    first = fix(replace(1, 2, "B"))
    result = apply("abcde", [first, fix(other)])
    assert len(result.applied) == len(result.waiting) == 1


def test_fixes_apart_are_applied_together() -> None:
    assert apply("abcde", [fix(replace(3, 4, "D")), fix(replace(0, 1, "A"))]).text == "AbcDe"


def test_an_import_of_two_fixes_is_written_once() -> None:
    fixes = [fix(replace(0, 1, "A"), imports=("asyncio",)), fix(replace(4, 5, "B"), imports=("asyncio",))]
    assert apply("a = b\n", fixes).text == "import asyncio\n\nA = B\n"


def test_a_fix_without_edits_is_passed_over() -> None:
    assert apply("abc", [fix()]) == apply("abc", [])


def test_ranges_follow_the_text() -> None:
    edits = [replace(1, 1, "++"), replace(4, 6, "")]
    assert shifted([Span(0, 1), Span(1, 3), Span(7, 8)], edits) == (Span(0, 3), Span(1, 5), Span(7, 8))


# --- rounds --------------------------------------------------------------------------------------


def finding(match: re.Match[str], code: str, fixes: tuple[Fix, ...], suppressed: str | None = None) -> Finding:
    place = Location("app.py", 1, match.start() + 1, 1, match.end() + 1)
    return Finding(code, "", Severity.ERROR, Confidence.HIGH, match.group(), place, fixes=fixes, suppressed=suppressed)


def check_words(text: str, code: str, word: str, by: str, level: Applicability = Applicability.SAFE) -> list[Finding]:
    """A check that dislikes `word` and would write `by`."""
    found = re.finditer(rf"\b{word}\b", text)
    return [finding(m, code, (fix(replace(m.start(), m.end(), by), level=level),)) for m in found]


def safe(_: Finding, candidate: Fix, __: str = "") -> bool:
    return candidate.applicability is Applicability.SAFE


def fixed(text: str, word: str = "bad", by: str = "good") -> Outcome:
    return fix_text("app.py", text, lambda _, now: check_words(now, "CPL101", word, by), safe)


def test_all_is_fixed_and_nothing_is_left() -> None:
    outcome = fixed("bad = 1\nbad + 2\n")
    assert outcome.text == "good = 1\ngood + 2\n"
    assert (len(outcome.applied), outcome.findings, outcome.rejected, outcome.is_settled) == (2, (), (), True)


def test_touching_fixes_take_two_rounds() -> None:
    checked: list[str] = []

    def check(_: str, now: str) -> list[Finding]:
        checked.append(now)
        found = re.finditer(r"bad(.)", now, re.DOTALL)
        return [finding(m, "CPL101", (fix(replace(*m.span(), "good" + m.group(1))),)) for m in found]

    assert fix_text("app.py", "bad-bad\n", check, safe).text == "good-good\n"
    assert checked == ["bad-bad\n", "good-bad\n", "good-good\n"]


def test_a_fix_that_does_not_parse_is_rolled_back() -> None:
    outcome = fixed("bad = 1\n", by="(")
    assert outcome.text == "bad = 1\n"
    assert [item.reason.partition(":")[0] for item in outcome.rejected] == ["the result does not parse"]


@pytest.mark.parametrize(
    ("by", "reason"),
    [("bad + 0", "CPL101 would still be reported"), ("bad + bad", "CPL101 would be reported in its place")],
)
def test_a_fix_that_leaves_the_finding_is_rolled_back(by: str, reason: str) -> None:
    outcome = fixed("x = bad\n", by=by)
    assert outcome.text == "x = bad\n"
    assert [item.reason for item in outcome.rejected] == [reason]


def test_a_fix_that_shows_something_new_is_rolled_back() -> None:
    def check(_: str, now: str) -> list[Finding]:
        return check_words(now, "CPL101", "bad", "worse") + check_words(now, "CPL102", "worse", "worst")

    outcome = fix_text("app.py", "bad\n", check, safe)
    assert (outcome.text, outcome.rejected[0].reason) == ("bad\n", "CPL102 would be reported in its place")


def test_a_wrong_fix_does_not_hold_back_a_right_one() -> None:
    def check(_: str, now: str) -> list[Finding]:
        return check_words(now, "CPL101", "bad", "good") + check_words(now, "CPL102", "ugly", "(")

    outcome = fix_text("app.py", "bad\nugly\n", check, safe)
    assert outcome.text == "good\nugly\n"
    assert (len(outcome.applied), [item.finding.code for item in outcome.rejected]) == (1, ["CPL102"])


def test_a_fix_that_changes_other_statements_is_rolled_back() -> None:
    text = "bad\ny = 5  # '''\nz = 1\n"
    outcome = fixed(text, by="x = '''")
    assert outcome.text == text
    assert [item.reason for item in outcome.rejected] == ["other statements would change too"]


def test_only_accepted_fixes_are_applied() -> None:
    def check(_: str, now: str) -> list[Finding]:
        return check_words(now, "CPL101", "bad", "good", Applicability.UNSAFE)

    assert fix_text("app.py", "bad\n", check, safe).text == "bad\n"
    assert fix_text("app.py", "bad\n", check, lambda *_: True).text == "good\n"


def test_the_first_accepted_fix_of_a_finding_is_taken() -> None:
    def check(_: str, now: str) -> list[Finding]:
        options = (("best", Applicability.UNSAFE), ("good", Applicability.SAFE), ("fine", Applicability.SAFE))
        return [finding(m, "CPL101", tuple(fix(replace(m.start(), m.end(), by), level=level) for by, level in options))
                for m in re.finditer("bad", now)]  # fmt: skip

    assert fix_text("app.py", "bad\n", check, safe).text == "good\n"


def test_a_suppressed_finding_is_left_alone() -> None:
    def check(_: str, now: str) -> list[Finding]:
        found = re.finditer("bad", now)
        return [finding(m, "CPL101", (fix(replace(m.start(), m.end(), "good")),), "noqa") for m in found]

    assert fix_text("app.py", "bad\n", check, safe).text == "bad\n"


def test_rounds_end() -> None:
    """Each round gives room for the next, for ever: it stops, and says that it is not settled."""

    def check(_: str, now: str) -> list[Finding]:
        first = re.match(r"(a*)b*", now)
        assert first is not None
        at = first.end(1)
        return [finding(first, "CPL101", (fix(replace(at, at + 1, "a")),)) for _ in range(99 - at)]

    outcome = fix_text("app.py", "b" * 99, check, safe)
    assert (outcome.text[:11], outcome.is_settled) == ("aaaaaaaaaab", False)


def test_a_declared_encoding_does_not_shift_the_imports() -> None:
    text = "# coding: latin-1\nx = 'üüü'\nimport os\n"
    result = apply(text, [fix(replace(18, 19, "y"), imports=("contextlib.closing",))])
    assert result.text == "# coding: latin-1\nfrom contextlib import closing\n\ny = 'üüü'\nimport os\n"


def test_a_text_that_its_encoding_cannot_hold_is_rolled_back() -> None:
    def check(_: str, now: str) -> list[Finding]:
        return check_words(now, "CPL101", "bad", "'€'")

    outcome = fix_text("app.py", "# coding: latin-1\nx = bad\n", check, safe)
    assert outcome.text == "# coding: latin-1\nx = bad\n"
    assert outcome.rejected[0].reason.startswith("the result does not parse: line 1: cannot be written")


def test_a_fix_with_an_import_is_kept() -> None:
    def check(_: str, now: str) -> list[Finding]:
        found = re.finditer("bad", now)
        return [finding(m, "CPL101", (fix(replace(*m.span(), "good"), imports=("asyncio",)),)) for m in found]

    outcome = fix_text("app.py", '"""Doc."""\n\nimport httpx\nimport redis\n\nbad\n', check, safe)
    assert outcome.text == '"""Doc."""\n\nimport asyncio\n\nimport httpx\nimport redis\n\ngood\n'

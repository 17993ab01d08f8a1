"""Which rules speak, and what is left of verdicts."""

from __future__ import annotations

import pytest

from poollint.engine.merge import merge
from poollint.engine.select import Selection, is_selected, select, selection, unknown_selector
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import Rule
from poollint.model.settings import Settings
from poollint.model.span import Place
from poollint.rules import all_rules, rule, stem

LEAK = Rule("CPL101", "leak", Severity.ERROR, "0.1", "", lambda facts: (), ladder="release", rank=2)
HIDDEN = Rule("CPL103", "leak-on-cancellation", Severity.WARNING, "0.1", "", lambda facts: (), on=False)
WRONG = Rule("CPL104", "wrong-release", Severity.ERROR, "0.1", "", lambda facts: (), ladder="release", rank=1)
PER_CALL = Rule("CPL204", "client-per-call", Severity.WARNING, "0.1", "", lambda facts: (), silent_in=("tests",))
RULES = {r.code: r for r in (LEAK, HIDDEN, WRONG, PER_CALL)}
SITE = Place("a.py", "f", 3)


@pytest.mark.parametrize(
    ("words", "selected"),
    [
        ({}, ["CPL101", "CPL104", "CPL204"]),
        ({"select": ("ALL",)}, ["CPL101", "CPL103", "CPL104", "CPL204"]),
        ({"select": ("CPL1",)}, ["CPL101", "CPL104"]),
        ({"select": ("CPL",)}, ["CPL101", "CPL104", "CPL204"]),
        ({"select": ("acquire",)}, ["CPL101", "CPL104"]),
        ({"select": ("CPL103",)}, ["CPL103"]),
        ({"select": ("leak-on-cancellation", "leak")}, ["CPL101", "CPL103"]),
        ({"select": ()}, []),
        ({"extend_select": ("CPL103",)}, ["CPL101", "CPL103", "CPL104", "CPL204"]),
        ({"extend_select": ("CPL10",)}, ["CPL101", "CPL104", "CPL204"]),
        ({"ignore": ("CPL1",)}, ["CPL204"]),
        ({"ignore": ("acquire",), "extend_select": ("CPL104",)}, ["CPL104", "CPL204"]),
        ({"extend_ignore": ("client-per-call",)}, ["CPL101", "CPL104"]),
        ({"select": ("CPL1",), "ignore": ("CPL10",)}, []),
        ({"select": ("CPL10",), "ignore": ("CPL1",)}, ["CPL101", "CPL104"]),
        ({"select": ("CPL101",), "ignore": ("leak",)}, []),
        ({"select": ("ALL",), "ignore": ("ALL",)}, []),
        ({"select": ("CPL103",), "ignore": ("ALL",)}, ["CPL103"]),
    ],
)
def test_the_most_specific_word_wins(words: dict[str, tuple[str, ...]], selected: list[str]) -> None:
    settings = Settings(**words)
    assert [code for code, r in RULES.items() if is_selected(r, settings)] == selected


def test_of_equal_words_the_flags_win() -> None:
    settings = Settings(select=("CPL101",), ignore=("CPL101",))
    assert is_selected(LEAK, settings, ["select"])
    assert not is_selected(LEAK, settings, ["select", "ignore"])
    assert not is_selected(LEAK, settings, ["ignore"])


def test_what_cannot_be_read_is_told_unless_it_is_ignored_by_name() -> None:
    unreadable = rule("syntax-error")
    assert unreadable is not None
    assert is_selected(unreadable, Settings(select=("CPL101",), ignore=("CPL",)))
    assert not is_selected(unreadable, Settings(ignore=("CPL001",)))


@pytest.mark.parametrize("word", ["ALL", "DEFAULT", "CPL", "CPL0", "CPL6", "sizing", "syntax-error", "CPL002"])
def test_words_that_name_rules(word: str) -> None:
    assert unknown_selector(word) == ""


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("CPL9", 'unknown rule "CPL9"'),
        ("E501", 'unknown rule "E501"'),
        ("syntax-eror", 'unknown rule "syntax-eror"; did you mean "syntax-error"?'),
        ("all", 'unknown rule "all"; did you mean "ALL"?'),
        ("", 'unknown rule ""'),
    ],
)
def test_words_that_name_none(word: str, problem: str) -> None:
    assert unknown_selector(word).startswith(problem)


def test_severities_of_the_settings_win_the_most_specific_first() -> None:
    chosen = selection(Settings(severity={"CPL0": "info", "CPL003": "error"}))
    assert (chosen.severities["CPL002"], chosen.severities["CPL003"]) == (Severity.INFO, Severity.ERROR)


# --- verdicts ------------------------------------------------------------------------------------


def said(code: str, **changes: object) -> Verdict:
    given: dict[str, object] = {"confidence": Confidence.HIGH, "place": SITE, "message": f"message of {code}"}
    return Verdict(code, **{**given, **changes})  # type: ignore[arg-type]


def chosen(**changes: object) -> Selection:
    given: dict[str, object] = {
        "rules": tuple(RULES.values()),
        "severities": {},
        "min_severity": Severity.INFO,
        "min_confidence": Confidence.MEDIUM,
    }
    return Selection(**{**given, **changes})  # type: ignore[arg-type]


def codes(verdicts: list[Verdict], selection: Selection, **more: object) -> list[str]:
    return [verdict.code for verdict in select(verdicts, selection, **more).verdicts]  # type: ignore[arg-type]


def test_rules_that_are_not_selected_are_silent() -> None:
    assert codes([said("CPL101"), said("CPL104")], chosen(rules=(LEAK,))) == ["CPL101"]


def test_low_confidence_is_hidden_by_default() -> None:
    weak = said("CPL101", confidence=Confidence.LOW)
    assert codes([weak], chosen()) == []
    assert codes([weak], chosen(min_confidence=Confidence.LOW)) == ["CPL101"]


def test_the_lowest_severity_counts_with_the_settings_own() -> None:
    verdicts = [said("CPL204"), said("CPL101"), said("CPL104", severity=Severity.INFO)]
    assert codes(verdicts, chosen(min_severity=Severity.ERROR)) == ["CPL101"]
    raised = chosen(min_severity=Severity.ERROR, severities={"CPL204": Severity.ERROR, "CPL101": Severity.INFO})
    assert codes(verdicts, raised) == ["CPL204"]


def test_per_file_ignores_take_prefixes_and_names() -> None:
    verdicts = [said("CPL101"), said("CPL104"), said("CPL204")]
    assert codes(verdicts, chosen(), ignored_here=("leak", "CPL2")) == ["CPL104"]
    assert codes(verdicts, chosen(), ignored_here=("ALL",)) == []


def test_a_role_holds_back_what_needs_an_application_and_counts_it() -> None:
    selected = select([said("CPL204"), said("CPL204"), said("CPL101")], chosen(), "tests")
    assert [verdict.code for verdict in selected.verdicts] == ["CPL101"]
    assert selected.held_back == {"tests": 2}


def test_what_is_not_selected_is_not_counted_as_held_back() -> None:
    assert select([said("CPL204")], chosen(rules=(LEAK,)), "tests").held_back == {}


# --- one finding a site and ladder ----------------------------------------------------------------


def test_the_first_of_a_ladder_speaks_and_tells_of_the_others() -> None:
    (winner,) = merge([said("CPL101", steps=(Step("exit", SITE, "x"),)), said("CPL104")], RULES)
    assert winner.code == "CPL104"
    assert winner.steps == (Step("note", SITE, "leak (CPL101): message of CPL101"),)


def test_the_place_of_a_note_is_the_losers_own() -> None:
    exit_ = Place("a.py", "f", 9)
    (winner,) = merge([said("CPL104", place=exit_, site=SITE), said("CPL101")], RULES)
    assert (winner.place, winner.steps[0].place) == (exit_, SITE)


def test_other_sites_and_other_ladders_stay_apart() -> None:
    verdicts = [said("CPL101"), said("CPL104", site=Place("a.py", "g", 3)), said("CPL204")]
    assert [verdict.code for verdict in merge(verdicts, RULES)] == ["CPL101", "CPL104", "CPL204"]


def test_a_loser_that_was_not_selected_lets_the_next_speak() -> None:
    kept = select([said("CPL101"), said("CPL104")], chosen(rules=(LEAK,))).verdicts
    assert [verdict.code for verdict in merge(kept, RULES)] == ["CPL101"]


def test_twice_the_same_is_once() -> None:
    (only,) = merge([said("CPL101"), said("CPL101")], RULES)
    assert only.steps == ()


# --- discovery of rules -----------------------------------------------------------------------------


def test_rules_are_found_by_code_and_by_name() -> None:
    assert rule("CPL002") is rule("unused-suppression") is not None
    assert rule("CPL999") is None


def test_rules_come_in_the_order_of_their_codes() -> None:
    found = [r.code for r in all_rules()]
    assert found == sorted(found)
    assert stem(all_rules()[0]) == "cpl000_internal_error"

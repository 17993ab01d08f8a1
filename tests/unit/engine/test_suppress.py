"""Suppressions applied to findings."""

from __future__ import annotations

import pytest

from poollint.engine.suppress import Remark, Suppressions
from poollint.model.finding import Confidence, Finding, Location, Severity
from poollint.rules import all_rules

RAN = [rule.code for rule in all_rules()]


def finding(code: str, line: int = 1) -> Finding:
    return Finding(code, "", Severity.ERROR, Confidence.HIGH, "", Location("a.py", line, 1, line, 2))


def silenced(text: str, code: str = "CPL201", line: int = 1) -> str | None:
    (found,) = Suppressions(text).silenced([finding(code, line)])
    return found.suppressed


@pytest.mark.parametrize(
    ("comment", "by"),
    [
        ("# noqa: CPL201", "noqa"),
        ("# noqa: CPL2", "noqa"),
        ("# noqa", "noqa"),
        ("# noqa: E501", None),
        ("# noqa: cpl201", None),
        ("# noqa : CPL101", "noqa"),
        ("#noqa: CPL201", None),
        ("# noqa: CPL202", None),
        ("# poollint: ignore[CPL201]", "ignore"),
        ("# poollint: ignore[pool-per-request] on purpose", "ignore"),
        ("# poollint: ignore[lifetime]", "ignore"),
        ("# poollint: ignore[CPL2]", "ignore"),
        ("# poollint: ignore[ALL]", "ignore"),
        ("# poollint: ignore[client-per-call]", None),
        ("# poollint: ignore", None),
        ("# poollint: enable[CPL201]", None),
    ],
)
def test_on_the_line_itself(comment: str, by: str | None) -> None:
    assert silenced(f"x = 1  {comment}\n") == by


def test_a_range_begins_and_ends() -> None:
    text = "a\n# poollint: disable[CPL201, CPL202]\nb\n# poollint: enable[CPL201]\nc\n"
    assert [silenced(text, "CPL201", line) for line in (1, 3, 5)] == [None, "ignore", None]
    assert [silenced(text, "CPL202", line) for line in (1, 3, 5)] == [None, "ignore", "ignore"]


def test_a_range_ends_by_a_wider_word() -> None:
    text = "# poollint: disable[CPL201]\nb\n# poollint: enable[lifetime]\nc\n"
    assert [silenced(text, "CPL201", line) for line in (2, 4)] == ["ignore", None]


def test_a_whole_file() -> None:
    assert silenced("a\nb\n# poollint: file-ignore[CPL201]\n", line=1) == "ignore"
    assert silenced("a\nb\n# flake8: noqa\n", line=1) == "noqa"


@pytest.mark.parametrize("code", ["CPL000", "CPL001"])
def test_what_was_not_judged_cannot_be_silenced(code: str) -> None:
    assert silenced("x = 1  # noqa # poollint: ignore[ALL]\n", code) is None


@pytest.mark.parametrize("code", ["CPL002", "CPL003"])
def test_a_plain_noqa_does_not_hide_what_is_said_of_comments(code: str) -> None:
    assert silenced("x = 1  # noqa\n", code) is None
    assert silenced(f"x = 1  # noqa: {code}\n", code) == "noqa"


# --- malformed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "message", "help_"),
    [
        (
            "# noqa: pool-per-request",
            "`# noqa: pool-per-request` silences every finding of the line, of every plugin",
            "write `# noqa: CPL201` or `# poollint: ignore[pool-per-request]`",
        ),
        (
            "# noqa : CPL201",
            "`# noqa : CPL201` silences every finding of the line, of every plugin",
            "write `# noqa: CPL201` or `# poollint: ignore[pool-per-request]`",
        ),
        (
            "# noqa: CPL",
            "`# noqa: CPL` silences every finding of the line, of every plugin",
            "write the whole code, as in `# noqa: CPL101`",
        ),
        (
            "# noqa: cpl201",
            "`cpl201` in `# noqa` silences nothing: flake8 compares codes with their case",
            "write `# noqa: CPL201` or `# poollint: ignore[pool-per-request]`",
        ),
        (
            "#noqa: CPL201",
            "`#noqa: CPL201` silences nothing",
            "write `# noqa: CPL201` or `# poollint: ignore[pool-per-request]`",
        ),
        ("# noqa: CPL299", "`CPL299` is no code of poollint", "`poollint rules` lists them"),
        (
            "# noqa: E501, pool-in-loop",
            "`pool-in-loop` in `# noqa` silences nothing: it takes codes only",
            "write `# noqa: CPL202` or `# poollint: ignore[pool-in-loop]`",
        ),
        (
            "# poollint: ignore",
            "`# poollint: ignore` names no rule and silences nothing",
            "write `# poollint: ignore[leak] reason`",
        ),
        ("# poollint: ignore[pool-in-lop]", "`pool-in-lop` is no rule of poollint", 'did you mean "pool-in-loop"?'),
        ("# poollint: ignor[CPL201]", "`# poollint: ignor` is nothing that poollint knows", 'did you mean "ignore"?'),
        ("# poollint: enable[CPL201]", "`enable[CPL201]` without `disable[CPL201]` before it", ""),
    ],
)
def test_comments_that_do_something_else_than_they_say(comment: str, message: str, help_: str) -> None:
    (remark,) = Suppressions(f"x = 1  {comment}\n").malformed()
    assert (remark.code, remark.message, remark.help) == ("CPL003", message, help_)


def test_a_file_that_flake8_skips_for_one_code() -> None:
    (remark,) = Suppressions("# flake8: noqa: CPL201\n").malformed()
    assert remark.message == (
        "`# flake8: noqa: CPL201` makes flake8 skip the whole file, for every rule of every plugin"
    )
    assert remark.help == "write `# poollint: file-ignore[pool-per-request]`"


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: E501",
        "# noqa: E501, W503",
        "# noqa: CPL201",
        "# noqa: CPL201, kept: for the pool-in-loop",
        "# noqa because of the pool-in-loop",
        "# noqa: some-name",
        "#noqa",
        "# poollint: see the docs",
        "# what poollint: the linter does",
        "# poollint: ignore[pool-in-loop, CPL301] both",
    ],
)
def test_comments_that_are_well_formed_or_not_ours(comment: str) -> None:
    assert list(Suppressions(f"x = 1  {comment}\n").malformed()) == []


# --- unused ----------------------------------------------------------------------------------------


def unused(text: str, *raised: tuple[str, int], ran: list[str] = RAN) -> list[Remark]:
    suppressions = Suppressions(text)
    list(suppressions.silenced([finding(code, line) for code, line in raised]))
    return list(suppressions.unused(raised, ran))


def without(text: str, *raised: tuple[str, int]) -> str:
    """The text after the safe fix."""
    (remark,) = unused(text, *raised)
    assert remark.fix is not None
    (edit,) = remark.fix.edits
    return text[: edit.span.start] + edit.text + text[edit.span.end :]


def test_a_comment_that_silences_nothing_is_told() -> None:
    (remark,) = unused("x = 1  # noqa: CPL201\n", ("CPL202", 1))
    assert (remark.code, remark.message) == ("CPL002", "`CPL201` silences nothing here")


def test_a_comment_that_silences_something_is_not() -> None:
    assert unused("x = 1  # noqa: CPL201\n", ("CPL201", 1)) == []
    assert unused("# poollint: disable[CPL2]\nx\n", ("CPL201", 2), ran=["CPL201", "CPL202"]) == []


def test_what_a_threshold_holds_back_needs_its_comment() -> None:
    suppressions = Suppressions("x = 1  # noqa: CPL201\n")
    assert list(suppressions.unused([("CPL201", 1)], RAN)) == []


def test_rules_that_did_not_run_prove_nothing() -> None:
    assert unused("x = 1  # noqa: CPL201\n", ran=["CPL202"]) == []
    assert unused("x = 1  # noqa: CPL2\n", ran=["CPL201"]) == []


def test_plain_and_foreign_comments_are_not_our_business() -> None:
    assert unused("x = 1  # noqa\ny = 1  # noqa: E501\n# flake8: noqa\n") == []


def test_comments_about_comments_are_left_alone() -> None:
    assert unused("x = 1  # noqa: CPL002, CPL003\n") == []


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("x = 1  # noqa: CPL201\ny\n", "x = 1\ny\n"),
        ("x = 1  # noqa: CPL201 -- kept for good\n", "x = 1\n"),
        ("x = 1\t# poollint: ignore[CPL201] shared\r\ny\r\n", "x = 1\r\ny\r\n"),
        ("a\n    # poollint: ignore[CPL201]\nx = 1\n", "a\nx = 1\n"),
        ("# poollint: file-ignore[CPL201]\r\nx = 1\r\n", "x = 1\r\n"),
        ("x = 1  # noqa: CPL201, E501\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: E501,CPL201,W503 why\n", "x = 1  # noqa: E501, W503 why\n"),
        ("x = 1  # noqa: CPL201  # type: ignore\n", "x = 1  # type: ignore\n"),
        ("x = 1  # type: ignore  # noqa: CPL201\n", "x = 1  # type: ignore\n"),
        ("x = 1  # poollint: ignore[CPL201]", "x = 1"),
        ("größe = '€'  # noqa: CPL201\n", "größe = '€'\n"),
    ],
)
def test_the_fix_takes_away_what_is_not_needed(text: str, fixed: str) -> None:
    assert without(text) == fixed


def test_the_fix_leaves_what_is_needed() -> None:
    text = "x = 1  # poollint: ignore[CPL201, CPL202] shared\n"
    assert without(text, ("CPL202", 1)) == "x = 1  # poollint: ignore[CPL202] shared\n"

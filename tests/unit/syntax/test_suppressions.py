"""Comments that silence, as they stand in a text."""

from __future__ import annotations

import pytest
from flake8.defaults import NOQA_INLINE_REGEXP
from hypothesis import given, strategies as st

from poollint.syntax.suppressions import _NOQA, TO_THE_END, Directive, directives


def only(text: str) -> Directive:
    (found,) = directives(text)
    return found


def words(directive: Directive) -> list[str]:
    return [word.text for word in directive.words]


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# noqa: CPL101", ["CPL101"]),
        ("# noqa:CPL101", ["CPL101"]),
        ("# noqa: CPL101, CPL102", ["CPL101", "CPL102"]),
        ("# noqa: CPL101 CPL102", ["CPL101", "CPL102"]),
        ("# NoQA: CPL101,E501", ["CPL101", "E501"]),
        ("# noqa: CPL101, kept: for good", ["CPL101"]),
        ("# noqa: CPL101 -- for good", ["CPL101"]),
        ("# noqa: CPL1", ["CPL1"]),
        ("# type: ignore # noqa: CPL101", ["CPL101"]),
    ],
)
def test_codes_of_noqa(comment: str, codes: list[str]) -> None:
    found = only(f"x = 1  {comment}\n")
    assert (found.verb, found.has_list, words(found)) == ("noqa", True, codes)


@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa : CPL101", "# noqa: leak", "# noqa: CPL", "# NOQA!", "# noqa:  CPL101"]
)
def test_what_flake8_takes_for_a_plain_noqa(comment: str) -> None:
    found = only(f"x = 1  {comment}\n")
    assert (found.verb, found.has_list) == ("noqa", False)


@pytest.mark.parametrize("comment", ["#noqa: CPL101", "#  noqa: CPL101", "# ruff: noqa: CPL101", "# flake8: noqa"])
def test_what_flake8_does_not_see_on_a_line_of_code(comment: str) -> None:
    assert only(f"x = 1  {comment}\n").verb == "like-noqa"


@given(st.text(alphabet="# noqaNQ:CPL1,2\tEx", max_size=24))
def test_the_grammar_of_noqa_is_flake8s(text: str) -> None:
    theirs, ours = NOQA_INLINE_REGEXP.search(text), _NOQA.search(text)
    assert (theirs and theirs.span(), theirs and theirs["codes"]) == (ours and ours.span(), ours and ours["codes"])


def test_a_file_that_flake8_skips() -> None:
    found = only("import os\n  # flake8: noqa: CPL101\n")
    assert (found.verb, found.first, found.last, found.tail) == ("noqa-file", 1, TO_THE_END, ": CPL101")


def test_text_in_strings_does_not_count() -> None:
    assert directives('x = "# noqa: CPL101"\ny = """\n# poollint: ignore[leak]\n"""\n') == ()


def test_a_comment_after_a_text_with_a_hash_counts() -> None:
    assert words(only('x = "#"  # noqa: CPL101\n')) == ["CPL101"]


def test_a_file_without_the_words_is_not_tokenized() -> None:
    assert directives("x = (\n") == ()


# --- lines ---------------------------------------------------------------------------------------


def lines(text: str) -> tuple[int, int]:
    found = only(text)
    return found.first, found.last


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1\nb = 2  # noqa\nc = 3\n", (2, 2)),
        ("x = f(\n    1,\n    2,\n)  # noqa\n", (1, 4)),
        ("x = f(\n    1,  # noqa\n    2,\n)\n", (1, 4)),
        ("x = f(\n    # noqa\n    2,\n)\n", (1, 4)),
        ("with a(\n) as b:  # noqa\n    pass\n", (1, 2)),
        ("with a(\n    1,\n) as b:\n    c()  # noqa\n", (4, 4)),
        ("x = '''a\nb'''  # noqa\n", (1, 2)),
        ("x = 1 + \\\n    2  # noqa\n", (1, 2)),
        ("@d  # noqa\ndef f(): pass\n", (1, 1)),
        ("# noqa\nx = 1\n", (1, 1)),
        ("if x:\n    a()\n# noqa\n    b()\n", (3, 3)),
        ("x = 1  # noqa", (1, 1)),
    ],
)
def test_it_speaks_for_its_statements_header(text: str, expected: tuple[int, int]) -> None:
    assert lines(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = f(\n    1,\n)  # poollint: ignore[leak]\n", (1, 3)),
        ("# poollint: ignore[leak]\nx = f(\n    1,\n)\n", (2, 4)),
        ("# poollint: ignore[leak]\n\n# why\nx = 1\ny = 2\n", (4, 4)),
        ("# poollint: ignore[leak]\n@a\n@b(\n    1)\ndef f():\n    x()\n", (2, 5)),
        ("def f():\n    # poollint: ignore[leak]\n    x()\n", (3, 3)),
        ("def f():\n    x()\n    # poollint: ignore[leak]\n\ny()\n", (5, 5)),
        ("x = 1\n# poollint: ignore[leak]\n", (2, 2)),
        ("a = 1\n# poollint: file-ignore[leak]\n", (1, TO_THE_END)),
        ("a = 1\n# poollint: disable[leak]\n", (2, TO_THE_END)),
    ],
)
def test_our_own_form_speaks_for_its_statement_or_the_next(text: str, expected: tuple[int, int]) -> None:
    assert lines(text) == expected


# --- our own form ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "verb", "named"),
    [
        ("# poollint: ignore[leak]", "ignore", ["leak"]),
        ("# poollint: ignore[leak, CPL102] it is shared", "ignore", ["leak", "CPL102"]),
        ("#poollint:ignore [leak]", "ignore", ["leak"]),
        ("# pragma: no cover  # poollint: ignore[leak]", "ignore", ["leak"]),
        ("# poollint: file-ignore[lifetime]", "file-ignore", ["lifetime"]),
        ("# poollint: disabel[leak]", "disabel", ["leak"]),
        ("# poollint: ignore[]", "ignore", []),
    ],
)
def test_words_of_our_own_form(comment: str, verb: str, named: list[str]) -> None:
    found = only(f"x = 1  {comment}\n")
    assert (found.verb, found.has_list, words(found)) == (verb, True, named)


def test_both_forms_in_one_comment() -> None:
    found = directives("x = 1  # poollint: ignore[leak] shared # noqa: E501\n")
    assert [(d.verb, d.written) for d in found] == [
        ("ignore", "# poollint: ignore[leak] shared"),
        ("noqa", "# noqa: E501"),
    ]


def test_spans_count_code_points_and_stand_on_the_words() -> None:
    text = "größe = 1\r\nx = '€'  # noqa: CPL101, E501 because\r\n"
    found = only(text)
    assert text[found.span.start : found.span.end] == "# noqa: CPL101, E501 because"
    assert [text[word.span.start : word.span.end] for word in found.words] == ["CPL101", "E501"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_the_same_with_any_newline(newline: str) -> None:
    text = newline.join(["a = 1", "\fb = f(", "    2)  # noqa: CPL101", ""])
    found = only(text)
    assert (found.line, found.first, found.last) == (3, 2, 3)
    assert text[found.words[0].span.start : found.words[0].span.end] == "CPL101"


# --- files that tokenize refuses ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a = 1  # noqa: CPL101\nb = (\n",
        "a = 1  # noqa: CPL101\nb = '''\n",
        "a = 1  # noqa: CPL101\nif x:\n        b\n    c\n",
        "b = ]\na = 1  # noqa: CPL101\n",
        "if x:\n        b\n    c = 1  # noqa: CPL101\n",
        "x = (\na = 1  # noqa: CPL101\n",
    ],
)
def test_what_tokenize_refuses_is_read_line_by_line(text: str) -> None:
    assert words(only(text)) == ["CPL101"]


def test_texts_do_not_count_there_either() -> None:
    assert directives("x = (\ny = '# noqa: CPL101'\n") == ()


@given(st.text(alphabet="# noqa:poollint[ignore]CPL101\n\r\t \"'()\\f{}=@x", max_size=80))
def test_any_text_is_read(text: str) -> None:
    for found in directives(text + "\n# noqa"):
        assert 0 <= found.span.start < found.span.end <= len(text) + 7
        assert found.first <= found.last

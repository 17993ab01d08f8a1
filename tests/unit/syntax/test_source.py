"""A file as read: decoded once, whatever its encoding and newlines; never anything but a Source or a SourceError."""

from __future__ import annotations

import codecs

import pytest
from every_syntax import PROGRAMS
from hypothesis import example, given, settings, strategies as st

from poollint.syntax.source import Source, SourceError


@pytest.mark.parametrize(
    ("raw", "encoding", "text"),
    [
        (b"x = '\xc3\xa9'\n", "utf-8", "x = 'é'\n"),
        (b"\xef\xbb\xbfx = '\xc3\xa9'\n", "utf-8", "x = 'é'\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "iso-8859-1", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", "cp1252", "€"),
        (b"# coding: utf-8\nx = '\xc3\xa9'\n", "utf-8", "é"),
        (b"# coding: shift_jis\nx = '\x93\xfa'\n", "shift_jis", "日"),
        (b"# coding=gbk\nx = '\xd6\xd0'\n", "gbk", "中"),
        (b"# coding: koi8-r\nx = '\xc1'\n", "koi8-r", "а"),
        (b"", "utf-8", ""),
        (b"x", "utf-8", "x"),
    ],
)
def test_encodings(raw: bytes, encoding: str, text: str) -> None:
    source = Source("a.py", raw)
    assert source.encoding == encoding
    assert text in source.text
    assert source.encode(source.text) == raw


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        (b"x = 1\ny = '\xe9'\n", 2, "not utf-8: "),
        (b"# coding: nonsense\n", 1, "unknown encoding: nonsense"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, "encoding problem"),
        (b"\xff\xfex\x00", 1, "unknown encoding"),
        (b"# coding: ascii\n\nx = '\xe9'\n", 3, "not ascii"),
        (b"x = 1\n\0\n", 2, "null bytes"),
        (b"# coding: rot13\nk = 1\n", 1, "encoding"),
        (b"# coding: zlib\nk = 1\n", 1, "encoding"),
        (b"# coding: undefined\n", 1, "encoding"),
    ],
)
def test_what_cannot_be_decoded_says_where_and_why(raw: bytes, line: int, reason: str) -> None:
    with pytest.raises(SourceError) as told:
        Source("a.py", raw)
    assert told.value.line == line
    assert reason in told.value.reason


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("x = 1\ny = = 2\n", 2, "invalid syntax"),
        ("def f(:\n  pass\n", 2, "invalid syntax"),
        ("x = 1\r\n\r\nif x\r\n", 3, "invalid syntax"),
        ("x = (\n\n", 2, "invalid syntax"),
        ("if a:\nb\n", 2, "invalid syntax"),
        ("print 'x'\n", 1, "invalid syntax"),
        ("x = 'abc\n", 1, "unterminated string"),
        ("\n\n  x = 1\n", 3, "invalid syntax"),
        ("t'a' t'b'\n", 1, "cannot be parsed"),
    ],
)
def test_what_does_not_parse_says_where_and_why(text: str, line: int, reason: str) -> None:
    with pytest.raises(SourceError) as told:
        _ = Source("a.py", text.encode()).tree
    assert (told.value.line, reason in told.value.reason) == (line, True)
    assert "\n" not in told.value.reason


@pytest.mark.parametrize("text", [*PROGRAMS.values(), "", "\n", "# only a comment", "x = 1\n\f\n", "if a:\n\tb\n"])
def test_what_parses_is_given_back(text: str) -> None:
    assert Source("a.py", text.encode()).tree.code == text


def test_a_file_is_parsed_once() -> None:
    source = Source("a.py", b"x = 1\n")
    assert source.tree is source.tree


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("a\nb\n", 0, (1, 1)),
        ("a\nb\n", 2, (2, 1)),
        ("a\r\nb\r\n", 3, (2, 1)),
        ("a\rb\r", 2, (2, 1)),
        ("a\r\n\rb", 4, (3, 1)),
        ("é日𝒳x", 3, (1, 4)),
        ("a\n", 2, (2, 1)),
        ("\fx\n", 1, (1, 2)),
        ("a\x0bb\x1cc\u2028d", 6, (1, 7)),
    ],
)
def test_lines_and_columns_count_code_points(text: str, offset: int, place: tuple[int, int]) -> None:
    source = Source("a.py", text.encode())
    assert source.line_column(offset) == place
    assert source.offset(*place) == offset


def test_the_text_of_a_line() -> None:
    source = Source("a.py", b"a\r\nb\rc\nd")
    assert [source.line_text(line) for line in range(6)] == ["", "a", "b", "c", "d", ""]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
@example(codecs.BOM_UTF16_LE + "x = 1".encode("utf-16-le"))
@example(b"# coding: utf-7\n+AGE-\n")
@example(b"# coding: undefined\n")
@example(b"# coding: unicode_escape\n\\ud800\n")
@example(b"# coding: punycode\n-\n")
@example(b"\x0c\x0c#coding:\xff\n")
@example(b"x = '\xed\xa0\x80'")
def test_any_bytes_give_a_source_or_a_source_error(raw: bytes) -> None:
    try:
        source = Source("a.py", raw)
        _ = source.tree
    except SourceError as error:
        assert error.line >= 1
        assert error.reason


CHARACTERS = st.sampled_from("abif()[]{}:=.,'\"\\\n\r\t \f#@*-+01é\x0b\u2028") | st.characters()


@settings(max_examples=500, deadline=None)
@given(st.text(CHARACTERS, max_size=60))
@example("f'{")
@example("f'{a:{b:{c}}}'")
@example("x = \\")
@example("\\\n")
@example("(\f\n)")
@example("lambda*")
@example("a\u2028b")
def test_any_text_gives_a_source_or_a_source_error(text: str) -> None:
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        return
    try:
        _ = Source("a.py", raw).tree
    except SourceError as error:
        assert 1 <= error.line <= text.count("\n") + text.count("\r") + 2

"""A text without its strings and comments: what brackets and operators can be counted in.

Fields of f-strings are code and stay, in their braces. Newlines of what is left out become NUL, which no source
can contain, so that lines can be counted.
"""

from __future__ import annotations

import re

_NEWLINE = re.compile(r"\r\n|\r|\n")
_BODIES = (
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""',
    r"'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''",
    r'"[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*"',
    r"'[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*'",
)
_BODY = "|".join(_BODIES)
_SKIPPED = re.compile(rf"\#[^\r\n]*|{_BODY}|\\(?:\r\n|\r|\n)", re.DOTALL)
_FIELD_CODE = re.compile(r"[(\[{.*+/%<>=&|^~-]|\b(?:and|or|not|if|else|for|lambda|in|is)\b")
_IN_TEXT = re.compile(r"\{\{|\}\}|\{|\\(?=\{)|\\.|\"\"\"|'''|\"|'|\}", re.DOTALL)
_IN_CODE = re.compile(rf"\#[^\r\n]*|{_BODY}|\"\"\"|'''|[\"']|\\(?:\r\n|\r|\n)|[(\[{{]|[)\]}}]|:=|!=|:", re.DOTALL)
_QUOTES = re.compile(r"\"\"\"|'''|[\"']")
QUOTES = frozenset(('"', "'", '"""', "'''"))
"""Left in the code where nothing closes them."""
_F_LETTERS = frozenset("fFtT")
SIMPLE_FIELD = 20
"""An f-string with fewer brackets and operators is left out whole."""


def code_only(text: str, keeps_lines: bool = False) -> str:
    """The text's code, in order; pieces that were apart may touch. Without `keeps_lines` what is left out leaves no
    trace of its newlines, which is faster."""
    if not keeps_lines:
        plain = _Plain(text)
        found = _SKIPPED.sub(plain.skip, text)
        if plain.is_enough:
            return found
    return _Careful(text).run()


class _Plain:
    """Leaves each string out by a pattern; notes when an f-string needs a closer look."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_enough = True

    def skip(self, match: re.Match[str]) -> str:
        start = match.start()
        before = self.text[start - 2 : start] if start > 1 else self.text[:start]
        if before[-1:] in _F_LETTERS or (before[-1:] in "rR" and before[:1] in _F_LETTERS):
            skipped = match.group()
            if skipped[0] in "\"'" and "{" in skipped and not _is_simple(skipped):
                self.is_enough = False
        return " "


def _is_simple(literal: str) -> bool:
    """Whether an f-string surely ends where a plain string would, and holds little code."""
    if literal.count("{") != literal.count("}"):
        return False
    return len(literal) <= SIMPLE_FIELD or len(_FIELD_CODE.findall(literal)) <= SIMPLE_FIELD


class _Careful:
    """Follows f-strings into their fields, with the quotes of PEP 701, by a stack of what is open.

    An entry is the quote that ends a text, or "{" for a field (then `depths` holds its open brackets), or ":" for
    a field's format.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.kept: list[str] = []
        self.open: list[str] = []
        self.depths: list[int] = []

    def run(self) -> str:
        position = 0
        while position < len(self.text):
            in_code = not self.open or self.open[-1] == "{"
            position = self._in_code(position) if in_code else self._in_text(position)
        return "".join(self.kept)

    def _in_code(self, position: int) -> int:
        """Up to the next string, comment or bracket, with it."""
        match = _IN_CODE.search(self.text, position)
        if match is None:
            self.kept.append(self.text[position:])
            return len(self.text)
        start = match.start()
        self.kept.append(self.text[position:start])
        token = match.group()
        if token[0] in "\"'":
            before = self.text[max(start - 2, 0) : start]
            if before[-1:] in _F_LETTERS or (before[-1:] in "rR" and before[:1] in _F_LETTERS):
                quotes = _QUOTES.match(self.text, start)
                assert quotes is not None
                self.open.append(quotes.group())
                return quotes.end()
        if token in QUOTES:
            self.kept.append(token)
        elif token[0] in "\"'#\\":
            self.kept.append("\0" * len(_NEWLINE.findall(token)) or " ")
        elif self._is_kept(token):
            self.kept.append(token)
        return match.end()

    def _is_kept(self, token: str) -> bool:
        """Follows brackets; whether the token is code, not the end of a field."""
        if not self.open:
            return True
        if token in "([{":
            self.depths[-1] += 1
        elif token in ")]}" and self.depths[-1]:
            self.depths[-1] -= 1
        elif token == "}":
            self._close_field()
            return False
        elif token == ":" and not self.depths[-1]:
            self.open[-1] = ":"
            return False
        return True

    def _close_field(self) -> None:
        self.open.pop()
        self.depths.pop()
        self.kept.append("}")

    def _in_text(self, position: int) -> int:
        """In the text of an f-string, or in a field's format, which has no quotes of its own."""
        match = _IN_TEXT.search(self.text, position)
        end = len(self.text) if match is None else match.start()
        self.kept.append("\0" * len(_NEWLINE.findall(self.text, position, end)))
        if match is None:
            return end
        token, kind = match.group(), self.open[-1]
        if token == "{" or (token == "{{" and kind == ":"):
            self.open.append("{")
            self.depths.append(0)
            self.kept.append("{")
            return end + 1
        if token[0] == "}" and kind == ":":
            self._close_field()
            return end + 1
        if token[0] in "\"'" and kind != ":":
            if token.startswith(kind):
                self.open.pop()
                return end + len(kind)
            return end + 1
        self.kept.append("\0" * len(_NEWLINE.findall(token)))
        return match.end()

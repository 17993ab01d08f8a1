"""Refuses text on which LibCST would crash or crawl, before it is parsed.

LibCST 1.9 dies of a segmentation fault on 2,000 nested parentheses and takes 11 s for 3,000 chained `+`
(measured), so depth and chains are counted first, in one pass without recursion.
"""

from __future__ import annotations

import re

BRACKET_LIMIT = 200
CHAIN_LIMIT = 200
INDENT_LIMIT = 95
REASON = "too deeply nested for poollint"

_TOKEN = re.compile(
    r"""
    (?P<string>(?<!\w)[rbuftRBUFT]{0,2}(?:\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
        |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
  | (?P<comment>\#[^\n]*)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<newline>\r\n|\r|\n)
  | (?P<separator>[,;])
  | (?P<word>\b(?:and|or|not|if|else|elif|await|lambda|for|in|is|def|class|try|while|with|match|case)\b)
  | (?P<operator>\*\*|//|>>|<<|<=|>=|==|!=|:=|[-+*/%@&|^~<>.])
  | (?P<continuation>\\(?:\r\n|\r|\n))
    """,
    re.VERBOSE | re.DOTALL,
)
_PREFIXED = re.compile(r"[ \t\f]*")


def too_deep(text: str) -> int | None:
    """The line (1-based) at which `text` nests or chains beyond the limits, or None."""
    return _Scan(text).run()


class _Scan:
    """Counts, per bracket level, the operators since the last comma: a long chain nests as deeply."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line = 1
        self.chains = [0]
        self.branches: dict[int, int] = {}
        self.line_start = 0

    def run(self) -> int | None:
        for match in _TOKEN.finditer(self.text):
            if self._step(match):
                return self.line
        return self.line if self._indented(self.line_start) else None

    def _step(self, match: re.Match[str]) -> bool:
        kind = match.lastgroup
        if kind == "open":
            self.chains[-1] += 1
            self.chains.append(0)
            return len(self.chains) > BRACKET_LIMIT or self.chains[-2] > CHAIN_LIMIT
        if kind == "close":
            if len(self.chains) > 1:
                self.chains.pop()
        elif kind == "separator":
            self.chains[-1] = 0
        elif kind == "newline":
            return self._newline(match.end())
        elif kind == "string":
            return self._string(match.group())
        elif kind == "continuation":
            self.line += 1
        elif kind == "word":
            return self._word(match)
        elif kind == "operator":
            self.chains[-1] += 1
            return self.chains[-1] > CHAIN_LIMIT
        return False

    def _newline(self, end: int) -> bool:
        if len(self.chains) == 1:
            self.chains[0] = 0
            if self._indented(self.line_start):
                return True
        self.line += 1
        self.line_start = end
        return False

    def _indented(self, start: int) -> bool:
        match = _PREFIXED.match(self.text, start)
        width = len(match.group()) if match else 0
        if width <= INDENT_LIMIT:
            return False
        following = self.text[start + width : start + width + 1]
        return width > INDENT_LIMIT * 4 and following not in ("", "#", "\n", "\r")

    def _string(self, text: str) -> bool:
        self.line += text.count("\n")
        prefix = text[:2].lower()
        if "f" in prefix.partition("'")[0].partition('"')[0]:
            depth = deepest = 0
            for character in text:
                depth += (character == "{") - (character == "}")
                deepest = max(deepest, depth)
            return deepest > BRACKET_LIMIT
        return False

    def _word(self, match: re.Match[str]) -> bool:
        word = match.group()
        if word == "elif":
            column = match.start() - self.line_start
            self.branches[column] = self.branches.get(column, 0) + 1
            return self.branches[column] > CHAIN_LIMIT
        if word == "if" and not self.text[self.line_start : match.start()].strip():
            self.branches[match.start() - self.line_start] = 0
        if word in ("and", "or", "not", "await", "lambda", "if", "else", "for", "is", "in"):
            self.chains[-1] += 1
            return self.chains[-1] > CHAIN_LIMIT
        return False

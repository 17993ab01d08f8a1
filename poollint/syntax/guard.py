"""Refuses text on which LibCST would crash or crawl, before it is parsed.

LibCST 1.9 dies of a segmentation fault on 2,000 nested parentheses, takes 11 s for 3,000 chained `+`, and twice as
long for each further level of a `match` pattern, from a second at 10 levels (measured). So depth and chains are
counted first, in one pass without recursion. The count is of what could nest: it may be more than does.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from poollint.syntax.code_only import code_only

DEPTH_LIMIT = 200
"""Brackets within brackets, links of a chain, branches of an `if`, and any of these within one another."""
PATTERN_LIMIT = 6
"""Brackets within brackets in a `case`."""
BLOCK_LIMIT = 95
"""Indented blocks within blocks; Python itself stops at 100."""
REASON = "too deeply nested for poollint"

_TOKEN = re.compile(
    r"[\r\n][\r\n \t\f\0]*|[(\[{)\]},;]|[-+*/%@&|^~.<>!]+=?|==|:="
    r"|\b(?:and|or|not|if|elif|else|for|in|is|lambda|await|case(?!\s*[=.,:)\]])"
    r"|def|class|return|import|while|with|try|except|finally|raise|del|assert|pass|break|continue|global|nonlocal)\b"
)
_SIGN = re.compile(r"[-+~]")
_LINE = re.compile(r"\r\n|\r|\n|\0")
_OPEN, _CLOSE, _SEPARATE, _NEWLINE, _POSTFIX, _ARITHMETIC, _COMPARE, _NOT, _LOGIC, _STATEMENT, _OTHER = range(11)
_STATEMENTS = (
    "def", "class", "return", "import", "while", "with", "try", "except", "finally", "raise", "del", "assert", "pass",
    "break", "continue", "global", "nonlocal",
)  # fmt: skip
_KINDS = {
    **dict.fromkeys("([{", _OPEN),
    **dict.fromkeys(")]}", _CLOSE),
    **dict.fromkeys(",;", _SEPARATE),
    ".": _POSTFIX,
    **dict.fromkeys(("<", ">", "<=", ">=", "==", "!=", "in", "is"), _COMPARE),
    "not": _NOT,
    **dict.fromkeys(("and", "or", "else", "for", "lambda", "await", ":=", "if"), _LOGIC),
    **dict.fromkeys(("...", "->", "case", "elif"), _OTHER),
    **dict.fromkeys(_STATEMENTS, _STATEMENT),
}


def too_deep(text: str) -> int | None:
    """The line (1-based) at which `text` nests or chains beyond the limits, or None.

    None as well for a text with a quote that nothing closes: LibCST refuses it before it looks at brackets.
    """
    code = code_only(text)
    if _is_surely_flat(code) or _Count().run(_TOKEN.findall(code)) is None:
        return None
    code = code_only(text, keeps_lines=True)
    index = _Count().run(_TOKEN.findall(code))
    if index is None or '"' in code or "'" in code:
        return None
    starts = [match.start() for match in _TOKEN.finditer(code)]
    return len(_LINE.findall(code[: starts[index]])) + 1


_BRANCHING = re.compile(rf"^[ \t\f]*case\b|\n[ \t\f]{{{BLOCK_LIMIT}}}", re.MULTILINE)
_NO_BRACKETS = re.compile(r"[^()\[\]{}\n]+")
_LINK = re.compile(r"[(\[{]|[-+*/%@&|^~.<>!]|[=:]=|\b(?:and|or|not|if|else|for|in|is|lambda|await)\b")


def _is_surely_flat(code: str) -> bool:
    """Whether no statement has enough characters, or else links, to be too deep: ten times as fast as counting.

    False as well where brackets do not match, for those who count to look at.
    """
    if "\r" in code:
        code = code.replace("\r\n", "\n")
    if "\r" in code or code.count("elif") > DEPTH_LIMIT or _BRANCHING.search(code):
        return False
    lines = code.split("\n")
    changes: dict[str, tuple[int, int]] = {"": (0, 0)}
    depth = size = start = 0
    for number, brackets in enumerate(_NO_BRACKETS.sub("", code).split("\n")):
        change = changes.get(brackets)
        if change is None:
            change = changes[brackets] = _depths(brackets)
        if depth + change[1] < 0:
            return False
        depth += change[0]
        size += len(lines[number])
        if depth == 0:
            if size > DEPTH_LIMIT and len(_LINK.findall("\n".join(lines[start : number + 1]))) > DEPTH_LIMIT:
                return False
            start, size = number + 1, 0
    return depth == 0


def _depths(brackets: str) -> tuple[int, int]:
    """By how much brackets change the depth, in all and at the least."""
    depth = least = 0
    for bracket in brackets:
        depth += 1 if bracket in "([{" else -1
        least = min(least, depth)
    return depth, least


class _Level:
    """What is open within one pair of brackets, since its last comma.

    A chain's links count by how strongly they bind (postfix, arithmetic, comparison, `not`, logic); a weaker link
    ends the stronger chains. `longest` sums each at its longest, `inner` is the depth of the closed brackets,
    `deepest` that of the items before the last comma, `outside` that of what is open around it.
    """

    __slots__ = ("chains", "deepest", "inner", "longest", "outside")

    def __init__(self, outside: int) -> None:
        self.outside = outside
        self.deepest = 0
        self.inner = 0
        self.chains = [0, 0, 0, 0, 0]
        self.longest = [0, 0, 0, 0, 0]

    def end_item(self) -> int:
        """At a comma: the depth of what it ends."""
        depth = self.inner + sum(self.longest)
        if depth:
            self.deepest = max(self.deepest, depth)
            self.inner = 0
            self.chains = [0, 0, 0, 0, 0]
            self.longest = [0, 0, 0, 0, 0]
        return depth

    def link(self, kind: int) -> None:
        chains = self.chains
        count = chains[kind] = chains[kind] + 1
        if kind:
            chains[:kind] = _ENDED[kind]
        if count > self.longest[kind]:
            self.longest[kind] = count


_ENDED = [[0] * count for count in range(5)]


class _Count:
    """Reads tokens until something is too deep."""

    def __init__(self) -> None:
        self.levels = [_Level(0)]
        self.blocks = [0]
        self.branches: dict[int, int] = {}
        self.is_pattern = False

    def run(self, tokens: list[str]) -> int | None:
        """The index of the token where it is, or None."""
        level = self.levels[-1]
        is_line_start = True
        index = -1
        for index, token in enumerate(tokens):
            kind = _KINDS.get(token, _NEWLINE if token[0] in "\r\n" else _ARITHMETIC)
            if kind == _POSTFIX:
                level.link(0)
            elif kind == _SEPARATE:
                if level.outside + level.end_item() > DEPTH_LIMIT:
                    return index
            elif kind == _OPEN:
                level.link(0)
                level = _Level(level.outside + sum(level.chains))
                self.levels.append(level)
                if level.outside > DEPTH_LIMIT or (self.is_pattern and len(self.levels) > PATTERN_LIMIT + 1):
                    return index
            elif kind == _CLOSE:
                if level.outside + level.end_item() > DEPTH_LIMIT:
                    return index
                level = self._close()
            elif kind == _NEWLINE:
                if len(self.levels) == 1:
                    if level.end_item() > DEPTH_LIMIT or self._indent(token):
                        return index
                is_line_start = True
                continue
            elif kind < _STATEMENT:
                for _ in range(max(1, _SIGN.subn("", token)[1]) if kind == _ARITHMETIC else 1):
                    level.link(kind - _POSTFIX)
                if token == "if":
                    self._if(is_line_start)
            elif is_line_start:
                if self._starts(token):
                    return index
                level = self.levels[-1]
            is_line_start = False
        return index if self._ends_too_deep() else None

    def _close(self) -> _Level:
        if len(self.levels) == 1:
            return self.levels[0]
        closed = self.levels.pop()
        level = self.levels[-1]
        level.inner = max(level.inner, closed.deepest)
        return level

    def _indent(self, token: str) -> bool:
        self.is_pattern = False
        width = len(token) - max(token.rfind("\n"), token.rfind("\r")) - 1
        del self.blocks[bisect_right(self.blocks, width) :]
        if not self.blocks or self.blocks[-1] < width:
            self.blocks.append(width)
        return len(self.blocks) > BLOCK_LIMIT

    def _if(self, is_line_start: bool) -> None:
        if len(self.levels) == 1:
            self.is_pattern = False
            if is_line_start:
                self.branches[self.blocks[-1]] = 0

    def _starts(self, token: str) -> bool:
        """A keyword that starts a line. One that starts a statement closes all brackets: they were never closed,
        and the parser will say so."""
        if _KINDS[token] == _STATEMENT:
            if len(self.levels) > 1:
                del self.levels[1:]
                self.levels[0].end_item()
        elif len(self.levels) == 1 and token == "case":
            self.is_pattern = True
        elif len(self.levels) == 1 and token == "elif":
            count = self.branches[self.blocks[-1]] = self.branches.get(self.blocks[-1], 0) + 1
            return count > DEPTH_LIMIT
        return False

    def _ends_too_deep(self) -> bool:
        return any(level.outside + level.end_item() > DEPTH_LIMIT for level in self.levels)

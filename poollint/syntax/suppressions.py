"""Comments that silence: what stands in a file, and for which lines it speaks. Rules are not known here.

Comments are read with tokenize, so that text in strings does not count; where tokenize gives up, the rest of the
file is read line by line. `# noqa` follows flake8's grammar to the letter: what flake8 takes for a plain
`# noqa` is one here too. Beyond flake8 it speaks for every line of its statement's header.
"""

from __future__ import annotations

import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from poollint.model.span import Span

TRIGGER = re.compile(r"noqa|poollint", re.IGNORECASE)
TO_THE_END = 1 << 60
VERBS = ("ignore", "disable", "enable", "file-ignore")

_NEWLINE = re.compile(r"\r\n|\r|\n")
_NOQA = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+))?", re.IGNORECASE)
_LIKE_NOQA = re.compile(r"#\s*(?:(?:flake8|ruff)\s*[:=]\s*)?noqa\b", re.IGNORECASE)
_FLAKE8_FILE = re.compile(r"# flake8[:=]\s*noqa", re.IGNORECASE)
_OWN = re.compile(r"#\s*poollint:\s*(?P<verb>[A-Za-z-]+)[ \t]*(?P<list>\[(?P<words>[^\]]*)\])?")
_NEXT_PRAGMA = re.compile(r"\s+#(?:\s|(?=noqa))")
_CRUDE_COMMENT = re.compile(r"""(?:[^#'"]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*?(?P<comment>\#.*)""")
_LAYOUT = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@dataclass(frozen=True, slots=True)
class Word:
    """One code or name of a comment."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Directive:
    """One comment that silences, or looks like it.

    `verb`: "noqa", "noqa-file" (flake8 skips the whole file), "like-noqa" (flake8 does not see it), or what
    follows `# poollint:`. `has_list` is False for a plain `# noqa` and for a verb without brackets. It speaks for
    the physical lines `first` to `last`; "disable" and "enable" for what comes after. `written` is the whole
    text, `tail` what follows the part that was understood. `span` is what to delete with it.
    """

    verb: str
    words: tuple[Word, ...]
    has_list: bool
    line: int
    first: int
    last: int
    span: Span
    written: str
    tail: str = ""


def directives(text: str) -> tuple[Directive, ...]:
    """The directives of a decoded text, in its order."""
    if not TRIGGER.search(text):
        return ()
    layout = _Layout(text)
    return tuple(found for comment in layout.comments for found in _parsed(comment, layout))


# --- comments and logical lines -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Comment:
    text: str
    line: int
    column: int
    inside: int | None
    """Which logical line it stands in; None on a line of its own."""


@dataclass(slots=True)
class _Logical:
    """A statement's header: physical lines, and whether it is a decorator."""

    first: int
    last: int
    is_decorator: bool


@dataclass(slots=True)
class _Layout:
    text: str
    starts: list[int] = field(init=False)
    lines: list[str] = field(init=False)
    comments: list[_Comment] = field(default_factory=list)
    logical: list[_Logical] = field(default_factory=list)

    def __post_init__(self) -> None:
        ends = list(_NEWLINE.finditer(self.text))
        self.starts = [0, *(match.end() for match in ends)]
        stops = [*(match.start() for match in ends), len(self.text)]
        self.lines = [self.text[start:stop] for start, stop in zip(self.starts, stops, strict=True)]
        try:
            self._read_tokens()
        except (tokenize.TokenError, SyntaxError):
            self._read_crudely(self.logical[-1].last if self.logical else 0)

    def _read_tokens(self) -> None:
        current: _Logical | None = None
        rows = iter([f"{line}\n" for line in self.lines])
        for token in tokenize.generate_tokens(lambda: next(rows, "")):
            if token.type == tokenize.COMMENT:
                inside = None if current is None else len(self.logical)
                self.comments.append(_Comment(token.string, *token.start, inside))
            elif token.type == tokenize.NEWLINE:
                if current is not None:
                    current.last = token.start[0]
                    self.logical.append(current)
                    current = None
            elif token.type not in _LAYOUT and current is None:
                current = _Logical(token.start[0], token.end[0], token.string == "@")

    def _read_crudely(self, done: int) -> None:
        """Line by line from the first one that tokenize left in the air."""
        self.comments = [comment for comment in self.comments if comment.line <= done]
        for number in range(done + 1, len(self.lines) + 1):
            line = self.lines[number - 1]
            match = _CRUDE_COMMENT.match(line)
            if match:
                inside = len(self.logical) if line[: match.start("comment")].strip() else None
                self.comments.append(_Comment(match["comment"], number, match.start("comment"), inside))
            if line.strip() and not line.lstrip().startswith("#"):
                self.logical.append(_Logical(number, number, line.lstrip().startswith("@")))

    def header(self, comment: _Comment) -> tuple[int, int]:
        """The physical lines of the statement's header that the comment stands in."""
        if comment.inside is None or comment.inside >= len(self.logical):
            return comment.line, comment.line
        logical = self.logical[comment.inside]
        return logical.first, max(logical.last, comment.line)

    def below(self, comment: _Comment) -> tuple[int, int]:
        """The header of the next statement, with its decorators."""
        index = bisect_right([logical.first for logical in self.logical], comment.line)
        if index >= len(self.logical):
            return comment.line, comment.line
        first = self.logical[index].first
        while self.logical[index].is_decorator and index + 1 < len(self.logical):
            index += 1
        return first, self.logical[index].last


# --- what a comment says ---------------------------------------------------------------------------


def _parsed(comment: _Comment, layout: _Layout) -> Iterator[Directive]:
    own = _OWN.search(comment.text)
    if own:
        yield _own(own, comment, layout)
    alone = not layout.lines[comment.line - 1][: comment.column].strip()
    whole_file = _FLAKE8_FILE.match(comment.text) if alone else None
    if whole_file:
        yield _directive("noqa-file", whole_file, "", comment, layout, (1, TO_THE_END))
        return
    noqa = _NOQA.search(comment.text)
    if noqa:
        yield _directive("noqa", noqa, "codes", comment, layout, layout.header(comment))
        return
    like = _LIKE_NOQA.search(comment.text)
    if like:
        yield _directive("like-noqa", like, "", comment, layout, (comment.line, comment.line))


def _own(match: re.Match[str], comment: _Comment, layout: _Layout) -> Directive:
    verb = match["verb"]
    covered = layout.header(comment)
    if verb == "file-ignore":
        covered = (1, TO_THE_END)
    elif verb == "ignore" and comment.inside is None:
        covered = layout.below(comment)
    elif verb in ("disable", "enable"):
        covered = (comment.line, TO_THE_END)
    return _directive(verb, match, "words", comment, layout, covered)


def _directive(
    verb: str,
    match: re.Match[str],
    group: str,
    comment: _Comment,
    layout: _Layout,
    covered: tuple[int, int],
) -> Directive:
    offset = layout.starts[comment.line - 1] + comment.column
    following = _NEXT_PRAGMA.search(comment.text, match.start() + len(match.group().rstrip()))
    end = following.start() if following else len(comment.text.rstrip())
    listed = match[group] if group else None
    words: tuple[Word, ...] = ()
    if listed is not None:
        words = tuple(_words(listed, offset + match.start(group)))
    return Directive(
        verb,
        words,
        listed is not None,
        comment.line,
        *covered,
        Span(offset + match.start(), offset + max(end, match.end())),
        comment.text[match.start() : end],
        comment.text[match.end() : end],
    )


def _words(text: str, offset: int) -> Iterator[Word]:
    for match in re.finditer(r"[^,\s]+", text):
        yield Word(match.group(), Span(offset + match.start(), offset + match.end()))

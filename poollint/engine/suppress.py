"""Suppressions applied: which findings are silenced and by what, which comments were not needed, which do
something else than they say. One function for the command line and for flake8."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from poollint.engine.malformed import problem_of
from poollint.engine.select import specificity
from poollint.model.finding import Finding
from poollint.model.fix import Applicability, Edit, Fix
from poollint.model.rule import Rule
from poollint.model.span import Span
from poollint.rules import all_rules
from poollint.syntax.suppressions import TO_THE_END, Directive, Word, directives

NEVER_SILENCED = ("CPL000", "CPL001")
ABOUT_COMMENTS = ("CPL002", "CPL003")
"""Silenced only by a comment that names them: a plain `# noqa` must not hide what is said about it."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a comment: the engine makes a finding of it."""

    code: str
    span: Span
    message: str
    help: str
    fix: Fix | None = None


@dataclass(slots=True)
class _Word:
    """A word of a directive, the rules that it names, and the lines that it speaks for."""

    directive: Directive
    word: Word | None
    codes: frozenset[str]
    last: int
    is_used: bool = False

    def speaks_for(self, code: str, line: int) -> bool:
        return code in self.codes and self.directive.first <= line <= self.last


@dataclass(slots=True)
class Suppressions:
    """The comments of one file. `text` is the decoded source."""

    text: str
    found: tuple[Directive, ...] = ()
    _words: list[_Word] = field(default_factory=list)
    _unopened: list[tuple[Directive, Word]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.found = directives(self.text)
        for directive in self.found:
            if directive.verb == "enable":
                self._close(directive)
            else:
                self._words += _resolved(directive)

    def _close(self, enable: Directive) -> None:
        """`enable[...]` ends what an earlier `disable[...]` began."""
        for word in enable.words:
            ended = [
                open_ for open_ in self._words
                if open_.directive.verb == "disable" and open_.last == TO_THE_END and open_.codes
                and open_.codes <= _named(word.text)
            ]  # fmt: skip
            for open_ in ended:
                open_.last = enable.line
            if not ended and _named(word.text):
                self._unopened.append((enable, word))

    def silenced(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings, each marked with what silences it."""
        return tuple(self._marked(finding) for finding in findings)

    def _marked(self, finding: Finding) -> Finding:
        if finding.code in NEVER_SILENCED:
            return finding
        for word in self._words:
            if not word.speaks_for(finding.code, finding.location.line):
                continue
            if word.word is None and finding.code in ABOUT_COMMENTS:
                continue
            word.is_used = True
            return replace(finding, suppressed="noqa" if word.directive.verb.startswith("noqa") else "ignore")
        return finding

    def malformed(self) -> Iterator[Remark]:
        """CPL003: comments that name a rule of ours and do not silence just that."""
        for directive in self.found:
            problem = problem_of(directive)
            if problem is not None:
                yield Remark("CPL003", directive.span, *problem)
        for directive, word in self._unopened:
            message = f"`enable[{word.text}]` without `disable[{word.text}]` before it"
            yield Remark("CPL003", directive.span, message, "")

    def unused(self, raised: Iterable[tuple[str, int]], ran: Iterable[str]) -> Iterator[Remark]:
        """CPL002: words that silence nothing. `raised` are (code, line) of all that any rule said, also of what a
        threshold, a role or another finding of the same site keeps back; `ran` the codes that were selected."""
        said, selected = tuple(raised), frozenset(ran)
        for word in self._words:
            word.is_used |= any(word.speaks_for(code, line) for code, line in said)
        for directive in self.found:
            own = [word for word in self._words if word.directive is directive and word.word is not None]
            idle = [word.word for word in own if _is_idle(word, selected) and word.word is not None]
            if idle:
                yield _unused(directive, idle, self.text)


def _is_idle(word: _Word, selected: frozenset[str]) -> bool:
    is_of_facts = any(not code.startswith("CPL0") for code in word.codes)
    return is_of_facts and not word.is_used and word.codes <= selected


def _resolved(directive: Directive) -> Iterator[_Word]:
    """The words with the rules that they name; a plain `# noqa` names all."""
    if directive.verb in ("noqa", "noqa-file") and not directive.has_list:
        everything = frozenset(rule.code for rule in all_rules())
        yield _Word(directive, None, everything, directive.last)
    elif directive.verb == "noqa":
        yield from (_Word(directive, word, _starting(word.text), directive.last) for word in directive.words)
    elif directive.verb in ("ignore", "disable", "file-ignore"):
        yield from (_Word(directive, word, _named(word.text), directive.last) for word in directive.words)


def _starting(word: str) -> frozenset[str]:
    """flake8's way: capitals count, and a code silences all that start with it."""
    return frozenset(rule.code for rule in _silenceable() if rule.code.startswith(word))


def _named(word: str) -> frozenset[str]:
    """Codes, names, prefixes and groups."""
    return frozenset(rule.code for rule in _silenceable() if specificity(word, rule))


def _silenceable() -> Sequence[Rule]:
    return [rule for rule in all_rules() if rule.code not in NEVER_SILENCED]


# --- removing what is not needed -----------------------------------------------------------------


def _unused(directive: Directive, idle: list[Word], text: str) -> Remark:
    named = ", ".join(f"`{word.text}`" for word in idle)
    message = f"{named} silence{'s' if len(idle) == 1 else ''} nothing here"
    whole = len(idle) == len(directive.words)
    span = directive.span if whole else idle[0].span
    edit = _without_comment(directive, text) if whole else _without_words(directive, idle)
    title = "remove the comment" if whole else f"remove {named} from the comment"
    fix = Fix(title, Applicability.SAFE, "", (edit,))
    return Remark("CPL002", span, message, title, fix)


def _without_words(directive: Directive, idle: list[Word]) -> Edit:
    kept = [word.text for word in directive.words if word not in idle]
    return Edit(Span(directive.words[0].span.start, directive.words[-1].span.end), ", ".join(kept))


def _without_comment(directive: Directive, text: str) -> Edit:
    """Without the comment, the blanks before it, and its line where nothing else stands on it."""
    start, end = directive.span.start, directive.span.end
    line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    rest = text[end:].splitlines()[0] if text[end:].splitlines() else ""
    if rest.strip():
        return Edit(Span(start, end + len(rest) - len(rest.lstrip())), "")
    end += len(rest)
    if text[line_start:start].strip():
        return Edit(Span(len(text[:start].rstrip(" \t\f")), end), "")
    newline = next((ending for ending in ("\r\n", "\n", "\r") if text.startswith(ending, end)), "")
    return Edit(Span(line_start, end + len(newline)), "")

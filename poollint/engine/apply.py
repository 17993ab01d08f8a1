"""Applying fixes to a text: pure, all or nothing each, and checked.

Overlapping fixes wait for the next round. After each round the text must parse, must have lost what was fixed
and show nothing new, and must be the same program outside the statements that were changed; a fix that fails
this is rolled back and told.
"""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from poollint.model.finding import Finding
from poollint.model.fix import Edit, Fix
from poollint.model.span import Span
from poollint.syntax.source import Source, SourceError

ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Applied:
    """`applied` and `waiting` together are the fixes asked for; `changed` are ranges of `text`."""

    text: str
    applied: tuple[Fix, ...]
    waiting: tuple[Fix, ...]
    changed: tuple[Span, ...] = ()


def apply(text: str, fixes: Sequence[Fix]) -> Applied:
    """`text` with as many of `fixes` as do not touch each other, first come first; their imports once each.

    Fixes without edits are passed over. `SourceError` when the text with the edits does not parse and an
    import has to be added.
    """
    taken: list[Fix] = []
    waiting: list[Fix] = []
    for fix in sorted((fix for fix in fixes if fix.edits), key=lambda fix: min(edit.span for edit in fix.edits)):
        (waiting if any(_touch(fix, other) for other in taken) else taken).append(fix)
    edits = [edit for fix in taken for edit in fix.edits]
    changed = shifted([_extent(fix) for fix in taken], edits)
    edited = edit_text(text, edits)
    imports = [name for fix in taken for name in fix.imports]
    if imports:
        edited, changed = _with_imports(edited, imports, changed)
    return Applied(edited, tuple(taken), tuple(waiting), changed)


def edit_text(text: str, edits: Sequence[Edit]) -> str:
    """`text` with `edits` made from the last to the first; they must not overlap.

    Insertions at one offset stand in the order in which they are given.
    """
    end = len(text)
    for edit in sorted(edits, key=lambda edit: edit.span)[::-1]:
        if edit.span.end > end:
            raise ValueError("edits of one text overlap")
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        end = edit.span.start
    return text


def _with_imports(text: str, imports: Sequence[str], changed: tuple[Span, ...]) -> tuple[str, tuple[Span, ...]]:
    from poollint.rewrite.imports import import_edits

    edits = import_edits(source_of(text), imports)
    places = [edit.span for edit in edits]
    return edit_text(text, edits), shifted([*changed, *places], edits)


def source_of(text: str) -> Source:
    """The text as a file in the encoding that it declares; `SourceError` where it cannot be one."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(text.encode("utf-8", "surrogatepass")).readline)
        return Source("", text.encode(encoding))
    except (SyntaxError, LookupError, UnicodeEncodeError) as error:
        raise SourceError(1, f"cannot be written in its own encoding: {error}") from None


def _touch(one: Fix, other: Fix) -> bool:
    """Whether they change the same text or neighbouring characters: their order would matter."""
    return any(a.span.start <= b.span.end and b.span.start <= a.span.end for a in one.edits for b in other.edits)


def _extent(fix: Fix) -> Span:
    return Span(min(edit.span.start for edit in fix.edits), max(edit.span.end for edit in fix.edits))


def shifted(spans: Sequence[Span], edits: Sequence[Edit]) -> tuple[Span, ...]:
    """Where `spans`, which edits lie in or outside of, stand after `edits`."""

    def moved(offset: int, is_end: bool) -> int:
        growth = 0
        for edit in edits:
            span = edit.span
            if span.end < offset or (span.end == offset and (is_end or span.start < offset)):
                growth += len(edit.text) - (span.end - span.start)
        return offset + growth

    return tuple(Span(moved(span.start, False), moved(span.end, True)) for span in spans)


# --- rounds --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rejected:
    """A fix that was rolled back; `reason` says which check it failed."""

    finding: Finding
    fix: Fix
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`findings` are those of the final `text`; `is_settled` is False when `ROUNDS` were not enough."""

    text: str
    findings: tuple[Finding, ...]
    applied: tuple[tuple[Finding, Fix], ...]
    rejected: tuple[Rejected, ...]
    is_settled: bool = True


Check = Callable[[str, str], Sequence[Finding]]
Accept = Callable[[Finding, Fix, str], bool]
"""Whether a fix of a finding may be applied to a text."""


def fix_text(path: str, text: str, check: Check, accept: Accept) -> Outcome:
    """`text` after rounds of fixes: of each finding the first fix that `accept` takes.

    `check(path, text)` gives the findings of the file `path` if it held `text`. Suppressed findings are left alone.
    """
    steps = fixing(text, tuple(check(path, text)), accept)
    try:
        asked = next(steps)
        while True:
            asked = steps.send(tuple(check(path, asked)))
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


Findings = tuple[Finding, ...]
Fixing = Generator[str, Findings, "Outcome"]
"""Yields a text, is sent the findings of the file if it held that text, and ends with the outcome: many files can
so be fixed in step, with one look at the project for all of them."""


def fixing(text: str, findings: Findings, accept: Accept) -> Fixing:
    """The rounds of one file that holds `text`, of which `findings` are told."""
    applied: list[tuple[Finding, Fix]] = []
    rejected: list[Rejected] = []
    for _ in range(ROUNDS):
        chosen = _chosen(text, findings, accept, rejected)
        if not chosen:
            return Outcome(text, findings, tuple(applied), tuple(rejected))
        step = yield from _round(text, findings, chosen)
        text, findings = step.text, step.findings
        applied += step.applied
        rejected += step.rejected
    is_settled = not _chosen(text, findings, accept, rejected)
    return Outcome(text, findings, tuple(applied), tuple(rejected), is_settled)


Chosen = list[tuple[Finding, Fix]]


def _chosen(text: str, findings: Findings, accept: Accept, rejected: Sequence[Rejected]) -> Chosen:
    refused = {(item.finding.code, item.finding.message, item.fix.title) for item in rejected}
    chosen: Chosen = []
    for finding in findings:
        if finding.suppressed is not None:
            continue
        fixes = [
            fix for fix in finding.fixes if fix.edits and (finding.code, finding.message, fix.title) not in refused
        ]
        taken = next((fix for fix in fixes if accept(finding, fix, text)), None)
        if taken is not None:
            chosen.append((finding, taken))
    return chosen


def _round(text: str, findings: Findings, chosen: Chosen) -> Fixing:
    """All that fit together. If the result is not right, each is tried alone, and those that were are joined."""
    step = yield from _attempt(text, findings, chosen)
    if not step.rejected or len(chosen) == 1:
        return step
    alone: list[Outcome] = []
    for pair in chosen:
        tried = yield from _attempt(text, findings, [pair])
        alone.append(tried)
    wrong = tuple(item for tried in alone for item in tried.rejected)
    right = [pair for pair, tried in zip(chosen, alone, strict=True) if not tried.rejected]
    if not right:
        return Outcome(text, findings, (), wrong)
    step = yield from _attempt(text, findings, right)
    if step.rejected:
        step = next(tried for tried in alone if not tried.rejected)
    return replace(step, rejected=wrong)


def _attempt(text: str, findings: Findings, chosen: Chosen) -> Fixing:
    try:
        result = apply(text, [fix for _, fix in chosen])
    except (SourceError, ValueError) as error:
        return _rolled_back(text, findings, chosen, f"the edits do not fit: {error}")
    taken: Chosen = [pair for pair in chosen if any(pair[1] is fix for fix in result.applied)]
    reason = _unlike(text, result)
    if reason:
        return _rolled_back(text, findings, taken, reason)
    after = yield result.text
    reason = _not_better(findings, after, [finding for finding, _ in taken])
    if reason:
        return _rolled_back(text, findings, taken, reason)
    return Outcome(result.text, after, tuple(taken), ())


def _rolled_back(text: str, findings: Findings, chosen: Chosen, reason: str) -> Outcome:
    return Outcome(text, findings, (), tuple(Rejected(finding, fix, reason) for finding, fix in chosen))


def _unlike(text: str, result: Applied) -> str:
    """Why the result is not the same program outside what was changed, or ""."""
    from poollint.engine.same_outside import same_outside

    if result.text == text:
        return "the text is unchanged"
    try:
        _ = source_of(result.text).tree
    except SourceError as error:
        return f"the result does not parse: line {error.line}: {error.reason}"
    before = [_extent(fix) for fix in result.applied]
    return "" if same_outside(text, before, result.text, result.changed) else "other statements would change too"


def _not_better(before: Sequence[Finding], after: Sequence[Finding], fixed: Sequence[Finding]) -> str:
    """Why the findings are not those of before less `fixed`, or ""; they are counted by code, since a fix
    moves lines and changes the text that messages quote."""
    was, now = Counter(f.code for f in before), Counter(f.code for f in after)
    for code in sorted(now):
        if now[code] > was[code]:
            return f"{code} would be reported in its place"
    for code, count in sorted(Counter(f.code for f in fixed).items()):
        if now[code] > was[code] - count:
            return f"{code} would still be reported"
    return ""

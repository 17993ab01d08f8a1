"""From places to positions: the verdicts of one judged file become findings.

Only files that a verdict or a step stands in are read, and of these the units at hand where that is enough; code
generation tells where the asked nodes stand. Plans become fixes here, since they need the same spans.
"""

from __future__ import annotations

import hashlib
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from poollint.model.finding import Finding, LocatedStep, Location, Severity, Step, Verdict
from poollint.model.fix import Applicability, Fix
from poollint.model.span import Place, Span
from poollint.syntax.source import Source, SourceError

if TYPE_CHECKING:
    import libcst

    from poollint.analysis.lowering import Lowered
    from poollint.analysis.lowering_units import Excerpt
    from poollint.rewrite.shown import Extent

Excerpts = Callable[[str, Iterable[tuple[str, int]]], "Excerpt | None"]


def locate(
    verdicts: Sequence[Verdict],
    path: str,
    lowered: Callable[[str], Lowered],
    source: Callable[[str], Source],
    severity_of: Callable[[Verdict], Severity],
    display: Callable[[str], str],
    name_of: Callable[[str], str] = lambda code: "",
    excerpt: Excerpts = lambda path, places: None,
) -> tuple[Finding, ...]:
    """The findings of the file `path` (from the project root), sorted; fixes and fingerprints are filled in.

    `lowered` and `source` answer for any file of the project by its path from the root, for one parse of it
    (the nodes of `lowered(p)` are of `source(p).tree`); `display` gives a path as users see it, `name_of` a
    rule's name by its code, `excerpt` the nodes at some places of a file where it need not be parsed whole. A step
    in another file that cannot be parsed is left out; `SourceError` for
    `path` itself goes through. A place that its file does not have raises `LookupError`.
    """
    if not verdicts:
        return ()
    charts = _charts(verdicts, path, lowered, source, excerpt)
    found = [
        Finding(
            verdict.code,
            name_of(verdict.code),
            severity_of(verdict),
            verdict.confidence,
            verdict.message,
            charts[path].location(charts[path].primary(verdict.place), display),
            tuple(_step(step, charts[step.place.path], display) for step in verdict.steps if step.place.path in charts),
            verdict.why,
            verdict.help,
        )
        for verdict in verdicts
    ]
    with_fixes = [_fixed(finding, verdict, charts[path]) for finding, verdict in zip(found, verdicts, strict=True)]
    return _sorted(with_fixes, verdicts, charts[path])


@dataclass(slots=True)
class _Chart:
    """One file: what was asked of it, and then where that stands. `lowered` is None where an excerpt is enough."""

    path: str
    source: Source
    lowered: Lowered | None = None
    excerpt: Excerpt | None = None
    asked: dict[tuple[Place, bool], Extent] = field(default_factory=dict)
    has_plans: bool = False
    spans: dict[int, Span] = field(default_factory=dict)

    def ask(self, place: Place, is_primary: bool) -> None:
        from poollint.rewrite.shown import of_finding, of_step

        if place.ordinal < 0:
            return
        node = self._node(place.function, place.ordinal)
        if node is None:
            raise LookupError(f"{place.path}: no node {place.ordinal} in {place.function}")
        self.asked[place, is_primary] = (of_finding if is_primary else of_step)(node)

    def _node(self, function: str, ordinal: int) -> libcst.CSTNode | None:
        if self.excerpt is not None:
            return self.excerpt.nodes.get((function, ordinal))
        nodes = self.lowered.nodes.get(function, []) if self.lowered is not None else []
        return nodes[ordinal] if ordinal < len(nodes) else None

    def survey(self) -> None:
        """One code generation for all that was asked; plans need the spans of every node."""
        from poollint.rewrite.ground import every_node
        from poollint.syntax.positions import spans_of

        if self.has_plans:
            self.spans = spans_of(self.source, every_node(self.source.tree))
        else:
            wanted = [node for extent in self.asked.values() for node in (extent.first, extent.last)]
            self.spans = self.excerpt.spans(wanted) if self.excerpt is not None else spans_of(self.source, wanted)

    def primary(self, place: Place) -> Span:
        return self._span(place, True)

    def step(self, place: Place) -> Span:
        return self._span(place, False)

    def _span(self, place: Place, is_primary: bool) -> Span:
        """A module's own place (ordinal -1) is the start of the file."""
        return Span(0, 0) if place.ordinal < 0 else self.asked[place, is_primary].span(self.spans)

    def location(self, span: Span, display: Callable[[str], str]) -> Location:
        line, column = self.source.line_column(span.start)
        end_line, end_column = self.source.line_column(span.end)
        return Location(display(self.path), line, column, end_line, end_column)


def _charts(
    verdicts: Sequence[Verdict],
    path: str,
    lowered: Callable[[str], Lowered],
    source: Callable[[str], Source],
    excerpt: Excerpts,
) -> dict[str, _Chart]:
    def chart(path: str, has_plans: bool) -> _Chart:
        if not has_plans:
            found = excerpt(path, asked[path])
            return _Chart(path, source(path), lowered(path) if found is None else None, found)
        try:
            return _Chart(path, source(path), lowered(path), has_plans=True)
        except SourceError:
            # LibCST refuses some Python: what stands beside it is still told, only the fix is not
            found = excerpt(path, asked[path])
            if found is None:
                raise
            return _Chart(path, source(path), None, found)

    asked = _asked(verdicts, path)
    charts = {path: chart(path, any(verdict.plans for verdict in verdicts))}
    for other in asked.keys() - {path}:
        try:
            charts[other] = chart(other, False)
        except SourceError:
            continue
    for verdict in verdicts:
        charts[path].ask(verdict.place, True)
        for step in verdict.steps:
            if step.place.path in charts:
                charts[step.place.path].ask(step.place, False)
    for each in charts.values():
        each.survey()
    return charts


def _asked(verdicts: Sequence[Verdict], path: str) -> dict[str, set[tuple[str, int]]]:
    """The (function, ordinal) places by file."""
    found: dict[str, set[tuple[str, int]]] = {path: set()}
    for verdict in verdicts:
        for place in (verdict.place, *(step.place for step in verdict.steps)):
            places = found.setdefault(place.path, set())
            if place.ordinal >= 0:
                places.add((place.function, place.ordinal))
    return found


def _step(step: Step, chart: _Chart, display: Callable[[str], str]) -> LocatedStep:
    return LocatedStep(step.kind, chart.location(chart.step(step.place), display), step.text)


def _fixed(finding: Finding, verdict: Verdict, chart: _Chart) -> Finding:
    """The finding with its plans carried out; `fix` is the first that can be applied, else the first."""
    if not verdict.plans:
        return finding
    if chart.lowered is None:
        reason = "the file holds syntax that LibCST does not read"
        fixes = tuple(Fix(plan.title, Applicability.SHOWN, reason, ()) for plan in verdict.plans)
        return replace(finding, fix=fixes[0], fixes=fixes)
    from poollint.rewrite.ground import Ground
    from poollint.rewrite.plans import fix_of

    ground = Ground(chart.source, chart.lowered, chart.spans)
    fixes = tuple(fix_of(plan, ground) for plan in verdict.plans)
    return replace(finding, fix=best(fixes), fixes=fixes)


def best(fixes: Sequence[Fix]) -> Fix | None:
    """The first that can be applied, else the first."""
    return next((fix for fix in fixes if fix.applicability is not Applicability.SHOWN), fixes[0] if fixes else None)


# --- fingerprints --------------------------------------------------------------------------------


def _sorted(findings: Sequence[Finding], verdicts: Sequence[Verdict], chart: _Chart) -> tuple[Finding, ...]:
    """In their order, each with its fingerprint: equal ones are numbered from the top of the file.

    Lambdas are numbered through the file, which says nothing about the one at hand.
    """
    counts: dict[tuple[str, str, str], int] = {}
    done: list[Finding] = []
    for finding, verdict in sorted(zip(findings, verdicts, strict=True), key=lambda pair: pair[0].order):
        function = _LAMBDA.sub("<lambda>", verdict.place.function)
        what = (finding.name or finding.code, function, _tokens(chart, verdict.place))
        number = counts[what] = counts.get(what, 0) + 1
        text = "\n".join((what[0], chart.path, *what[1:], str(number)))
        done.append(replace(finding, fingerprint=hashlib.sha256(text.encode()).hexdigest()[:16]))
    return tuple(done)


_LAMBDA = re.compile(r"<lambda-\d+>")
_LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def _tokens(chart: _Chart, place: Place) -> str:
    """The tokens of the primary span, whatever layout and comments stand between them."""
    span = chart.primary(place)
    text = f"({chart.source.text[span.start : span.end]}\n)"
    try:
        tokens = [t.string for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type not in _LAYOUT]
    except (tokenize.TokenError, SyntaxError):
        return " ".join(text.split())
    return " ".join(tokens[1:-1])

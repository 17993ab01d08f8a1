"""One file: facts, verdicts, selection, merging, positions, suppressions."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence

from poollint.engine import inventory, own_findings, unreadable
from poollint.engine.merge import merge
from poollint.engine.result import FileResult
from poollint.engine.select import ignores, select
from poollint.engine.suppress import Suppressions
from poollint.engine.workspace import Workspace
from poollint.model.facts import FileFacts
from poollint.model.finding import Finding, Severity, Verdict
from poollint.model.report import RunError
from poollint.syntax.source import Source, SourceError

Locate = Callable[[Sequence[Verdict]], Sequence[Finding]]


def judge(workspace: Workspace, path: str) -> FileResult:
    """All that is said of one file, by its path from the project's root. Whatever goes wrong is told, not raised."""
    shown = workspace.display(path)
    try:
        return _judged(workspace, path)
    except SourceError as error:
        return _unreadable(workspace, path, error)
    except OSError as error:
        return FileResult(shown, error=RunError(shown, "unreadable", error.strerror or str(error)))
    except Exception as error:
        return failed(workspace, path, f"{type(error).__name__}: {error}", traceback.format_exc())


def _unreadable(workspace: Workspace, path: str, error: SourceError) -> FileResult:
    """CPL001; with the text, where there is one."""
    shown = workspace.display(path)
    try:
        source = Source(path, workspace.read(path))
    except SourceError:
        return FileResult(shown, kept(workspace, path, [own_findings.unreadable(workspace, path, error)]))
    finding = own_findings.unreadable(workspace, path, unreadable.explained(source, error))
    return FileResult(shown, kept(workspace, path, [finding]), texts={shown: source.text})


def failed(workspace: Workspace, path: str, reason: str, trace: str = "") -> FileResult:
    """CPL000: poollint failed on the file."""
    message = f"poollint failed on this file ({reason.splitlines()[0]})"
    finding = own_findings.internal_error(workspace, path, message)
    shown = workspace.display(path)
    findings = kept(workspace, path, [finding])
    return FileResult(shown, findings, error=RunError(shown, "CPL000", message, trace))


def _judged(workspace: Workspace, path: str) -> FileResult:
    source, facts, is_lowered = _facts(workspace, path)
    verdicts = _verdicts(workspace, facts)
    role = workspace.role(path) if verdicts else "application"
    selected = select(verdicts, workspace.selection, role, workspace.ignored_here(path))
    chosen = merge(selected.verdicts, workspace.rules)
    locate = _locator(workspace, path)
    located = locate([*chosen, *inventory.asked(facts)])
    said = [finding for finding in located if finding.code != inventory.NO_CODE]
    findings = _with_suppressions(workspace, path, source, said, lambda: locate([_bare(v) for v in verdicts]))
    return FileResult(
        workspace.display(path),
        tuple(sorted(findings, key=lambda finding: finding.order)),
        inventory.pools(facts, [finding for finding in located if finding.code == inventory.NO_CODE]),
        inventory.acquires(facts),
        dict(facts.unknown),
        selected.held_back,
        _texts(workspace, path, source, chosen) if findings else {},
        is_lowered,
    )


def _facts(workspace: Workspace, path: str) -> tuple[Source, FileFacts, bool]:
    """A file's text and facts, and whether LibCST has read it.

    The outline's form may only say that there is something to tell; then the visitors read what that stands in, and
    what is told comes from their form.
    """
    if not workspace.may_hold_sites(path):
        source = Source(path, workspace.read(path))
        unreadable.check(source)
        return source, FileFacts(path), False
    source = workspace.index.source(path)
    facts = workspace.analysis.facts(path)
    if not _verdicts(workspace, facts) and not inventory.asked(facts):
        if not workspace.index.is_outlined(path):
            unreadable.check(source, is_candidate=True)
        return source, facts, False
    if not _is_confirmed(workspace, facts):
        workspace.index.lowered(path)
        facts = workspace.analysis.facts(path)
    return source, facts, True


def _is_confirmed(workspace: Workspace, facts: FileFacts) -> bool:
    """Whether LibCST sees the same form in the units that something is told of."""
    verdicts = [*_verdicts(workspace, facts), *inventory.asked(facts)]
    places = [place for v in verdicts for place in (v.place, *(s.place for s in v.steps)) if place.path == facts.path]
    asked = [(place.function, place.ordinal) for place in places if place.ordinal >= 0]
    return workspace.index.excerpt(facts.path, asked) is not None


def _verdicts(workspace: Workspace, facts: FileFacts) -> list[Verdict]:
    return [verdict for rule in workspace.rules.values() for verdict in rule.check(facts)]


def _locator(workspace: Workspace, path: str) -> Locate:
    def severity_of(verdict: Verdict) -> Severity:
        rule = workspace.rules.get(verdict.code)
        return workspace.selection.severity(rule, verdict) if rule else Severity.INFO

    def name_of(code: str) -> str:
        return workspace.rules[code].name if code in workspace.rules else ""

    def located(verdicts: Sequence[Verdict]) -> Sequence[Finding]:
        if not verdicts:
            return ()
        from poollint.engine.locate import locate

        index = workspace.index
        return locate(
            verdicts, path, index.lowered, index.source, severity_of, workspace.display, name_of, index.excerpt
        )

    return located


def _bare(verdict: Verdict) -> Verdict:
    """Only where it stands."""
    return Verdict(verdict.code, verdict.place, verdict.message, verdict.confidence)


def _with_suppressions(
    workspace: Workspace,
    path: str,
    source: Source,
    located: Sequence[Finding],
    raised: Callable[[], Sequence[Finding]],
) -> list[Finding]:
    """The findings, marked by the comments of the file; with those about the comments themselves."""
    suppressions = Suppressions(source.text)
    if not suppressions.found:
        return list(located)
    about = own_findings.of_remarks(workspace, path, source, suppressions.malformed())
    findings = list(suppressions.silenced([*located, *kept(workspace, path, about)]))
    if not workspace.root.is_whole:
        return findings
    said = [(finding.code, finding.location.line) for finding in raised()]
    ran = [rule.code for rule in workspace.selection.rules]
    idle = own_findings.of_remarks(workspace, path, source, suppressions.unused(said, ran))
    return [*findings, *suppressions.silenced(kept(workspace, path, idle))]


def kept(workspace: Workspace, path: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What the selection leaves of findings that no rule made."""
    selection, here = workspace.selection, workspace.ignored_here(path)
    codes = {rule.code for rule in selection.rules if rule.code == "CPL000" or not ignores(here, rule)}
    return tuple(f for f in findings if f.code in codes and f.severity >= selection.min_severity)


def _texts(workspace: Workspace, path: str, source: Source, verdicts: Iterable[Verdict]) -> dict[str, str]:
    """The texts that findings and their steps stand in, by path as shown."""
    texts = {workspace.display(path): source.text}
    for other in {step.place.path for verdict in verdicts for step in verdict.steps} - {path}:
        try:
            texts[workspace.display(other)] = workspace.index.source(other).text
        except SourceError:
            continue
    return texts

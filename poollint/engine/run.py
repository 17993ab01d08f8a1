"""A run: a request in, a report out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from poollint.analysis.collector import collector_paused
from poollint.engine import remembered
from poollint.engine.discovery import Found, discover, is_force_excluded
from poollint.engine.request import STDIN, Request
from poollint.engine.result import FileResult
from poollint.engine.session import Session
from poollint.model.report import PoolEntry, Report, RunError, Summary
from poollint.model.settings import Settings

__all__ = ["Request", "run", "settings_of"]


def settings_of(request: Request) -> Settings:
    """The settings that concern a run as a whole (`fail_on`, `output_format`); `UsageError` where they are wrong."""
    return Session(request).config_here().settings


def run(request: Request, progress: Callable[[int, int], None] | None = None) -> Report:
    """Judges what the request names. `progress` is told (files done, files in all).

    `UsageError` where an option or a setting is wrong; whatever else goes wrong stands in the report.
    Ctrl-C gives a report of what was found so far, marked `interrupted`.
    """
    session = Session(request)
    found = judged(session, progress)
    done = report(found.results, found.errors, found.is_interrupted)
    return replace(done, summary=replace(done.summary, notes=session.notes()))


@dataclass(slots=True)
class Judged:
    """The absolute paths that were asked for, and the results of them in that order, as far as they came."""

    files: tuple[str, ...] = ()
    results: list[FileResult] = field(default_factory=list)
    errors: tuple[RunError, ...] = ()
    is_interrupted: bool = False


def judged(session: Session, progress: Callable[[int, int], None] | None = None) -> Judged:
    """What is said of the files that the session's request names."""
    jobs = session.config_here().settings.jobs
    found = Judged()
    try:
        with collector_paused():
            named = _files(session)
            found.files, found.errors = named.files, named.errors
            session.announce(named.files)
            for result in remembered.judged(session, named.files, jobs, progress):
                found.results.append(result)
    except KeyboardInterrupt:
        found.is_interrupted = True
    return found


def _files(session: Session) -> Found:
    """Files named, found in folders, and standard input under its name."""
    request = session.request
    paths = [path for path in request.paths if path != STDIN]
    found = discover(paths, session.roots, session.config_of)
    if STDIN not in request.paths and request.stdin is None:
        return found
    path = session.absolute(request.stdin_filename or STDIN)
    session.overlay[path] = request.stdin or b""
    if request.stdin_filename and is_force_excluded(path, session.roots, session.config_of):
        return found
    return Found(tuple(sorted({*found.files, path})), found.errors)


def report(results: Sequence[FileResult], errors: Sequence[RunError], is_interrupted: bool = False) -> Report:
    """One report of many files."""
    findings = sorted((f for result in results for f in result.findings), key=lambda finding: finding.order)
    texts = {path: text for result in results for path, text in sorted(result.texts.items())}
    failures = [result.error for result in results if result.error is not None]
    return Report(
        tuple(findings),
        _pools(results),
        tuple(sorted([*errors, *failures], key=lambda error: (error.path, error.code))),
        _summary(results),
        texts,
        is_interrupted,
    )


def _pools(results: Sequence[FileResult]) -> tuple[PoolEntry, ...]:
    """The pools with the acquires of all files."""
    acquires = _sum(result.acquires for result in results)
    entries = [replace(pool, acquires=acquires.get(pool.key, 0)) for result in results for pool in result.pools]
    return tuple(sorted(entries, key=lambda p: (p.location.path, p.location.line, p.location.column, p.key)))


def _summary(results: Sequence[FileResult]) -> Summary:
    pools = _pools(results)
    judged = sum(sum(result.acquires.values()) for result in results)
    unknown = _sum(result.unknown for result in results)
    return Summary(
        files=len(results),
        candidates=sum(bool(r.pools or r.acquires or r.unknown) for r in results),
        lowered=sum(result.is_lowered for result in results),
        pools=len(pools),
        pools_by_library=dict(sorted(Counter(pool.library for pool in pools).items())),
        sites=judged + sum(unknown.values()),
        judged=judged,
        unknown=unknown,
        held_back=_sum(result.held_back for result in results),
        suppressed=sum(f.suppressed is not None for result in results for f in result.findings),
    )


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items()))

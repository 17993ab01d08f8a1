"""A run that repairs: every file's fixes in rounds, in step, so that each round looks at the project once.

Nothing is written before all rounds are done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from poollint.engine.apply import Fixing, Outcome, fixing
from poollint.engine.permit import Ask, Permit
from poollint.engine.request import Request
from poollint.engine.result import FileResult
from poollint.engine.run import judged, report
from poollint.engine.session import Session
from poollint.engine.workers import judge_all
from poollint.engine.writing import WriteError, write
from poollint.model.finding import Finding
from poollint.model.report import Change, Report, RolledBack, RunError
from poollint.syntax.source import Source, SourceError

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class _File:
    """A file with something to repair. `asked` is the text whose findings it waits for; None when it is done."""

    path: str
    shown: str
    source: Source
    steps: Fixing
    asked: str | None = None
    outcome: Outcome | None = None

    def go_on(self, findings: tuple[Finding, ...] | None) -> None:
        """Up to the next text; `findings` are those of the last one."""
        try:
            self.asked = next(self.steps) if findings is None else self.steps.send(findings)
        except StopIteration as end:
            self.asked, self.outcome = None, end.value

    @property
    def text(self) -> str:
        return self.outcome.text if self.outcome is not None else self.source.text

    @property
    def after(self) -> bytes:
        return self.source.encode(self.text)


def run_fixing(
    request: Request, progress: Progress | None = None, ask: Ask | None = None, is_written: bool = True
) -> Report:
    """Judges what the request names, repairs it, and writes it unless `is_written` is False.

    The report has the changes, and the findings that are left. `ask` is asked before each fix. Standard input is
    never written: its new text is among the changes, under its name. `UsageError` as for a run.
    """
    session = Session(request)
    found = judged(session, progress)
    if found.is_interrupted:
        return replace(report(found.results, found.errors, True), is_fixing=True)
    try:
        files = _opened(session, found.files, found.results, ask)
        _in_step(session, files)
    except KeyboardInterrupt:
        return replace(report(found.results, found.errors, True), is_fixing=True)
    outcomes = {file.shown: file.outcome for file in files if file.outcome is not None}
    results = [_with_findings(result, outcomes.get(result.path)) for result in found.results]
    errors = [*found.errors]
    changed = [file for file in files if file.text != file.source.text]
    if is_written:
        errors += _written(session, changed)
        results = _judged_again(request, session, found.files, results, changed)
    refused = {error.path for error in errors if error.code == UNWRITABLE}
    changes = [_change(file, file.path in session.overlay) for file in changed if file.shown not in refused]
    return replace(
        report(results, errors),
        is_fixing=True,
        changes=tuple(changes),
        rolled_back=tuple(item for file in files for item in _rolled_back(file)),
    )


def _opened(session: Session, paths: Sequence[str], results: Sequence[FileResult], ask: Ask | None) -> list[_File]:
    """The files that have findings with edits, each text once whatever links lead to it."""
    files: list[_File] = []
    seen: set[str] = set()
    for path, result in zip(paths, results, strict=True):
        target = os.path.realpath(path)
        if target in seen or not any(fix.edits for finding in result.findings for fix in finding.fixes):
            continue
        seen.add(target)
        workspace, relative = session.workspace_of(path)
        try:
            source = Source(relative, workspace.read(relative))
        except (SourceError, OSError):
            continue
        permit = Permit(workspace.config, ask, result.path)
        files.append(_File(path, result.path, source, fixing(source.text, result.findings, permit.accepts)))
    for file in files:
        file.go_on(None)
    return files


def _in_step(session: Session, files: Sequence[_File]) -> None:
    """Rounds until no file waits: one session holds all the texts that are asked about."""
    while True:
        waiting = [file for file in files if file.asked is not None]
        if not waiting:
            return
        texts = {file.path: file.after for file in files if file.text != file.source.text}
        texts |= {file.path: file.source.encode(file.asked or "") for file in waiting}
        look = session.with_texts(texts)
        jobs = look.config_here().settings.jobs
        paths = sorted(file.path for file in waiting)
        told = dict(zip(paths, judge_all(look, paths, jobs, None), strict=True))
        for file in waiting:
            file.go_on(told[file.path].findings)


def _with_findings(result: FileResult, outcome: Outcome | None) -> FileResult:
    return result if outcome is None else replace(result, findings=outcome.findings)


# --- afterwards ----------------------------------------------------------------------------------

UNWRITABLE = "unwritable"


def _written(session: Session, changed: Iterable[_File]) -> list[RunError]:
    """The errors of files that could not be written; the others are."""
    errors: list[RunError] = []
    for file in changed:
        if file.path in session.overlay:
            continue
        try:
            write(file.path, file.source.raw, file.after)
        except WriteError as error:
            errors.append(RunError(file.shown, UNWRITABLE, str(error)))
    return errors


def _judged_again(
    request: Request, session: Session, paths: Sequence[str], results: list[FileResult], changed: Sequence[_File]
) -> list[FileResult]:
    """What is said of the files as they now are: a change moves the steps of findings in other files too."""
    if not changed:
        return results
    look = Session(request)
    look.overlay = {**session.overlay, **{f.path: f.after for f in changed if f.path in session.overlay}}
    look.announce(paths)
    return list(judge_all(look, paths, look.config_here().settings.jobs, None))


def _change(file: _File, is_stdin: bool) -> Change:
    applied = file.outcome.applied if file.outcome is not None else ()
    return Change(file.shown, file.source.raw, file.after, applied, is_stdin)


def _rolled_back(file: _File) -> Iterable[RolledBack]:
    if file.outcome is None:
        return
    for item in file.outcome.rejected:
        yield RolledBack(item.finding, item.fix, item.reason)
    if not file.outcome.is_settled:
        for finding in file.outcome.findings:
            if finding.fix is not None and finding.fix.edits:
                yield RolledBack(finding, finding.fix, "there was more to fix after the last round")
                return

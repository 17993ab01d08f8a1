"""Many files: in this process, or in several when there is enough to do.

The index is made first, here; workers are forked from it where that is safe and else start anew. Results come in
the order of the files, so that one process and many give one report.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from poollint.engine.judge import failed
from poollint.engine.request import Request
from poollint.engine.result import FileResult
from poollint.engine.session import Session

WORTH_A_WORKER = 500_000
"""Bytes of candidates from which a further process pays: 0.9 s of judging, where a process costs 0.3 s (measured)."""
LIGHTER = 8
"""How much faster a file's syntax is looked at than a file is judged (measured: 4 MB a second beside 0.5)."""
MOST = 32
STRETCHES = 4
"""Parts of the work for each process: more level the load, fewer share more of what they look up."""

Progress = Callable[[int, int], None]

_session: Session | None = None


def judge_all(session: Session, files: Sequence[str], jobs: int, progress: Progress | None) -> Iterator[FileResult]:
    """The results of absolute paths, in their order. `jobs` 0 = as many as pay."""
    broken = _prepare(session, files)
    wanted = _wanted(session, [path for path in files if path not in broken], jobs)
    told = progress or (lambda done, total: None)
    results = _apart(session, files, broken, wanted) if wanted > 1 else _here(session, files, broken)
    for done, result in enumerate(results, 1):
        yield result
        told(done, len(files))


def _prepare(session: Session, files: Sequence[str]) -> dict[str, FileResult]:
    """Makes what the files share. Where that fails, the results of the files that needed it."""
    broken: dict[str, FileResult] = {}
    failures: dict[int, tuple[str, str]] = {}
    for path in files:
        workspace, relative = session.workspace_of(path)
        if id(workspace) not in failures:
            failures[id(workspace)] = ("", "")
            try:
                _ = workspace.index
            except Exception as error:
                failures[id(workspace)] = (f"{type(error).__name__}: {error}", traceback.format_exc())
        reason, trace = failures[id(workspace)]
        if reason:
            broken[path] = failed(workspace, relative, reason, trace)
    return broken


def _wanted(session: Session, files: Sequence[str], jobs: int) -> int:
    """How many processes."""
    if jobs == 1 or len(files) < 2:
        return 1
    if jobs:
        return min(jobs, len(files))
    work = sum(_work(session, path) for path in files)
    return max(1, min(_processors(), MOST, work // WORTH_A_WORKER, len(files)))


def _processors() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _work(session: Session, path: str) -> int:
    """Bytes to judge; of a file that holds nothing to judge only the syntax is looked at."""
    workspace, relative = session.workspace_of(path)
    try:
        size = len(workspace.read(relative))
        return size if workspace.may_hold_sites(relative) else size // LIGHTER
    except Exception:
        return 0


def _here(session: Session, files: Sequence[str], broken: dict[str, FileResult]) -> Iterator[FileResult]:
    for path in files:
        yield broken[path] if path in broken else session.check(path)


# --- several processes -----------------------------------------------------------------------------


def _apart(session: Session, files: Sequence[str], broken: dict[str, FileResult], jobs: int) -> Iterator[FileResult]:
    """A process that dies costs only the file that killed it: the others of its stretch are judged again."""
    open_files = [path for path in files if path not in broken]
    for workspace in {id(w): w for w in (session.workspace_of(path)[0] for path in open_files)}.values():
        workspace.warm_up()
    executor = _executor(session, jobs)
    done = dict(broken)
    try:
        stretches = _stretches(session, open_files, jobs * STRETCHES)
        futures = [(stretch, executor.submit(_check, stretch)) for stretch in stretches]
        waiting = iter(files)
        for stretch, future in futures:
            try:
                done.update(zip(stretch, future.result(), strict=True))
            except BrokenProcessPool:
                # its threads must end before another fork is safe
                executor.shutdown(wait=True)
                done.update((path, _alone(session, path)) for path in stretch)
            yield from (done[path] for path in _up_to(waiting, stretch[-1]))
        yield from (done[path] for path in waiting)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _up_to(paths: Iterator[str], last: str) -> Iterator[str]:
    for path in paths:
        yield path
        if path == last:
            return


def _stretches(session: Session, files: Sequence[str], count: int) -> list[list[str]]:
    """Neighbours together, in about `count` parts of like work: files of a folder ask for the same helpers."""
    works = [_work(session, path) + 1 for path in files]
    share = sum(works) / count
    found: list[list[str]] = []
    filled = share
    for path, work in zip(files, works, strict=True):
        if filled + work / 2 > share:
            found.append([])
            filled = 0
        found[-1].append(path)
        filled += work
    return found


def _alone(session: Session, path: str) -> FileResult:
    """The file in a process of its own, after some file killed a worker."""
    executor = _executor(session, 1)
    try:
        return executor.submit(_check, [path]).result()[0]
    except BrokenProcessPool:
        workspace, relative = session.workspace_of(path)
        return failed(workspace, relative, "the process that read it died")
    finally:
        executor.shutdown()


def _executor(session: Session, jobs: int) -> ProcessPoolExecutor:
    global _session
    if can_fork():
        _session = session
        return ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), _begin_forked)
    context = multiprocessing.get_context("spawn")
    arguments = (session.request, session.overlay, sorted(session.announced))
    return ProcessPoolExecutor(jobs, context, _begin_anew, arguments)


def can_fork() -> bool:
    """Whether a copy of this process can go on working: not on macOS, not beside running threads."""
    if "fork" not in multiprocessing.get_all_start_methods() or sys.platform == "darwin":
        return False
    return threading.active_count() == 1


def _begin_forked() -> None:
    # Ctrl-C reaches the whole group; the parent tells what was found so far
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _begin_anew(request: Request, overlay: dict[str, bytes], announced: list[str]) -> None:
    global _session
    _begin_forked()
    gc.disable()
    _session = Session(request)
    _session.overlay = overlay
    _session.announce(announced)


def _check(stretch: Sequence[str]) -> list[FileResult]:
    assert _session is not None
    return [_session.check(path) for path in stretch]

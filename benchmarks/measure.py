"""What each depth of reading costs on a folder, in one run and one process.

    python benchmarks/measure.py FOLDER [--every N]

Times are CPU seconds with Python's collector of cycles off throughout, so that the ratios compare like with like.
`--every N` parses only each N-th candidate by LibCST for comparison, and scales the time by bytes.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from poollint.analysis import outline
from poollint.analysis.index import Index
from poollint.analysis.scan import Scanner
from poollint.engine.discovery import discover
from poollint.engine.request import Request
from poollint.engine.result import FileResult
from poollint.engine.session import Session
from poollint.engine.workspace import Workspace
from poollint.syntax.guard import too_deep
from poollint.syntax.source import Source, SourceError


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report."""

    what: str
    files: int
    size: int
    seconds: float | None = None


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    started = time.process_time()
    work()
    return time.process_time() - started


def parse_all(sources: Iterable[Source]) -> None:
    """Parses by LibCST; a file that is no Python costs what it costs."""
    for source in sources:
        with contextlib.suppress(SourceError):
            _ = source.tree


def depths(workspace: Workspace, raw: dict[str, bytes]) -> list[Row]:
    """The depths of one project's index, each by itself."""
    index: Index = workspace.index

    def size(paths: Iterable[str]) -> int:
        return sum(len(raw[path]) for path in paths if path in raw)

    scanner = Scanner(workspace.catalogue.unique_methods)
    scan = timed(lambda: [scanner.scan(text) for text in raw.values()])
    following = timed(lambda: index.candidates)
    outlined = [path for path in sorted(raw) if path in index._outlines]
    texts = [index.source(path).text for path in outlined]
    guarding = timed(lambda: [too_deep(text) for text in texts])
    outlining = timed(lambda: [outline.outline(text, "") for text in texts])
    return [
        Row("byte scan", len(raw), size(raw), scan),
        Row("candidates, with their scan and outlines", len(index.candidates), size(index.candidates), following),
        Row("of these, guard", len(outlined), size(outlined), guarding),
        Row("of these, outlines with guard", len(outlined), size(outlined), outlining),
    ]


def judged(session: Session, workspace: Workspace, files: list[str], raw: dict[str, bytes]) -> list[Row]:
    """Judging every file on the index that is made."""
    linking = timed(lambda: workspace.analysis)
    results: list[FileResult] = []
    seconds = timed(lambda: results.extend(session.check(path) for path in files))
    lowered = workspace.index._lowered
    size = sum(len(raw[path]) for path in lowered if path in raw)
    print(f"findings: {sum(len(result.findings) for result in results)}")
    return [
        Row("callers and holders", len(files), sum(map(len, raw.values())), linking),
        Row("judging", len(files), sum(map(len, raw.values())), seconds),
        Row("of these, lowered by LibCST", len(lowered), size),
    ]


def parsing(paths: list[str], raw: dict[str, bytes], every: int) -> Row:
    """LibCST's parse of the candidates, alone."""
    chosen = paths[::every]
    sources = [Source(path, raw[path]) for path in chosen if _is_decodable(raw[path])]
    seconds = timed(lambda: parse_all(sources))
    part, size = sum(len(raw[path]) for path in chosen), sum(len(raw[path]) for path in paths)
    return Row("LibCST's parse of the candidates, alone", len(paths), size, seconds * size / max(part, 1))


def _is_decodable(raw: bytes) -> bool:
    try:
        Source("", raw)
    except SourceError:
        return False
    return True


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1)
    arguments = parser.parse_args()
    folder = str(arguments.folder.resolve())
    import libcst  # noqa: F401  (its import is not what is measured)

    gc.disable()
    session = Session(Request(paths=(folder,), overrides={"jobs": 1}, working_directory=folder))
    found = discover([folder], session.roots, session.config_of)
    files = sorted(found.files)
    workspace, _ = session.workspace_of(files[0])
    raw = {path: workspace.read(path) for path in sorted(workspace.paths)}
    rows = depths(workspace, raw)
    rows += judged(session, workspace, files, raw)
    everything = sum(row.seconds or 0 for row in (rows[1], rows[4], rows[5]))
    candidates = [path for path in sorted(workspace.index.candidates) if path in raw]
    parse = parsing(candidates, raw, arguments.every)
    rows += [parse, Row("everything", len(raw), sum(map(len, raw.values())), everything)]
    show(rows, parse.seconds or 0.0)


def show(rows: list[Row], parse: float) -> None:
    """Files, megabytes, share of all bytes, seconds, megabytes a second, and the ratio to LibCST's parse."""
    total = rows[0].size or 1
    print(f"{'':42}{'files':>7}{'MB':>8}{'share':>8}{'CPU s':>9}{'MB/s':>8}{'/ parse':>9}")
    for row in rows:
        head = f"{row.what:42}{row.files:>7}{row.size / 1e6:>8.2f}{row.size / total:>8.3f}"
        if row.seconds is None:
            print(head)
            continue
        rate = row.size / 1e6 / row.seconds if row.seconds else 0.0
        print(f"{head}{row.seconds:>9.2f}{rate:>8.1f}{row.seconds / parse if parse else 0.0:>9.3f}")


if __name__ == "__main__":
    main()

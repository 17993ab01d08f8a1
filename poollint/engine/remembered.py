"""What a run need not work out again: results kept by the state of their project.

A state is all that a verdict can hang on: poollint's own code, the readers' versions, the settings, the paths of the
project's files and what each of them holds. One different byte makes another state, so that a stale result cannot
be found, whatever clocks and checkouts do; the file system's word for a file spares only reading it again.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from poollint import __version__
from poollint.engine import deployment
from poollint.engine.codec import NotThisData, decoded, encoded
from poollint.engine.config import Config
from poollint.engine.requirements import REQUIREMENT_FOLDERS
from poollint.engine.result import FileResult
from poollint.engine.roots import Root
from poollint.engine.session import Session
from poollint.engine.store import Store
from poollint.engine.workspace import Workspace
from poollint.syntax.source import Source, SourceError

PACKAGE = Path(__file__).parents[1]
CONFIGURATION = (".toml", ".cfg", ".txt", ".in", ".lock", "Pipfile")
"""How files beside the sources are named that can say what the project requires."""
UNTOUCHED = 2_000_000_000
"""Nanoseconds after which a file's times tell that it was changed: they are coarse, and two writes may share one."""
ARROW = " -> "
PLAIN = ""
"""Of a file of which nothing is said."""
AS_ASKED = frozenset({"jobs", "cache_dir", "output_format", "fail_on"})
"""Settings that change no result."""


Progress = Callable[[int, int], None]


def judged(session: Session, files: Sequence[str], jobs: int, progress: Progress | None) -> Iterator[FileResult]:
    """The results of absolute paths, in their order: those that are known, and the others as they are worked out."""
    memories = _memories(session, files) if session.request.is_cached else []
    told = progress or (lambda done, total: None)
    try:
        known = {path: result for memory, paths in memories for path, result in memory.known(paths).items()}
        owners = {path: memory for memory, paths in memories for path in paths}
        with contextlib.closing(_worked_out(session, [path for path in files if path not in known], jobs)) as others:
            for done, path in enumerate(files, 1):
                result = known.get(path)
                if result is None:
                    result = next(others)
                    if path in owners:
                        owners[path].add(path, result)
                yield result
                told(done, len(files))
    finally:
        for memory, _ in memories:
            memory.close()


def _worked_out(session: Session, files: Sequence[str], jobs: int) -> Generator[FileResult, None, None]:
    if files:
        # what judges is not imported where there is nothing to judge
        from poollint.engine.workers import judge_all

        yield from judge_all(session, files, jobs, None)


def _memories(session: Session, files: Sequence[str]) -> list[tuple[Memory, list[str]]]:
    """One memory a project, with the paths that it is asked for."""
    paths: dict[int, list[str]] = {}
    found: dict[int, Workspace] = {}
    for path in files:
        workspace, _ = session.workspace_of(path)
        found[id(workspace)] = workspace
        paths.setdefault(id(workspace), []).append(path)
    kept = {key: w for key, w in found.items() if cache_folder(w.root, w.config) is not None}
    return [(Memory(workspace), paths[key]) for key, workspace in kept.items()]


def cache_folder(root: Root, config: Config) -> Path | None:
    """The folder of a project's cache: below its root, or wherever a flag says; None where it has none."""
    if not root.is_whole:
        return None
    top = os.path.realpath(root.folder)
    folder = os.path.normpath(os.path.join(top, config.settings.cache_dir))
    is_below = folder.startswith(top.rstrip(os.sep) + os.sep)
    return Path(folder) if is_below or config.origins.get("cache_dir") == "flags" else None


class Memory:
    """The results of one project in the state that it is in when this is made."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        folder = cache_folder(workspace.root, workspace.config)
        assert folder is not None
        self.store = Store(folder)
        self._stamps: dict[str, str] = {}
        self._new: dict[str, str] = {}
        self._noted: list[tuple[str, str, str]] = []
        self.state = self._state()

    def known(self, paths: Sequence[str]) -> dict[str, FileResult]:
        """The results that are kept, by the absolute path."""
        kept = self.store.results(self.state)
        found: dict[str, FileResult] = {}
        for path in paths:
            value = kept.get(self._relative(path))
            result = self._result(self._relative(path), value) if value is not None else None
            if result is not None:
                found[path] = result
        return found

    def add(self, path: str, result: FileResult) -> None:
        """Takes a new result, unless something went wrong with it."""
        if result.error is None:
            with contextlib.suppress(ValueError):
                self._new[self._relative(path)] = self._value(result)

    def close(self) -> None:
        """Writes what is new, if the project is still in its state."""
        if (self._new or self._noted) and self._is_unchanged():
            self.store.keep(self.state, self._new, self._noted)
        self.store.close()

    # --- results ---

    def _value(self, result: FileResult) -> str:
        if result == FileResult(result.path):
            return PLAIN
        texts = [self._relative(os.path.join(self.workspace.working_directory, shown)) for shown in result.texts]
        return json.dumps([encoded(replace(result, texts={})), texts], separators=(",", ":"))

    def _result(self, path: str, value: str) -> FileResult | None:
        shown = self.workspace.display(path)
        if value == PLAIN:
            return FileResult(shown)
        try:
            data, texts = json.loads(value)
            result = decoded(FileResult, data)
            read = {self.workspace.display(other): self._text(other) for other in texts}
        except (NotThisData, ValueError, TypeError, OSError, SourceError, RecursionError):
            return None
        return replace(result, texts=read) if result.path == shown else None

    def _text(self, path: str) -> str:
        return Source(path, self.workspace.read(path)).text

    def _relative(self, path: str) -> str:
        """From the root; `ValueError` for what is not below it."""
        folder = self.workspace.root.folder.rstrip("/") + "/"
        absolute = os.path.normpath(path).replace(os.sep, "/")
        if not absolute.startswith(folder):
            raise ValueError(path)
        return absolute[len(folder) :]

    # --- the state ---

    def _state(self) -> str:
        workspace = self.workspace
        settings = repr({k: v for k, v in _settings(workspace).items() if k not in AS_ASKED})
        config = workspace.config
        about = [
            _own(),
            repr(workspace.depths),
            settings + repr((config.exclude, config.file_ignores, config.roles, config.libraries)),
            repr(sorted(item for item in config.origins.items() if item[0] not in AS_ASKED)),
            workspace.display("x.py"),
        ]
        hashed = hashlib.blake2b("\0".join(about).replace(workspace.root.folder, "<root>").encode(), digest_size=20)
        known = self.store.hashes()
        for path in sorted(workspace.paths | _configuration(workspace)):
            each = f"\0{path}\0{self._hash(path, known)}{self._target(path)}"
            hashed.update(each.encode("utf-8", "surrogateescape"))
        return hashed.hexdigest()

    def _hash(self, path: str, known: dict[str, tuple[str, str]]) -> str:
        """The hash of a file's bytes; "" for one that cannot be read, which no result is kept for."""
        workspace = self.workspace
        if path in workspace.overlay:
            return _hash_of(workspace.overlay[path])
        stamp = self._stamps[path] = stamp_of(workspace.absolute(path))
        noted = known.get(path)
        if noted is not None and noted[0] == stamp:
            return noted[1]
        try:
            found = _hash_of(workspace.read(path) if path in workspace.paths else _bytes(workspace.absolute(path)))
        except OSError:
            return ""
        if stamp and _is_settled(stamp):
            self._noted.append((path, stamp, found))
        return found

    def _target(self, path: str) -> str:
        """Where a link leads: one out of the root is not followed."""
        target = self._stamps.get(path, "").partition(ARROW)[2]
        return target.replace(self.workspace.root.folder, "<root>")

    def _is_unchanged(self) -> bool:
        """Whether the files are still those that the state was made of: one may have been edited since."""
        absolute = self.workspace.absolute
        return all(stamp == stamp_of(absolute(path)) for path, stamp in self._stamps.items())


def _settings(workspace: Workspace) -> dict[str, object]:
    settings = workspace.config.settings
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}


def _configuration(workspace: Workspace) -> set[str]:
    """Files beside the sources that may say what the project requires, or how its services are run."""
    sources = workspace.paths
    starting = deployment.files(
        workspace.root.folder, lambda path: path not in sources and deployment.may_be_of_interest(path)
    )
    found = set(starting)
    for folder in ("", *(f"{name}/" for name in REQUIREMENT_FOLDERS)):
        with contextlib.suppress(OSError):
            names = os.listdir(workspace.absolute(folder))
            found.update(folder + name for name in names if name.endswith(CONFIGURATION))
    return found


def stamp_of(path: str) -> str:
    """What the file system says of a file; a link is told by where it leads, too."""
    try:
        about = os.lstat(path)
        target = ""
        if stat.S_ISLNK(about.st_mode):
            target, about = os.path.realpath(path), os.stat(path)
    except OSError:
        return ""
    return f"{about.st_mtime_ns} {about.st_ctime_ns} {about.st_size} {about.st_ino}{target and ARROW}{target}"


def _is_settled(stamp: str) -> bool:
    modified, changed = stamp.split(" ")[:2]
    return time.time_ns() - max(int(modified), int(changed)) > UNTOUCHED


def _bytes(path: str) -> bytes:
    return Path(path).read_bytes()


def _hash_of(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


@cache
def _own() -> str:
    """What poollint itself is: its version is the same for two states of its code, so that counts too."""
    hashed = hashlib.blake2b(digest_size=16)
    for folder, folders, names in os.walk(PACKAGE):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".py", ".toml")):
                hashed.update(name.encode() + b"\0" + Path(folder, name).read_bytes() + b"\0")
    return f"{__version__} {sys.version_info[:3]} {_libcst()} {hashed.hexdigest()}"


def _libcst() -> str:
    """LibCST's version, by the name of what its installation left: asking for it properly, or importing it, would
    take longer than all else that a warm run does."""
    found = importlib.util.find_spec("libcst")
    if found is None or found.origin is None:
        return ""
    beside = Path(found.origin).parents[1]
    names = [name for name in os.listdir(beside) if name.startswith("libcst-")]
    return " ".join(sorted(names)) or str(os.stat(found.origin).st_mtime_ns)

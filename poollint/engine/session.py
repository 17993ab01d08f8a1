"""What the files of one run share: settings, catalogue, and one workspace a project. The command line, flake8 and
editors all ask here, so that they agree."""

from __future__ import annotations

import io
import os
import tokenize
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from poollint.engine.config import Config, Configs
from poollint.engine.discovery import SUFFIXES, project_files
from poollint.engine.errors import UsageError
from poollint.engine.request import STDIN, Request
from poollint.engine.result import FileResult
from poollint.engine.roots import Root, Roots, is_within, real
from poollint.engine.workspace import Workspace
from poollint.model.finding import Finding
from poollint.syntax.source import BOM

if TYPE_CHECKING:
    from poollint.catalogue.catalogue import Catalogue


class Session:
    """Workspaces are made when a file of theirs is first asked for; `UsageError` where a setting is wrong."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.roots = Roots(request.working_directory, request.isolated)
        self.configs = Configs(self.roots, request.overrides, request.config)
        self.overlay: dict[str, bytes] = {}
        self.announced: set[str] = set()
        self._files: dict[str, frozenset[str]] = {}
        self._workspaces: dict[tuple[str, str], Workspace] = {}
        self._catalogues: dict[str, Catalogue] = {}

    # --- settings ---

    def config_of(self, root: Root) -> Config:
        return self.configs.of(root)

    def config_here(self) -> Config:
        """The configuration for what concerns the run as a whole: that of the first path."""
        first = next((path for path in self.request.paths if path != STDIN), self.request.stdin_filename or ".")
        path = self.absolute(first)
        return self.config_of(self.roots.root_of(f"{path}/x.py" if os.path.isdir(path) else path))

    def absolute(self, path: str) -> str:
        """A path as given, made absolute."""
        return real(os.path.join(self.roots.working_directory, path))

    # --- files ---

    def announce(self, paths: Iterable[str]) -> None:
        """Says which absolute paths will be asked for: named files that no suffix tells to be Python join
        their projects before these are read."""
        self.announced.update(path for path in paths if not path.endswith(SUFFIXES) and os.path.isfile(path))

    def workspace_of(self, path: str) -> tuple[Workspace, str]:
        """The project of an absolute path, and the path from its root.

        A file that its project must not know (ignored by git, installed, outside of every project) is a project
        of its own.
        """
        root = self.roots.root_of(path)
        if root.is_whole:
            relative = path[len(root.folder.rstrip("/")) + 1 :]
            paths = self._files_of(root)
            if relative in paths:
                return self._workspace(root, paths, ""), relative
        folder, _, name = path.rpartition("/")
        return self._workspace(Root(folder, is_whole=False), frozenset({name}), name), name

    def check(self, path: str) -> FileResult:
        """All that is said of the file at an absolute path."""
        from poollint.engine.judge import judge

        workspace, relative = self.workspace_of(path)
        return judge(workspace, relative)

    def check_text(self, path: str, text: str | bytes) -> tuple[Finding, ...]:
        """The findings of a file whose text the caller has; suppressed ones are marked.

        `path` is relative to the working directory. A text that is what the disk holds costs nothing more; any
        other replaces the file in its project.
        """
        absolute = self.absolute(path)
        raw = _encoded(text)
        if self._is_on_disk(absolute, text, raw):
            return self.check(absolute).findings
        return self.with_text(absolute, raw).check(absolute).findings

    def with_text(self, path: str, raw: bytes) -> Session:
        """The same session, with another text at an absolute path."""
        return self.with_texts({path: raw})

    def with_texts(self, texts: Mapping[str, bytes]) -> Session:
        """The same session, with other texts at absolute paths."""
        session = Session(self.request)
        session.overlay = {**self.overlay, **texts}
        session._catalogues = self._catalogues
        session.announced = set(self.announced)
        return session

    def _is_on_disk(self, path: str, text: str | bytes, raw: bytes) -> bool:
        workspace, relative = self.workspace_of(path)
        try:
            held = workspace.read(relative)
        except OSError:
            return False
        if held == raw:
            return True
        if isinstance(text, bytes):
            return False
        encoding = _encoding(held)
        try:
            decoded = held.removeprefix(BOM).decode(encoding)
        except (ValueError, LookupError):
            return False
        # readers translate newlines; lines and columns stay
        return io.IncrementalNewlineDecoder(None, True).decode(decoded, True) == text

    def notes(self) -> tuple[str, ...]:
        """Files about how a project is run that were left aside, as far as they were looked at."""
        looked_at = [workspace for workspace in self._workspaces.values() if "declared" in vars(workspace)]
        return tuple(sorted({note for workspace in looked_at for note in workspace.declared.notes}))

    # --- workspaces ---

    def _files_of(self, root: Root) -> frozenset[str]:
        if root.folder not in self._files:
            start = root.folder.rstrip("/") + "/"
            files = project_files(root, self.roots, self.config_of(root).settings.respect_gitignore)
            named = {path for path in self.overlay if path.endswith(SUFFIXES)} | self.announced
            extra = {path[len(start) :] for path in named if is_within(path, root.folder)}
            self._files[root.folder] = files | {path for path in extra if self.roots.root_of(start + path) == root}
        return self._files[root.folder]

    def _workspace(self, root: Root, paths: frozenset[str], name: str) -> Workspace:
        key = (root.folder, name)
        if key not in self._workspaces:
            start = root.folder.rstrip("/") + "/"
            overlay = {p[len(start) :]: raw for p, raw in self.overlay.items() if is_within(p, root.folder)}
            config = self.config_of(self.roots.root_of(start + name) if name else root)
            catalogue = partial(self._catalogue, config)
            if config.libraries:
                # what users declare may be wrong, which they are told before anything is judged
                catalogue()
            self._workspaces[key] = Workspace(
                root,
                paths,
                config,
                catalogue,
                self.roots.working_directory,
                overlay,
                self.request.depths,
            )
        return self._workspaces[key]

    def _catalogue(self, config: Config) -> Catalogue:
        key = repr(config.libraries)
        if key not in self._catalogues:
            self._catalogues[key] = _catalogue(config.libraries)
        return self._catalogues[key]


def _catalogue(tables: Iterable[tuple[str, Mapping[str, object]]]) -> Catalogue:
    from poollint.catalogue.catalogue import load_catalogue
    from poollint.catalogue.load import CatalogueError, user_library

    try:
        return load_catalogue([user_library(table, f"{origin}: library") for origin, table in tables])
    except CatalogueError as error:
        raise UsageError(str(error)) from None


def _encoded(text: str | bytes) -> bytes:
    """The text as bytes, in the encoding that it declares."""
    if isinstance(text, bytes):
        return text
    raw = text.encode("utf-8", "surrogatepass")
    try:
        return text.encode(_encoding(raw))
    except (ValueError, LookupError):
        return raw


def _encoding(raw: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(raw.removeprefix(BOM)).readline)[0]
    except (SyntaxError, LookupError):
        return "utf-8"

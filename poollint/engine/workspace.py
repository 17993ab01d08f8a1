"""One project of a run: its settings, what is known of it, and its contents as read once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from poollint.engine.config import Config
from poollint.engine.deployment import declared
from poollint.engine.requirements import Requirements
from poollint.engine.roles import role_of
from poollint.engine.roots import Root, displayed
from poollint.engine.run_time import has_pool
from poollint.engine.select import SELECTORS, Selection, selection
from poollint.model.declared import Declared
from poollint.model.facts import PoolImport
from poollint.model.finding import Location
from poollint.model.rule import Rule
from poollint.model.settings import Depths
from poollint.rules import all_rules

if TYPE_CHECKING:
    from poollint.analysis.collect import Analysis
    from poollint.analysis.index import Index
    from poollint.catalogue.catalogue import Catalogue


class Workspace:
    """`paths` are the project's files from its root; `overlay` holds texts that replace files on disk."""

    def __init__(
        self,
        root: Root,
        paths: frozenset[str],
        config: Config,
        catalogue: Callable[[], Catalogue],
        working_directory: str,
        overlay: Mapping[str, bytes],
        depths: Depths,
    ) -> None:
        self.root = root
        self.paths = paths
        self.config = config
        self._catalogue = catalogue
        self.working_directory = working_directory
        self.overlay = overlay
        self.depths = depths
        self._contents: dict[str, bytes] = {}

    # --- contents ---

    def read(self, path: str) -> bytes:
        """A file's bytes; each is read once, so that verdicts and edits speak of one text. `OSError` goes through."""
        if path in self.overlay:
            return self.overlay[path]
        if path not in self._contents:
            self._contents[path] = Path(self.absolute(path)).read_bytes()
        return self._contents[path]

    def _read_or_nothing(self, path: str) -> bytes:
        """For the index: a file that cannot be read holds nothing; judging it tells the error."""
        try:
            return self.read(path)
        except OSError:
            return b""

    def absolute(self, path: str) -> str:
        return f"{self.root.folder.rstrip('/')}/{path}"

    def display(self, path: str) -> str:
        """A path from the root as users see it."""
        return displayed(self.absolute(path), self.working_directory)

    def start_of(self, path: str) -> Location:
        """The first line of a file, for what is said of it as a whole."""
        return Location(self.display(path), 1, 1, 1, 1)

    # --- what is known ---

    @cached_property
    def catalogue(self) -> Catalogue:
        """Read when first needed: a run whose results are known asks it nothing."""
        return self._catalogue()

    @cached_property
    def index(self) -> Index:
        from poollint.analysis.index import Index

        sources = self.config.settings.src
        folder, read = Path(self.root.folder), self._read_or_nothing
        return Index(folder, self.paths, self.catalogue, read, sources, self.depths)

    @cached_property
    def analysis(self) -> Analysis:
        from poollint.analysis.collect import Analysis

        versions = Requirements(self.root.folder if self.root.is_whole else None)
        pool = PoolImport(self.config.settings.pool_import, self._has_pool)
        project, candidates, is_application = self.index.project, self.index.candidates, self._is_application
        return Analysis(project, candidates, self.catalogue, versions.of, pool, self.declared, is_application)

    @property
    def _has_pool(self) -> bool:
        settings = self.config.settings
        return self.root.is_whole and has_pool(self.root.folder, settings.pool_import, settings.src)

    def _is_application(self, path: str) -> bool:
        return self.role(path) == "application"

    @cached_property
    def declared(self) -> Declared:
        """What the project says of how it is run."""
        folder = self.root.folder if self.root.is_whole else None
        return declared(folder, self.config.settings, self.catalogue)

    def warm_up(self) -> None:
        """Makes what workers had better inherit than each make anew; a failure comes back with the first file."""
        with contextlib.suppress(Exception):
            _ = self.analysis

    def may_hold_sites(self, path: str) -> bool:
        """Whether a file is worth lowering."""
        return path in self.index.candidates and self.index.may_hold_sites(path)

    # --- what is asked ---

    @cached_property
    def selection(self) -> Selection:
        origins = self.config.origins
        return selection(self.config.settings, [name for name in SELECTORS if origins.get(name) == "flags"])

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """Every rule by code, selected or not."""
        return {rule.code: rule for rule in all_rules()}

    def role(self, path: str) -> str:
        return role_of(path, self.root.folder, self.read, self.config.roles, self.catalogue.file_roles)

    def ignored_here(self, path: str) -> tuple[str, ...]:
        """The words of `per-file-ignores` that hold for a file."""
        absolute = self.absolute(path)
        holding = (ignores for ignores in self.config.file_ignores if ignores.holds_for(absolute))
        return tuple(word for ignores in holding for word in ignores.selectors)

"""All that is true of a file: the readers of acquires, constructions, settings and waits, over one project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from poollint.analysis.acquires import AcquireReader
from poollint.analysis.blocking import BlockingReader
from poollint.analysis.constructs import ConstructReader
from poollint.analysis.freshness import FreshnessReader
from poollint.analysis.linker import Linker
from poollint.analysis.misfits import MisfitReader
from poollint.analysis.obligations import ObligationReader
from poollint.analysis.project import Project
from poollint.analysis.reach import Reach
from poollint.analysis.settings import SettingReader, VersionsOf, any_version
from poollint.analysis.sharing import SharingReader
from poollint.analysis.timed import TimedReader
from poollint.analysis.unawaited import UnawaitedReader
from poollint.analysis.unbounded import UnboundedReader
from poollint.analysis.values import ValueReader
from poollint.catalogue.catalogue import Catalogue
from poollint.model import form
from poollint.model.facts import ConstructFact, FileFacts, PoolImport
from poollint.model.library import POOL_OWNING


class Analysis:
    """What is known of one project; answers file by file."""

    def __init__(
        self,
        project: Project,
        candidates: frozenset[str],
        catalogue: Catalogue,
        versions: VersionsOf = any_version,
        pool_import: PoolImport | None = None,
    ) -> None:
        self._pool_import = pool_import or PoolImport()
        self.project = project
        self.linker = Linker(project, candidates)
        self.reach = Reach(self.linker, candidates)
        reader = ValueReader(self.linker)
        settings = SettingReader(reader, versions)
        self._acquires = AcquireReader(self.linker, settings, self.reach.runs)
        self._timed = TimedReader(self.linker, self._acquires.hand_outs.finder)
        self._unawaited = UnawaitedReader(self.linker, self._acquires.hand_outs)
        self._freshness = FreshnessReader(settings, self.reach.runs)
        self._constructs = ConstructReader(settings, self.reach, self._freshness)
        self._misfits = MisfitReader(settings)
        self._unbounded = UnboundedReader(settings, self.reach)
        self._sharing = SharingReader(self.reach)
        self._obligations = ObligationReader(self.reach)
        self._blocking = BlockingReader(self.linker, self.reach)

    def facts(self, path: str) -> FileFacts:
        """The facts of one file of the project; empty where it cannot be read."""
        file = self.project.file(path)
        if file is None:
            return FileFacts(path)
        functions = list(_judged(file.form))
        acquires, unknown = self._acquires.facts(path)
        return FileFacts(
            path=path,
            acquires=acquires,
            constructs=tuple(self._among_others(c) for f in functions for c in self._constructs.facts(f, path)),
            freshness=tuple(fact for f in functions for fact in self._freshness.facts(f, path)),
            unbounded=tuple(fact for f in functions for fact in self._unbounded.facts(f, path)),
            misfits=tuple(fact for f in functions for fact in self._misfits.facts(f, path)),
            blocking=tuple(fact for f in functions for fact in self._blocking.facts(f, path)),
            unawaited=tuple(fact for f in functions for fact in self._unawaited.facts(f, path)),
            timed=tuple(fact for f in functions for fact in self._timed.facts(f, path)),
            pool_import=_imported_in(file.form, self._pool_import),
            shared=tuple(fact for f in functions for fact in self._sharing.sessions(f, path)),
            unknown=unknown,
        )

    def _among_others(self, fact: ConstructFact) -> ConstructFact:
        """With what only the project's other code tells of a construction."""
        if fact.kind not in (*POOL_OWNING, "connection") or fact.mocked:
            return fact
        threads = self._sharing.threads(fact)
        must_close = fact.constructor.must_close == "always"
        unclosed = self._obligations.unclosed(fact) if must_close else ""
        return replace(fact, threads=threads, unclosed=unclosed) if threads or unclosed else fact


def _imported_in(file: form.FileForm, pool: PoolImport) -> PoolImport:
    """Known for certain where the file imports it at its top already."""
    names = [
        name
        for function in file.functions.values()
        if function.qualified == form.MODULE
        for statement in function.body
        if isinstance(statement, form.Import)
        for name in statement.names
    ]
    is_there = any(not name.level and name.module == pool.module for name in names)
    return replace(pool, is_known=pool.is_known or is_there)


def _judged(file: form.FileForm) -> Iterator[form.FunctionForm]:
    """Functions, lambdas, class bodies and the module itself, in a stable order."""
    for qualified in sorted(file.functions):
        yield file.functions[qualified]



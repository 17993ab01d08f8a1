"""All that is true of a file: the readers of acquires, constructions, settings and waits, over one project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from poollint.analysis.acquires import AcquireReader
from poollint.analysis.blocking import BlockingReader
from poollint.analysis.capacity import LASTING, CapacityReader
from poollint.analysis.constructs import ConstructReader
from poollint.analysis.demands import DemandReader
from poollint.analysis.freshness import FreshnessReader
from poollint.analysis.linker import Linker
from poollint.analysis.misfits import MisfitReader
from poollint.analysis.obligations import ObligationReader
from poollint.analysis.project import Project
from poollint.analysis.reach import Reach
from poollint.analysis.repeats import Repeats
from poollint.analysis.settings import SettingReader, VersionsOf, any_version
from poollint.analysis.sharing import SharingReader
from poollint.analysis.timed import TimedReader
from poollint.analysis.unawaited import UnawaitedReader
from poollint.analysis.unbounded import UnboundedReader
from poollint.analysis.values import ValueReader
from poollint.catalogue.catalogue import Catalogue
from poollint.model import form
from poollint.model.capacity import CapacityFact
from poollint.model.declared import Declared
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
        declared: Declared | None = None,
        is_application: Callable[[str], bool] = lambda path: True,
    ) -> None:
        self._pool_import = pool_import or PoolImport()
        self.project = project
        self.linker = Linker(project, candidates)
        self.reach = Reach(self.linker, candidates)
        reader = ValueReader(self.linker)
        settings = SettingReader(reader, versions)
        self._acquires = AcquireReader(self.linker, settings, Repeats(self.reach).runs)
        self._timed = TimedReader(self.linker, self._acquires.hand_outs.finder)
        self._unawaited = UnawaitedReader(self.linker, self._acquires.hand_outs)
        self._freshness = FreshnessReader(settings, self.reach.runs)
        self._constructs = ConstructReader(settings, self.reach, self._freshness)
        self._misfits = MisfitReader(settings)
        self._unbounded = UnboundedReader(settings, self.reach)
        self._sharing = SharingReader(self.reach)
        self._obligations = ObligationReader(self.reach)
        demands = DemandReader(reader, self.reach, declared or Declared(), is_application)
        self._capacity = CapacityReader(settings, self._freshness, demands, declared or Declared())
        self._is_application = is_application
        self._everything: tuple[CapacityFact, ...] | None = None
        self._blocking = BlockingReader(self.linker, self.reach)

    def facts(self, path: str) -> FileFacts:
        """The facts of one file of the project; empty where it cannot be read."""
        file = self.project.file(path)
        if file is None:
            return FileFacts(path)
        functions = list(_judged(file.form))
        acquires, unknown = self._acquires.facts(path)
        constructs = self._constructed(path)
        return FileFacts(
            path=path,
            acquires=acquires,
            constructs=tuple(self._among_others(c) for c in constructs),
            freshness=tuple(fact for f in functions for fact in self._freshness.facts(f, path)),
            unbounded=tuple(fact for f in functions for fact in self._unbounded.facts(f, path)),
            misfits=tuple(fact for f in functions for fact in self._misfits.facts(f, path)),
            blocking=tuple(fact for f in functions for fact in self._blocking.facts(f, path)),
            unawaited=tuple(fact for f in functions for fact in self._unawaited.facts(f, path)),
            timed=tuple(fact for f in functions for fact in self._timed.facts(f, path)),
            pool_import=_imported_in(file.form, self._pool_import),
            shared=tuple(fact for f in functions for fact in self._sharing.sessions(f, path)),
            capacities=self._capacity.with_budget(self._capacity.facts(constructs), self._all_capacities),
            unknown=unknown,
        )

    def _constructed(self, path: str) -> tuple[ConstructFact, ...]:
        file = self.project.file(path)
        functions = [] if file is None else list(_judged(file.form))
        return tuple(fact for f in functions for fact in self._constructs.facts(f, path))

    def _all_capacities(self) -> tuple[CapacityFact, ...]:
        """The lasting pools of the whole application, for what they come to together."""
        if self._everything is None:
            paths = [path for path in sorted(self.reach.candidates) if self._is_application(path)]
            lasting = [c for path in paths for c in self._constructed(path) if c.lifetime in LASTING]
            self._everything = self._capacity.facts(tuple(lasting))
        return self._everything

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
        for statement in file.functions[form.MODULE].body
        if isinstance(statement, form.Import)
        for name in statement.names
    ]
    is_there = any(not name.level and name.module == pool.module for name in names)
    return replace(pool, is_known=pool.is_known or is_there)


def _judged(file: form.FileForm) -> Iterator[form.FunctionForm]:
    """Functions, lambdas, class bodies and the module itself, in a stable order."""
    for qualified in sorted(file.functions):
        yield file.functions[qualified]



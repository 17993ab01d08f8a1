"""How many connections each pool may have, what happens when they are all in use, and who wants them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from poollint.analysis.definitions import Located
from poollint.analysis.demands import DemandReader
from poollint.analysis.freshness import FreshnessReader
from poollint.analysis.linking import Scope
from poollint.analysis.settings import SettingReader, surely_among
from poollint.analysis.sites import call_at
from poollint.analysis.values import Arguments, one_of
from poollint.model import form
from poollint.model.capacity import Budget, CapacityFact, Setting
from poollint.model.declared import Declared
from poollint.model.facts import ConstructFact
from poollint.model.library import Acquire, Constructor, Library
from poollint.model.meaning import DYNAMIC, External
from poollint.model.sizing import Load
from poollint.model.value import Default, Known, OneOf, Unknown, Value

LASTING = ("lasting", "guarded", "kept")
"""Lifetimes of pools that are there all the time, one for all who come."""
RESERVED = 3
"""Connections that a database keeps for its administrator, unless it is said."""


@dataclass(frozen=True, slots=True)
class _Exhausted:
    how: str
    seconds: float | None


class CapacityReader:
    """Makes the facts of one file's constructions."""

    def __init__(
        self, settings: SettingReader, freshness: FreshnessReader, demands: DemandReader, declared: Declared
    ) -> None:
        self.settings = settings
        self.reader = settings.reader
        self.linker = settings.reader.linker
        self.catalogue = settings.reader.linker.catalogue
        self.freshness = freshness
        self.demands = demands
        self.declared = declared

    def facts(self, constructs: tuple[ConstructFact, ...]) -> tuple[CapacityFact, ...]:
        found = (self._fact(construct) for construct in constructs)
        return tuple(fact for fact in found if fact is not None)

    def with_budget(
        self, own: tuple[CapacityFact, ...], everything: Callable[[], tuple[CapacityFact, ...]]
    ) -> tuple[CapacityFact, ...]:
        """The facts of a file, the first pool of the project with what all of them come to."""
        database = self._database()
        if database is None or not any(fact.library.has_server_limit for fact in own):
            return own
        counted = [fact for fact in everything() if fact.library.has_server_limit]
        budget = self._budget(counted, *database)
        if budget is None:
            return own
        first = min(counted, key=lambda fact: fact.place)
        return tuple(replace(fact, budget=budget) if fact.place == first.place else fact for fact in own)

    # --- one construction ---

    def _fact(self, construct: ConstructFact) -> CapacityFact | None:
        """What is known of a pool that is made here, and not by a function that it calls."""
        if construct.place != construct.origin or construct.mocked or construct.unpooled or not construct.dotted:
            return None
        place = construct.place
        call = call_at(self.linker, place)
        if call is None:
            return None
        arguments = self.reader.arguments(call, Scope(place.path, place.function))
        if self._is_anothers(construct.dotted, arguments):
            return None
        given = self._settings(construct.dotted, arguments, call)
        limit, unlimited, is_default = self._limit(given)
        exhausted = self._exhausted(construct, given)
        if ("size" not in given and "per-host" not in given) or not exhausted.how:
            return None
        fact = CapacityFact(
            place=place,
            library=construct.library,
            name=construct.name,
            text=construct.text,
            kind=construct.kind,
            key=construct.key.text if construct.key is not None else "",
            limit=limit,
            unlimited=unlimited,
            is_unlimited_by_default=is_default,
            kept=self._kept(given, limit),
            exhausted=exhausted.how,
            wait=exhausted.seconds,
            settings=given,
            load=self._load(construct),
        )
        return self._with_demands(fact, construct)

    def _with_demands(self, fact: CapacityFact, construct: ConstructFact) -> CapacityFact:
        if fact.limit is None and not fact.unlimited:
            return fact
        place = fact.place
        is_shared = construct.lifetime in LASTING
        served = self.demands.served(place) if is_shared else None
        batches = self.demands.batches(place) if is_shared or construct.lifetime == "local" else ()
        return replace(
            fact,
            demands=(*batches, *(served.demands if served is not None else ())),
            served=served.how if served is not None else "",
            is_used=bool(self.demands.uses(place)),
            is_guarded=self.demands.is_guarded(place),
        )

    def _is_anothers(self, dotted: str, arguments: Arguments) -> bool:
        """Whether its pool, its class of pool or its connections are chosen by what is not seen; or its database has
        no server."""
        known = self.catalogue.freshness_of(dotted)
        if known is None:
            return False
        freshness = known[1]
        given = arguments.keywords.values
        if any(keyword in given for keyword in freshness.exempt_keywords):
            return True
        if self.freshness.keeps_nothing(arguments, freshness):
            return True
        dialect = self.freshness.dialect(arguments, freshness)
        return dialect is not None and dialect in freshness.exempt_dialects

    # --- numbers ---

    def _settings(self, dotted: str, arguments: Arguments, call: form.Call) -> dict[str, Setting]:
        found: dict[str, Setting] = {}
        written = {argument.keyword for argument in call.args}
        for option in self.catalogue.options_of(dotted):
            if option.on_call:
                continue
            value = self.settings.value(dotted, option, arguments)
            is_positional = option.position is not None and option.position < len(arguments.positions)
            is_free = option.keyword in written or option.keyword not in arguments.keywords.values
            setting = Setting(option, value, is_free and not is_positional and not option.through)
            if option.through and not isinstance(value, Default):
                setting = self._within(setting, arguments.given(option.keyword, option.position))
            found.setdefault(option.role, setting)
        size = found.get("size")
        if size is not None and size.option.unset_is in found and _literal(size.value) is None:
            if not isinstance(size.value, (Unknown, OneOf)):
                found["size"] = replace(size, value=found[size.option.unset_is].value)
        return found

    def _within(self, outer: Setting, given: list[Located]) -> Setting:
        """The setting of the same role of the object that an option is given."""
        unknown = replace(outer, value=DYNAMIC)
        values: list[Value] = []
        for located in (each for one in given for each in self.reader.written(one)):
            made = located.expression
            callee = self.linker.meaning(made.func, located.scope) if isinstance(made, form.Call) else None
            name = self.catalogue.canonical(callee.name) if isinstance(callee, External) else ""
            option = next((o for o in self.catalogue.options_of(name) if o.role == outer.option.role), None)
            if not isinstance(made, form.Call) or name not in outer.option.through or option is None:
                return unknown
            value = self.settings.value(name, option, self.reader.arguments(made, located.scope))
            values.append(Known(value.value) if isinstance(value, Default) else value)
            outer = Setting(option, outer.value, is_free=False)
            if len(given) > 1:
                return unknown
        return replace(outer, value=one_of(values)) if values else unknown

    def _limit(self, given: dict[str, Setting]) -> tuple[int | None, str, bool]:
        """(size and overflow, the setting that takes the limit away, whether by default)."""
        for role in ("size", "overflow"):
            setting = given.get(role)
            if setting is not None and surely_among(setting.value, setting.option.unlimited):
                per_host = given.get("per-host")
                if per_host is not None and not surely_among(per_host.value, per_host.option.unlimited):
                    return None, "", False
                is_default = isinstance(setting.value, Default)
                return None, f"{setting.option.keyword}={_literal(setting.value)}", is_default
        size, overflow = given.get("size"), given.get("overflow")
        if size is None:
            return None, "", False
        total = _count(size.value)
        more = 0 if overflow is None else _count(overflow.value)
        return (None if total is None or more is None else total + more), "", False

    def _kept(self, given: dict[str, Setting], limit: int | None) -> int | None:
        idle = given.get("idle-size")
        if idle is None or not idle.option.closes_above or limit is None:
            return None
        kept = _count(idle.value)
        return kept if kept is not None and kept < limit else None

    def _exhausted(self, construct: ConstructFact, given: dict[str, Setting]) -> _Exhausted:
        """What an acquire does when all connections are in use."""
        constructor, library = construct.constructor, construct.library
        how, seconds = constructor.exhausted, constructor.wait_seconds
        if not how:
            acquire = self._acquire(library, constructor)
            if acquire is None:
                return _Exhausted("", None)
            how, seconds = acquire.exhausted, acquire.wait_seconds
        blocking, timeout = given.get("blocking"), given.get("acquire-timeout")
        if blocking is not None and not isinstance(blocking.value, Default):
            if isinstance(blocking.value, (Unknown, OneOf)):
                return _Exhausted("", None)
            if blocking.value.value:
                how, seconds = "waits-forever", None
        if timeout is None or isinstance(timeout.value, Default) or how in ("grows", "discards"):
            return _Exhausted(how, seconds)
        return _timed(how, timeout)

    def _acquire(self, library: Library, constructor: Constructor) -> Acquire | None:
        made = self.catalogue.joined(library, constructor.makes)
        for acquire in library.acquires:
            if any(self.catalogue.joined(library, on) in self.catalogue.lineage(made) for on in acquire.on):
                return acquire
        return None

    # --- what users declare ---

    def _load(self, construct: ConstructFact) -> Load | None:
        key = construct.key.text if construct.key is not None else ""
        names = (key, key.rpartition(":")[2], key.rpartition(":")[2].rpartition(".")[2])
        return next((self.declared.loads[name] for name in names if name in self.declared.loads), None)

    def _database(self) -> tuple[int, str] | None:
        said = self.declared.concurrency.database_max_connections
        if said is not None:
            return said, "`database-max-connections` of [tool.poollint.concurrency]"
        return self.declared.database_limit

    def _budget(self, pools: list[CapacityFact], database: int, source: str) -> Budget | None:
        """What all pools come to; None where one of them or the number of processes is not known."""
        said = self.declared.concurrency
        processes = said.workers
        if processes is None:
            numbers = {server.number for server in self.demands.servers if server.role == "processes"}
            processes = numbers.pop() if len(numbers) == 1 else None
        limits = [pool.limit for pool in pools]
        if processes is None or any(limit is None for limit in limits):
            return None
        each = sum(limit for limit in limits if limit is not None)
        reserved = RESERVED if said.database_reserved is None else said.database_reserved
        return Budget(len(pools), each, processes, said.hosts or 1, database, reserved, source)


def _timed(how: str, timeout: Setting) -> _Exhausted:
    """With a time limit on the wait that somebody chose."""
    if isinstance(timeout.value, (Unknown, OneOf)):
        return _Exhausted("" if how == "raises" else how, None)
    number = timeout.value.value
    if surely_among(timeout.value, timeout.option.off):
        return _Exhausted("waits-forever", None)
    if not isinstance(number, (int, float)) or isinstance(number, bool):
        return _Exhausted(how, None)
    return _Exhausted("waits", float(number))


def _literal(value: Value) -> object:
    return value.value if isinstance(value, (Known, Default)) else None


def _count(value: Value) -> int | None:
    number = _literal(value)
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else None

"""Every place of a file where a connection or session is acquired, and what becomes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from poollint.analysis.aliases import Denoting
from poollint.analysis.attributes import AttributeReader
from poollint.analysis.effects import effects
from poollint.analysis.handouts import HandOuts
from poollint.analysis.limits import limit_of
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.render import render
from poollint.analysis.scopes import target_path
from poollint.analysis.second_acquires import NestedReader
from poollint.analysis.settings import SettingReader
from poollint.analysis.sites import HELD_KINDS, Site, calls
from poollint.analysis.slow_waits import SlowReader
from poollint.analysis.states import Exit
from poollint.analysis.stretches import stretch_of
from poollint.analysis.surroundings import Standing, Surroundings, outlives, used_in
from poollint.analysis.typestate import Interpreter
from poollint.analysis.wrapping import wrapped
from poollint.catalogue.catalogue import Catalogue
from poollint.model import form
from poollint.model.acquired import AcquireFact, Leak, Misuse, ReleaseSite, WrongRelease
from poollint.model.finding import Step
from poollint.model.identity import Runs
from poollint.model.meaning import Method
from poollint.model.span import Place
from poollint.model.value import Unknown

RunsOf = Callable[[str, str], Runs]
CERTAINTY = (
    "dropped", "overwritten", "deleted", "loop", "return", "end", "raise", "strong", "weak", "cancelled",
)  # fmt: skip
NORMAL = frozenset(CERTAINTY[:6])
SURE = NORMAL | {"raise", "strong"}


class AcquireReader:
    """Reads file by file; what functions hand out is remembered for the whole project."""

    def __init__(self, linker: Linker, settings: SettingReader, runs: RunsOf | None = None) -> None:
        self.linker = linker
        self.runs = runs
        self.settings = settings
        self.hand_outs = HandOuts(linker)
        self._attributes = AttributeReader(linker)
        self._slow = SlowReader(linker)
        self._nested = NestedReader(linker, self.hand_outs.finder, self.hand_outs.summaries)
        self._methods = _acquiring_methods(linker.catalogue)

    def facts(self, path: str) -> tuple[tuple[AcquireFact, ...], dict[str, int]]:
        """The acquires of a file, and by reason how many look like one and could not be resolved."""
        file = self.linker.project.file(path)
        if file is None:
            return (), {}
        found: list[AcquireFact] = []
        unknown: Counter[str] = Counter()
        for function in file.form.functions.values():
            scope = Scope(path, function.qualified)
            surroundings: Surroundings | None = None
            for call in calls(function):
                site = self.hand_outs.finder.site(call, scope)
                if site is None:
                    unknown.update(self._unresolved(call, scope))
                    continue
                if _is_told_before(site, scope, function, self.linker):
                    continue
                surroundings = surroundings or Surroundings(function)
                found.append(self._fact(site, function, scope, surroundings))
        return tuple(found), dict(unknown)

    def _unresolved(self, call: form.Call, scope: Scope) -> list[str]:
        if not isinstance(call.func, form.Attr) or call.func.name not in self._methods:
            return []
        receiver = self.linker.meaning(call.func.base, scope)
        return [receiver.reason.value] if isinstance(receiver, Unknown) else []

    def _fact(self, site: Site, function: form.FunctionForm, scope: Scope, surroundings: Surroundings) -> AcquireFact:
        standing = surroundings.by_ordinal[site.call.ordinal]
        fact = self._plain_fact(site, function, scope, standing)
        if fact.used_in == "with" and site.context == "releases":
            fact = self._nested_in_with(fact, site, function, scope, surroundings)
            if not outlives(standing, function):
                return fact
        if fact.holder and fact.used_in == "bind" and "." in fact.holder:
            is_kept = self._attributes.is_never_released(site, function, scope.path, fact.holder)
            fact = replace(fact, is_kept_for_good=is_kept)
        run = self.hand_outs.interpreted(site, scope, function)
        during = frozenset(run.during)
        leaks = _leaks(run.leaks, scope)
        return replace(
            fact,
            leaks=leaks,
            wrong_releases=_wrong_releases(run, scope, standing),
            releases=_releases(run, scope, surroundings),
            limit=limit_of(site, scope, self.settings) if leaks else None,
            unawaited=tuple(scope.at(ordinal) for ordinal in sorted(run.unawaited_at)),
            misuses=_misuses(run, scope),
            nested=fact.nested or self._nested.of(run.effects, surroundings, during),
            slow_waits=fact.slow_waits or self._slow.of(run.effects, surroundings, during),
            stretch=stretch_of(run.effects, standing, surroundings, run.escapes) if leaks else None,
            runs=self.runs(scope.path, scope.function) if leaks and self.runs is not None else None,
        )

    def _nested_in_with(
        self, fact: AcquireFact, site: Site, function: form.FunctionForm, scope: Scope, surroundings: Surroundings
    ) -> AcquireFact:
        """What the block acquires beside, and awaits."""
        if site.kind == "response":
            return fact
        found = effects(site, scope, function, self.linker, self.hand_outs.summaries)
        during = self._nested.during(found, surroundings.by_ordinal[site.call.ordinal])
        if not during:
            return fact
        slow = self._slow.of(found, surroundings, during)
        return replace(fact, nested=self._nested.of(found, surroundings, during), slow_waits=slow)

    def _plain_fact(self, site: Site, function: form.FunctionForm, scope: Scope, standing: Standing) -> AcquireFact:
        """All but what paths tell."""
        pool = target_path(site.pool) if site.pool is not None else None
        return AcquireFact(
            place=scope.at(site.call.ordinal),
            statement=_place(scope, standing.statement),
            library=site.library,
            acquire=site.acquire,
            returns=site.kind,
            text=render(site.call),
            holder=_holder(standing),
            pool_text=pool or ("" if site.pool is None else render(site.pool)),
            pool=site.key,
            used_in=used_in(standing, lambda call: self._is_closing(call, scope)),
            is_async_function=function.is_async,
            is_resolved=self._is_resolved(site, scope),
            helper="" if site.by is None else site.by.qualified.rpartition(".")[2],
        )

    def _is_closing(self, call: form.Call, scope: Scope) -> bool:
        found = wrapped(self.linker, scope, call)
        return found is not None and found.gives == "closing"

    def _is_resolved(self, site: Site, scope: Scope) -> bool:
        if not site.acquire.unique_method or site.by is not None:
            return True
        return isinstance(self.linker.meaning(site.call.func, scope), Method)


def _is_told_before(site: Site, scope: Scope, function: form.FunctionForm, linker: Linker) -> bool:
    """Whether the same connection, by its key, is acquired by an earlier call as well."""
    denoting = Denoting(site, scope, linker)
    return any(denoting.is_same_again(call) and call.ordinal < site.call.ordinal for call in calls(function))


def _acquiring_methods(catalogue: Catalogue) -> frozenset[str]:
    """Names of methods that hand out connections or sessions."""
    return frozenset(
        method
        for library in catalogue.libraries
        for acquire in library.acquires
        if catalogue.type(catalogue.joined(library, acquire.returns)).kind in HELD_KINDS
        for method in acquire.methods
    )


def _leaks(exits: list[Exit], scope: Scope) -> tuple[Leak, ...]:
    """One of each kind, the most certain first; of several the one with the shortest story."""
    best: dict[str, tuple[tuple[int, int], Leak]] = {}
    for found in exits:
        steps = _steps(found, scope)
        leak = Leak(found.kind, scope.at(found.ordinal), steps)
        rank = (len(steps), found.ordinal)
        if found.kind not in best or rank < best[found.kind][0]:
            best[found.kind] = (rank, leak)
    return tuple(best[kind][1] for kind in CERTAINTY if kind in best)


def _steps(found: Exit, scope: Scope) -> tuple[Step, ...]:
    told = found.trail.told() if found.trail is not None else []
    placed = [(kind, scope.at(ordinal), text) for kind, ordinal, text in told if ordinal >= 0]
    return tuple(Step(kind, place, text) for kind, place, text in placed)


def _misuses(run: Interpreter, scope: Scope) -> tuple[Misuse, ...]:
    """In the order of the text."""
    found: list[Misuse] = []
    for after in sorted(run.after.values(), key=lambda after: after.ordinal):
        place = scope.at(after.ordinal)
        released = scope.at(after.freed) if after.freed >= 0 else None
        told = after.trail.told() if after.trail is not None else []
        steps = tuple(Step(kind, scope.at(at), text) for kind, at, text in told if at >= 0)
        found.append(Misuse(after.kind, place, after.text, released, steps))
    return tuple(found)


def _wrong_releases(run: Interpreter, scope: Scope, standing: Standing) -> tuple[WrongRelease, ...]:
    """What looked like a release on a way that leaks. A `with` is no mistake where the function also releases."""
    ordinals = {found.mistake for found in run.leaks if found.kind in SURE and found.mistake >= 0}
    wrong: list[WrongRelease] = []
    for ordinal in sorted(ordinals):
        mistake = run.mistakes[ordinal]
        if run.released_at and mistake.kind.startswith(("with", "closing")):
            continue
        place = scope.at(ordinal)
        wrong.append(WrongRelease(mistake.kind, place, mistake.text, _right(run, standing)))
    return tuple(wrong)


def _right(run: Interpreter, standing: Standing) -> str:
    """What would release it, as text."""
    site = run.effects.site
    pool = target_path(site.pool) if site.pool is not None else None
    for release in site.acquire.release:
        if release.until_next_use or release.when or release.reads:
            continue
        holder = _holder(standing) or "conn"
        by_pool = f"{pool or 'pool'}.{release.method}({holder})"
        text = f"{holder}.{release.method}()" if release.on == "self" else by_pool
        return f"await {text}" if release.awaited == "must" else text
    return ""


def _releases(run: Interpreter, scope: Scope, surroundings: Surroundings) -> tuple[ReleaseSite, ...]:
    found: list[ReleaseSite] = []
    for ordinal in sorted(run.released_at):
        standing = surroundings.by_ordinal[ordinal]
        place = scope.at(ordinal)
        found.append(ReleaseSite(place, _place(scope, standing.statement), render(standing.call), standing.is_awaited))
    return tuple(found)


def _holder(standing: Standing) -> str | None:
    statement = standing.statement
    target: form.Expr | None = None
    if isinstance(statement, form.Bind) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, form.With):
        target = next((item.target for item in statement.items if _is_around(item.value, standing)), None)
    return None if target is None else target_path(target)


def _is_around(value: form.Expr, standing: Standing) -> bool:
    return value is standing.call or (bool(standing.chain) and value is standing.chain[-1])


def _place(scope: Scope, statement: form.Stmt) -> Place:
    return scope.at(getattr(statement, "ordinal", -1))

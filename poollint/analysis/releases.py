"""Which calls release a site's resource, by the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.reading import Reading
from poollint.analysis.scopes import target_path
from poollint.analysis.sites import Site, call_at
from poollint.model import form
from poollint.model.library import Release
from poollint.model.meaning import Exactly, Typed

ENDING_WORDS = ("close", "disconnect", "release", "terminate", "invalidate", "remove")
IsOurs = Callable[[form.Expr], bool]


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of one site, as seen from one function."""

    site: Site
    scope: Scope
    linker: Linker

    @property
    def reading(self) -> Reading:
        return Reading(self.site, self.linker)

    def of(self, call: form.Call, base_is_ours: bool, is_ours: IsOurs) -> Release | None:
        """The release that a call is, or None. `is_ours` tells whether an argument is the resource."""
        if not isinstance(call.func, form.Attr):
            return None
        for release in self.site.acquire.release:
            if release.method != call.func.name or release.until_next_use or not self._holds(release):
                continue
            if release.on == "self" and base_is_ours:
                return release
            if release.on == "pool" and self._gives_back(call, is_ours):
                return release
        return None

    def by_names(self, call: form.Call, names: frozenset[str]) -> Release | None:
        """The same, for whichever of `names` may be the resource; a session's commit is one as well."""
        base = target_path(call.func.base) if isinstance(call.func, form.Attr) else None
        found = self.of(call, base in names, lambda value: target_path(value) in names)
        if found is None and base in names and self.ends_use(call):
            return next(r for r in self.site.acquire.release if r.until_next_use)
        return found

    def ends_use(self, call: form.Call) -> bool:
        """A method after which the resource holds nothing until its next use (a session's commit)."""
        name = call.func.name if isinstance(call.func, form.Attr) else ""
        return any(r.until_next_use and r.method == name for r in self.site.acquire.release)

    def is_returner(self, callee: form.Attr) -> bool:
        """`pool.putconn` as a value: what is called with the resource to release it."""
        return any(r.on == "pool" and r.method == callee.name for r in self.site.acquire.release)

    def is_closer(self, name: str) -> bool:
        """`conn.close` as a value, where that releases."""
        return any(
            r.on == "self" and r.method == name and not r.until_next_use and self._holds(r)
            for r in self.site.acquire.release
        )

    def is_other_pool(self, call: form.Call) -> bool:
        """Whether a release goes to a pool that is certainly not the one it was acquired from."""
        if self.site.key is None or not isinstance(call.func, form.Attr):
            return False
        receiver = self.linker.meaning(call.func.base, self.scope)
        return isinstance(receiver, Typed) and receiver.key is not None and receiver.key != self.site.key

    def is_mistaken(self, name: str) -> bool:
        """Whether a method of the resource looks like its release and, by the catalogue, is none."""
        return name in self.site.acquire.not_release and any(word in name for word in ENDING_WORDS)

    def is_of_factory(self, call: form.Call) -> bool:
        """`Local.close()`: asked of what made the session, which keeps none."""
        if not isinstance(call.func, form.Attr) or call.func.name not in ENDING_WORDS:
            return False
        maker = self.linker.meaning(call.func.base, self.scope) if self.is_pool(call.func.base) else None
        return isinstance(maker, Typed) and self.linker.catalogue.type(maker.type_id).kind == "factory"

    def closes_pool(self, call: form.Call) -> bool:
        """`pool.closeall()`, `engine.dispose()`: what was acquired from it ends too, as far as we can tell."""
        if not isinstance(call.func, form.Attr) or not self.is_pool(call.func.base):
            return False
        pool = self.linker.meaning(call.func.base, self.scope)
        made = self.linker.catalogue.constructor_of_type(pool.type_id) if isinstance(pool, Typed) else None
        return made is not None and call.func.name in made[1].close

    def is_pool(self, expression: form.Expr | None) -> bool:
        """Whether an expression, by its text, is what the resource was acquired from."""
        pool = None if self.site.pool is None else target_path(self.site.pool)
        return pool is not None and expression is not None and target_path(expression) == pool

    def _gives_back(self, call: form.Call, is_ours: IsOurs) -> bool:
        if any(is_ours(argument.value) for argument in call.args):
            return True
        assert isinstance(call.func, form.Attr)
        return not call.args and self.is_pool(call.func.base)

    def _holds(self, release: Release) -> bool:
        """Whether the pool was made so that this is a release; in doubt it is one."""
        return all(self._was_given(keyword, wanted) for keyword, wanted in release.when.items())

    def _was_given(self, keyword: str, wanted: object) -> bool:
        """False when the pool's construction is in sight and certainly lacks `keyword=wanted`."""
        pool = self.linker.meaning(self.site.pool, self.scope) if self.site.pool is not None else None
        if not isinstance(pool, Typed) or pool.origin is None:
            return True
        made = call_at(self.linker, pool.origin)
        if made is None or any(a.star == "**" for a in made.args):
            return True
        value = next((a.value for a in made.args if a.keyword == keyword), None)
        if value is None:
            return False
        found = self.linker.meaning(value, Scope(pool.origin.path, pool.origin.function))
        return not isinstance(found, Exactly) or found.value == wanted

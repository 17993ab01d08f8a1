"""How many connections the pool of a site has, where that can be read."""

from __future__ import annotations

from poollint.analysis.linking import Scope
from poollint.analysis.settings import SettingReader
from poollint.analysis.sites import Site, call_at
from poollint.model.meaning import Typed
from poollint.model.value import Default, Known, OneOf, Unknown, Value


def limit_of(site: Site, scope: Scope, settings: SettingReader) -> Value | None:
    """The pool's size plus its overflow; None when its construction is out of sight."""
    linker = settings.reader.linker
    pool = linker.meaning(site.pool, scope) if site.pool is not None and site.by is None else None
    if not isinstance(pool, Typed) or pool.origin is None or not pool.made_by:
        return None
    made = call_at(linker, pool.origin)
    if made is None:
        return None
    arguments = settings.reader.arguments(made, Scope(pool.origin.path, pool.origin.function))
    given = settings.by_role(pool.made_by, arguments)
    if "size" not in given:
        return None
    return _sum(given["size"], given["overflow"]) if "overflow" in given else given["size"]


def _sum(size: Value, overflow: Value) -> Value:
    for value in (size, overflow):
        if isinstance(value, (Unknown, OneOf)):
            return value
    assert isinstance(size, (Known, Default)) and isinstance(overflow, (Known, Default))
    if not _is_count(size.value) or not _is_count(overflow.value):
        return size
    assert isinstance(size.value, int) and isinstance(overflow.value, int)
    total = size.value + overflow.value
    if isinstance(size, Default) and isinstance(overflow, Default):
        return Default(total, size.source)
    return Known(total)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0

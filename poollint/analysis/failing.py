"""How surely a call on a held resource, or on something of it, may fail; and what its result keeps."""

from __future__ import annotations

from poollint.analysis.effects import Effects
from poollint.analysis.quiet import QUIET_METHODS
from poollint.model import form
from poollint.model.library import Derive
from poollint.model.meaning import Awaitable, Meaning, Method, Typed

SURE = frozenset({
    "close", "cursor", "add", "add_all", "expunge", "expunge_all", "expire", "expire_all", "fileno", "set_session",
    "set_isolation_level", "set_client_encoding", "mogrify", "keys", "scalars", "mappings",
})  # fmt: skip
UNDOING = frozenset({"rollback", "cancel", "reset", "discard"})
KEEPING = frozenset({"cursor"})
KEEPING_KINDS = ("cursor", "connection", "session")


def failure(effects: Effects, call: form.Call, is_on_it: bool = False) -> str:
    """The exception edge of a method call: "strong", "weak" or "" (it does not fail in practice). `is_on_it`: on
    the resource itself, so that its type is known whatever the linker says."""
    assert isinstance(call.func, form.Attr)
    name = call.func.name
    derived = _derived(effects, call, is_on_it)
    if derived is not None and not derived.may_raise:
        return ""
    if derived is None:
        is_aside = isinstance(call.func.base, form.Attr)
        if name in SURE or (is_aside and name in QUIET_METHODS):
            return ""
        if is_aside:
            # A method of an attribute (`conn.info.read()`): it may have nothing to do with the server.
            return "weak"
    if name in UNDOING and not _has_slot(effects):
        # What has no slot in a pool dies with its broken connection: nothing stays behind.
        return "weak"
    return "strong"


def _has_slot(effects: Effects) -> bool:
    """Whether a pool counts the resource until it comes back, as opposed to a driver's own connection."""
    return effects.site.kind == "connection" and bool(effects.acquire.methods)


def _derived(effects: Effects, call: form.Call, is_on_it: bool = False) -> Derive | None:
    found = effects.linker.meaning(call.func, effects.scope)
    if isinstance(found, Method):
        return effects.linker.catalogue.derive(found.receiver.type_id, found.name)
    if is_on_it and isinstance(call.func, form.Attr):
        return effects.linker.catalogue.derive(effects.site.type_id, call.func.name)
    return None


def runs_when_read(effects: Effects, expression: form.Expr, how: str) -> bool:
    """Whether an object asks the server when it is iterated (`how` is "__iter__") or indexed ("__getitem__"), as a
    query that was only built does."""
    found = effects.linker.meaning(expression, effects.scope)
    if not isinstance(found, Typed):
        return False
    derived = effects.linker.catalogue.derive(found.type_id, how)
    return derived is not None and derived.may_raise


def keeps_resource(effects: Effects, call: form.Call, is_on_it: bool = False) -> bool:
    """Whether who has the call's result still has the resource (a cursor), as opposed to rows read from it."""
    derived = _derived(effects, call, is_on_it)
    if derived is not None:
        return derived.holds or _kind(effects, effects.linker.meaning(call, effects.scope)) in KEEPING_KINDS
    assert isinstance(call.func, form.Attr)
    return call.func.name in KEEPING


def gives_itself(effects: Effects, call: form.Call) -> bool:
    """Whether a method returns the resource that it was called on (`conn.execution_options(...)`)."""
    derived = _derived(effects, call, is_on_it=True)
    return derived is not None and derived.holds and derived.returns == effects.site.type_id


def _kind(effects: Effects, found: Meaning) -> str:
    if isinstance(found, Awaitable):
        found = found.result
    return effects.linker.catalogue.type(found.type_id).kind if isinstance(found, Typed) else "other"

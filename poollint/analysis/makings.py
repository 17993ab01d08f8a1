"""Calls that make a pool, engine or client, and what their arguments say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from poollint.analysis.freshness import FreshnessReader
from poollint.analysis.scopes import parts, statement_expressions, statements
from poollint.analysis.values import Arguments, ValueReader
from poollint.model import form
from poollint.model.library import POOL_OWNING, Constructor, Library
from poollint.model.meaning import External, Meaning, Method
from poollint.model.value import Known, OneOf, Unknown

LOOPBACK = re.compile(r"(?:localhost|127\.[\d.]+|\[::1\])(?::|$)")
MADE_KINDS = (*POOL_OWNING, "connection", "one-shot")


@dataclass(frozen=True, slots=True)
class Made:
    """A construction: its call, and the catalogue's words for it."""

    call: form.Call
    library: Library
    constructor: Constructor
    name: str


class MakingReader:
    """Reads one construction."""

    def __init__(self, reader: ValueReader, freshness: FreshnessReader) -> None:
        self.reader = reader
        self.freshness = freshness
        self.linker = reader.linker
        self.catalogue = reader.linker.catalogue

    def made(self, call: form.Call, dotted: str) -> Made | None:
        """The construction that a call of an outside name is; None for one that uses another's pool."""
        known = self.catalogue.constructor(dotted)
        if known is None:
            return None
        library, constructor = known
        keywords = {argument.keyword for argument in call.args}
        if constructor.kind not in MADE_KINDS or constructor.shared or keywords & set(constructor.changes_kind):
            return None
        return Made(call, library, constructor, self.catalogue.canonical(dotted))

    def made_by(self, call: form.Call, callee: Meaning) -> Made | None:
        """The construction by a constructor, or by a method that makes a new client each time."""
        if isinstance(callee, External):
            return self.made(call, callee.name)
        if not isinstance(callee, Method):
            return None
        kind = self.catalogue.factory_result(callee.receiver.type_id, callee.name)
        known = self.catalogue.constructor_of_type(kind) if kind is not None else None
        if known is None or known[1].kind not in POOL_OWNING:
            return None
        return Made(call, *known, self.catalogue.canonical(known[1].names[0]))

    def is_at_import(self, made: Made, function: form.FunctionForm, arguments: Arguments) -> bool:
        """Whether it is made by a module's own statements, though it needs a running event loop."""
        constructor = made.constructor
        at_module_level = function.qualified == form.MODULE or (
            function.name == form.CLASS_BODY and function.parent is None
        )
        if not at_module_level or constructor.import_time == "allowed":
            return False
        for keyword, allowed in constructor.import_time_unless.items():
            given = arguments.given(keyword, None)
            value = self.reader.values(given) if given else None
            if arguments.keywords.open_for is not None or isinstance(value, (Unknown, OneOf)):
                return False
            if isinstance(value, Known) and value.value == allowed:
                return False
        return not _runs_in_loop(function, made.call)

    def is_unpooled(self, made: Made, arguments: Arguments) -> bool:
        known = self.catalogue.freshness_of(made.name)
        return made.name in made.constructor.unpooled or (
            known is not None and self.freshness.keeps_nothing(arguments, known[1])
        )

    def is_off_network(self, made: Made, arguments: Arguments) -> bool:
        """Whether an argument keeps it in this process (an ASGI transport, a mock)."""
        for keyword, names in made.constructor.off_network.items():
            for located in arguments.keywords.values.get(keyword, ()):
                value = located.expression
                if isinstance(value, form.Name):
                    defined = self.reader.definitions(value, located.scope) or []
                    value = defined[0].expression if len(defined) == 1 else value
                callee = self.linker.meaning(value.func if isinstance(value, form.Call) else value, located.scope)
                if isinstance(callee, External) and (not names or self.catalogue.canonical(callee.name) in names):
                    return True
        return False

    def fixed_host(self, made: Made, arguments: Arguments) -> str:
        """`https://api.example.com` when the URL's host is written in the call; "" when not, and for this very machine,
        where connecting costs next to nothing."""
        if made.constructor.kind != "one-shot":
            return ""
        for candidate in (*arguments.keywords.values.get("url", ()), *arguments.positions[:2]):
            text = self.reader.prefix(candidate.expression, candidate.scope) or ""
            scheme, separator, rest = text.partition("://")
            host, slash, _ = rest.partition("/")
            if separator and slash and host and not LOOPBACK.match(host):
                return f"{scheme}://{host}"
        return ""


def _runs_in_loop(function: form.FunctionForm, call: form.Call) -> bool:
    """Whether a call at module level is awaited (a notebook), or handed to what may run it in a loop later."""
    for statement in statements(function.body):
        for expression in statement_expressions(statement):
            inner = parts(expression) if isinstance(expression, (form.Await, form.Call)) else ()
            if any(isinstance(e, form.Call) and e.ordinal == call.ordinal for e in inner):
                return True
    return False

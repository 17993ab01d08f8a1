"""Constructions whose connections go stale: kept for ever, not looked at before use, or renewed too late."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from poollint.analysis.definitions import Located
from poollint.analysis.followed import KEPT, SHARED, Followed, Maker
from poollint.analysis.lifetimes import LifeReader
from poollint.analysis.linking import Scope
from poollint.analysis.render import render
from poollint.analysis.scopes import statements, target_path
from poollint.analysis.settings import SettingReader, surely_among
from poollint.analysis.sites import calls
from poollint.analysis.values import Arguments, dialect_of
from poollint.model import form
from poollint.model.facts import FreshnessFact
from poollint.model.identity import Runs
from poollint.model.library import Library
from poollint.model.meaning import External
from poollint.model.option import Freshness, Option
from poollint.model.value import Known, Unknown, Value

URL_MAKERS = frozenset({"create", "make_url", "URL", "parse_url"})


class FreshnessReader:
    """Finds them in one function at a time."""

    def __init__(self, settings: SettingReader, runs: Callable[[str, str], Runs]) -> None:
        self.settings = settings
        self.reader = reader = settings.reader
        self.runs = runs
        self.lives = LifeReader(reader.linker)
        self.catalogue = reader.linker.catalogue

    def facts(self, function: form.FunctionForm, path: str) -> list[FreshnessFact]:
        scope = Scope(path, function.qualified)
        found: list[FreshnessFact] = []
        for call in calls(function):
            callee = self.reader.linker.meaning(call.func, scope)
            known = self.catalogue.freshness_of(callee.name) if isinstance(callee, External) else None
            if known is None or not isinstance(callee, External) or self._is_dropped(call, function, scope):
                continue
            facts = self._facts(call, callee.name, scope, *known)
            if facts and facts[0].dialect is None and self._has_exempt_sibling(call, function, scope):
                continue
            found += facts
        return found

    def _is_dropped(self, call: form.Call, function: form.FunctionForm, scope: Scope) -> bool:
        """Whether it ends with the function that makes it, and so do its connections: none idles long enough to die."""
        maker = Maker(call, function, scope, ())
        lifetime = self.lives.life(maker).lifetime
        if lifetime not in ("local", "handed-on") or (lifetime == "handed-on" and not self._is_only_lent(maker)):
            return False
        kept = Followed(self.reader.linker, maker, KEPT)
        returned = [s.value for s in statements(function.body) if isinstance(s, form.Return)]
        is_given = any(value is not None and kept.inside(value) for value in returned)
        return not (is_given and self._is_kept_by_owner(function, scope))

    def _is_only_lent(self, maker: Maker) -> bool:
        """Whether it is handed to plain functions of other libraries alone, which use it and come back."""
        shared = Followed(self.reader.linker, maker, SHARED)
        takers = [call for call in calls(maker.function) if any(shared.inside(a.value) for a in call.args)]
        callees = [self.reader.linker.meaning(call.func, maker.scope) for call in takers]
        if not callees or not all(isinstance(c, External) and _is_function(c.name) for c in callees):
            return False
        for statement in statements(maker.function.body):
            if isinstance(statement, form.Bind) and statement.value is not None and shared.inside(statement.value):
                if not all(isinstance(target, form.Name) for target in statement.targets):
                    return False
        file = self.reader.linker.project.file(maker.scope.path)
        nested = file.form.functions.values() if file is not None else ()
        return not any(each.parent == maker.function.qualified for each in nested)

    def _is_kept_by_owner(self, function: form.FunctionForm, scope: Scope) -> bool:
        """Whether the object whose method this is keeps what it returns: `self.connection = self.connect()`."""
        file = self.reader.linker.project.file(scope.path)
        methods = file.methods.get(function.owner, ()) if file is not None and function.owner else ()
        return any(_keeps_result(s, function.name) for method in methods for s in statements(method.body))

    def _has_exempt_sibling(self, call: form.Call, function: form.FunctionForm, scope: Scope) -> bool:
        """Whether the name that gets it gets, on other branches, only ones of databases that never go stale."""
        bound: dict[str, list[form.Call]] = {}
        for statement in statements(function.body):
            if isinstance(statement, form.Bind) and isinstance(statement.value, form.Call):
                for target in statement.targets:
                    bound.setdefault(target_path(target) or "", []).append(statement.value)
        for name, values in bound.items():
            if name and any(value.ordinal == call.ordinal for value in values):
                siblings = [self._exempt_by_dialect(value, scope) for value in values if value.ordinal != call.ordinal]
                return bool(siblings) and all(siblings)
        return False

    def _exempt_by_dialect(self, call: form.Call, scope: Scope) -> bool:
        callee = self.reader.linker.meaning(call.func, scope)
        known = self.catalogue.freshness_of(callee.name) if isinstance(callee, External) else None
        if known is None:
            return False
        return self.dialect(self.reader.arguments(call, scope), known[1]) in known[1].exempt_dialects

    def _facts(
        self, call: form.Call, dotted: str, scope: Scope, library: Library, freshness: Freshness
    ) -> list[FreshnessFact]:
        arguments = self.reader.arguments(call, scope)
        if arguments.keywords.open_for is not None or self._is_exempt(arguments, freshness):
            return []
        options = {o.keyword: o for o in self.catalogue.options_of(dotted) if o.keyword in freshness.any_of}
        values = {k: self._value(dotted, k, options.get(k), arguments) for k in freshness.any_of}
        dialect = self.dialect(arguments, freshness)
        if dialect is not None and dialect in freshness.exempt_dialects:
            return []
        fact = FreshnessFact(
            place=scope.at(call.ordinal),
            library=library,
            name=render(call.func),
            text=render(call),
            freshness=freshness,
            dialect=dialect,
            runs=self.runs(scope.path, scope.function),
            options=tuple(options.values()),
            spread=frozenset(arguments.keywords.values) - {argument.keyword or "" for argument in call.args},
            is_given=any(isinstance(value, Known) for value in values.values()),
        )
        off = {k for k, value in values.items() if value is None or _is_off(value, options.get(k))}
        if off == set(freshness.any_of):
            return [replace(fact, fault="unchecked" if freshness.only_check else "kept")]
        if freshness.check not in off:
            return []
        found = [replace(fact, fault="unchecked")] if all(self._is_sure(values[k]) for k in values) else []
        return [*found, *self._too_long(fact, values.get(freshness.recycle), arguments)]

    def _value(self, dotted: str, keyword: str, option: Option | None, arguments: Arguments) -> Value | None:
        """What a setting may be, None when it is not given and has no default that is known."""
        given = arguments.given(keyword, option.position if option is not None else None)
        if given:
            return self.reader.values(given)
        return None if option is None else self.settings.default(dotted, option)

    def _is_sure(self, value: Value | None) -> bool:
        return not isinstance(value, Unknown)

    def _too_long(self, fact: FreshnessFact, recycle: Value | None, arguments: Arguments) -> list[FreshnessFact]:
        """Renewed later than the server waits, by its own default or by what the call sets."""
        server = self._server_seconds(fact, arguments)
        if not isinstance(recycle, Known) or not isinstance(recycle.value, (int, float)) or server is None:
            return []
        if recycle.value < server:
            return []
        return [replace(fact, fault="too-long", recycle=recycle.value, server=server)]

    def _server_seconds(self, fact: FreshnessFact, arguments: Arguments) -> float | None:
        """The time after which the server closes an idle connection, where it is known."""
        word = fact.freshness.server_setting
        for located in (each for values in arguments.keywords.values.values() for each in values) if word else ():
            for text in self._texts(located):
                match = re.search(rf"\b{word}\s*=\s*(\d+)", text)
                if match is not None:
                    return float(match.group(1))
        return fact.freshness.server_seconds.get(fact.dialect or "")

    def _texts(self, located: Located) -> list[str]:
        """The literal texts in a value, and in the dict that it is."""
        entries = [each for values in self.reader.entries(*_split(located)).values.values() for each in values]
        known = [self.reader.value(each.expression, each.scope) for each in (located, *entries)]
        return [value.value for value in known if isinstance(value, Known) and isinstance(value.value, str)]

    def _is_exempt(self, arguments: Arguments, freshness: Freshness) -> bool:
        """Given at all: settings that make pooling another's business, or a pool class that keeps nothing."""
        given = arguments.keywords.values
        for keyword, keys in freshness.exempt_arguments.items():
            dicts = [self.reader.entries(each.expression, each.scope) for each in given.get(keyword, ())]
            if any(key in entries.values for entries in dicts for key in keys):
                return True
        return any(k in given for k in freshness.exempt_keywords) or self.keeps_nothing(arguments, freshness)

    def keeps_nothing(self, arguments: Arguments, freshness: Freshness) -> bool:
        """Whether a pool class is given that does not pool, or one that is not known."""
        for keyword, names in freshness.exempt_values.items():
            for located in arguments.keywords.values.get(keyword, ()):
                found = self.reader.linker.meaning(located.expression, located.scope)
                known = self.reader.value(located.expression, located.scope)
                if isinstance(known, Known) and known.value is None:
                    continue
                if not isinstance(found, External) or self.catalogue.canonical(found.name) in names:
                    return True
        return False

    def dialect(self, arguments: Arguments, freshness: Freshness) -> str | None:
        """The database's name in the URL; None when it is not written."""
        given = arguments.given(freshness.url_keyword, freshness.url_position)
        found = {self._url_dialect(located) for located in given}
        return found.pop() if len(found) == 1 else None

    def _url_dialect(self, located: Located, hops: int = 0) -> str | None:
        text = self.reader.prefix(located.expression, located.scope)
        if text is not None:
            return dialect_of(text)
        expression = located.expression
        if isinstance(expression, form.Call):
            return self._made_url(expression, located.scope, hops)
        if isinstance(expression, (form.Name, form.Attr)) and hops < 4:
            defined = self.reader.definitions(expression, located.scope) or []
            found = {self._url_dialect(definition, hops + 1) for definition in defined}
            return found.pop() if len(found) == 1 else None
        return None

    def _made_url(self, call: form.Call, scope: Scope, hops: int) -> str | None:
        """`URL.create("mysql+pymysql", ...)` and the like: the driver's name is the first argument."""
        name = (target_path(call.func) or "").rpartition(".")[2]
        if name not in URL_MAKERS or hops > 4:
            return None
        for argument in call.args:
            if argument.keyword in (None, "drivername", "name_or_url"):
                text = self.reader.prefix(argument.value, scope)
                if text is None:
                    return None
                return dialect_of(text) or dialect_of(f"{text}:")
        return None


def _is_function(dotted: str) -> bool:
    """Whether a name of a library is that of a function, by how it is written."""
    return dotted.rpartition(".")[2][:1].islower()


def _keeps_result(statement: form.Stmt, method: str) -> bool:
    """`self.x = self.method()`."""
    if not isinstance(statement, form.Bind) or not isinstance(statement.value, form.Call):
        return False
    callee = statement.value.func
    is_it = isinstance(callee, form.Attr) and callee.name == method
    return is_it and any(isinstance(target, form.Attr) for target in statement.targets)


def _is_off(value: Value, option: Option | None) -> bool:
    """Whether the setting does nothing, on every path; what is not known may do something."""
    return surely_among(value, () if option is None else option.off)


def _split(located: Located) -> tuple[form.Expr, Scope]:
    return located.expression, located.scope

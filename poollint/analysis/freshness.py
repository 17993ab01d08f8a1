"""Constructions whose connections are kept for ever: neither recycled nor checked before use."""

from __future__ import annotations

from collections.abc import Callable

from poollint.analysis.followed import Maker
from poollint.analysis.lifetimes import LifeReader
from poollint.analysis.linking import Scope
from poollint.analysis.render import render
from poollint.analysis.scopes import target_path
from poollint.analysis.sites import calls
from poollint.analysis.values import Arguments, Located, ValueReader, dialect_of
from poollint.model import form
from poollint.model.facts import FreshnessFact, Runs
from poollint.model.library import Freshness, Library, Option
from poollint.model.meaning import External
from poollint.model.span import Place
from poollint.model.value import Known, OneOf, Unknown

URL_MAKERS = frozenset({"create", "make_url", "URL", "parse_url"})


class FreshnessReader:
    """Finds them in one function at a time."""

    def __init__(self, reader: ValueReader, runs: Callable[[str, str], Runs]) -> None:
        self.reader = reader
        self.runs = runs
        self.lives = LifeReader(reader.linker)
        self.catalogue = reader.linker.catalogue

    def facts(self, function: form.FunctionForm, path: str) -> list[FreshnessFact]:
        scope = Scope(path, function.qualified)
        found: list[FreshnessFact] = []
        for call in calls(function):
            callee = self.reader.linker.meaning(call.func, scope)
            known = self.catalogue.freshness_of(callee.name) if isinstance(callee, External) else None
            if known is None or self._is_dropped(call, function, scope):
                continue
            fact = self._fact(call, scope, *known)
            if fact is not None:
                found.append(fact)
        return found

    def _is_dropped(self, call: form.Call, function: form.FunctionForm, scope: Scope) -> bool:
        """Whether it ends with the function that makes it: nothing idles in it long enough to die."""
        return self.lives.life(Maker(call, function, scope, ())).lifetime == "local"

    def _fact(self, call: form.Call, scope: Scope, library: Library, freshness: Freshness) -> FreshnessFact | None:
        arguments = self.reader.arguments(call, scope)
        if arguments.keywords.open_for is not None or self._is_exempt(arguments, freshness):
            return None
        options = tuple(o for o in library.options if o.keyword in freshness.any_of)
        if any(self._is_set(keyword, arguments, options) for keyword in freshness.any_of):
            return None
        dialect = self._dialect(arguments, freshness)
        if dialect is not None and dialect in freshness.exempt_dialects:
            return None
        return FreshnessFact(
            place=Place(scope.path, scope.function, call.ordinal),
            library=library,
            name=render(call.func),
            text=render(call),
            freshness=freshness,
            dialect=dialect,
            runs=self.runs(scope.path, scope.function),
            options=options,
        )

    def _is_exempt(self, arguments: Arguments, freshness: Freshness) -> bool:
        """Given at all: settings that make pooling another's business, or a pool class that keeps nothing."""
        given = arguments.keywords.values
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

    def _is_set(self, keyword: str, arguments: Arguments, options: tuple[Option, ...]) -> bool:
        """Whether the option may be given a value that does something; what is not known may."""
        option = next((o for o in options if o.keyword == keyword), None)
        given = arguments.given(keyword, option.position if option is not None else None)
        if not given:
            return False
        value = self.reader.values(given)
        if isinstance(value, Unknown):
            return True
        off = option.off if option is not None else ()
        literals = value.values if isinstance(value, OneOf) else (value.value,)
        return any(not any(literal is o or literal == o for o in off) for literal in literals)

    def _dialect(self, arguments: Arguments, freshness: Freshness) -> str | None:
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

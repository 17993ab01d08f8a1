"""Settings of constructions that certainly fail or have no effect, by the catalogue's list of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from poollint.analysis.definitions import Located
from poollint.analysis.linking import Scope
from poollint.analysis.render import render
from poollint.analysis.settings import SettingReader, is_among, literals
from poollint.analysis.sites import calls
from poollint.analysis.values import Arguments
from poollint.model import form
from poollint.model.facts import MisfitFact
from poollint.model.library import Library
from poollint.model.meaning import External, Method, Typed
from poollint.model.option import Misfit, Option
from poollint.model.value import Known, Literal, Value


@dataclass(frozen=True, slots=True)
class Given:
    """One call and what it is given. `options` are the settings that the catalogue lists for it."""

    call: form.Call
    scope: Scope
    dotted: str
    arguments: Arguments
    options: dict[str, Option]

    def of(self, keyword: str, position: int | None = None) -> list[Located]:
        """What may be the value of a setting; [] when it is not given, or only on some paths."""
        option = self.options.get(keyword)
        place = position if position is not None or option is None else option.position
        if keyword in self.arguments.keywords.values and keyword not in self.arguments.keywords.certain:
            return []
        return self.arguments.given(keyword, place)


class MisfitReader:
    """Finds them in one function at a time."""

    def __init__(self, settings: SettingReader) -> None:
        self.settings = settings
        self.reader = settings.reader
        self.linker = settings.reader.linker
        self.catalogue = self.linker.catalogue

    def facts(self, function: form.FunctionForm, path: str) -> list[MisfitFact]:
        scope = Scope(path, function.qualified)
        found: list[MisfitFact] = []
        for call in calls(function):
            callee = self.linker.meaning(call.func, scope)
            if isinstance(callee, External):
                known, dotted = self.catalogue.misfits(callee.name), callee.name
            elif isinstance(callee, Method):
                known, dotted = self.catalogue.misfits_of_method(callee.receiver.type_id, callee.name), ""
            else:
                continue
            if known:
                options = {o.keyword: o for o in self.catalogue.options_of(dotted)} if dotted else {}
                given = Given(call, scope, dotted, self.reader.arguments(call, scope), options)
                found += self._of_call(given, known)
        return found

    def _of_call(self, given: Given, known: Sequence[tuple[Library, Misfit]]) -> Iterator[MisfitFact]:
        """One fact a setting: the first entry that holds."""
        seen: set[str] = set()
        for library, misfit in known:
            fact = None if misfit.keyword in seen else self._fact(given, library, misfit)
            if fact is not None:
                seen.add(misfit.keyword)
                yield fact

    def _fact(self, given: Given, library: Library, misfit: Misfit) -> MisfitFact | None:
        located = given.of(misfit.keyword, misfit.position)
        if not located and not misfit.less_than:
            return None
        if not self._is_of_value(given, misfit, located) or self._has(given, misfit.without):
            return None
        others = [self._beside(given, keyword, values) for keyword, values in misfit.beside.items()]
        if misfit.less_than:
            others.append(self._greater(given, misfit))
        if any(other is None for other in others):
            return None
        return MisfitFact(
            place=given.scope.at(given.call.ordinal),
            library=library,
            text=render(given.call),
            misfit=misfit,
            argument=_shown(misfit.keyword, located, self._setting(given, misfit.keyword)),
            other=", ".join(other for other in others if other),
            is_open=any(a.keyword == misfit.keyword for a in given.call.args),
        )

    # --- conditions ---

    def _is_of_value(self, given: Given, misfit: Misfit, located: list[Located]) -> bool:
        """Whether the setting's own value is, on every path, one that is at fault."""
        if misfit.values and not all(self._is_one_of(each, misfit.values) for each in located):
            return False
        if misfit.types and not all(self._is_of_type(each, misfit.types) for each in located):
            return False
        if misfit.schemes and not all(self._scheme(each) in misfit.schemes for each in located):
            return False
        if misfit.over is None and misfit.under is None:
            return True
        numbers = [_number(literal) for literal in literals(self.reader.values(located))]
        over, under = misfit.over, misfit.under
        return bool(numbers) and all(
            number is not None and (over is None or number > over) and (under is None or number < under)
            for number in numbers
        )

    def _is_one_of(self, located: Located, listed: tuple[object, ...]) -> bool:
        found = self.linker.meaning(located.expression, located.scope)
        if isinstance(found, External):
            return self.catalogue.canonical(found.name) in {self.catalogue.canonical(str(each)) for each in listed}
        values = literals(self.reader.value(located.expression, located.scope))
        return bool(values) and all(is_among(value, listed) for value in values)

    def _is_of_type(self, located: Located, types: tuple[str, ...]) -> bool:
        found = self.linker.meaning(located.expression, located.scope)
        return isinstance(found, Typed) and found.type_id in types

    def _scheme(self, located: Located) -> str:
        text = self.reader.prefix(located.expression, located.scope) or ""
        scheme, separator, _ = text.partition("://")
        return scheme.lower() if separator else ""

    def _has(self, given: Given, keywords: tuple[str, ...]) -> bool:
        """Whether one of the settings is given, or may be."""
        if not keywords:
            return False
        if given.arguments.keywords.open_for is not None:
            return True
        return any(given.arguments.given(k, self._position(given, k)) for k in keywords)

    def _position(self, given: Given, keyword: str) -> int | None:
        option = given.options.get(keyword)
        return None if option is None else option.position

    def _beside(self, given: Given, keyword: str, values: tuple[object, ...]) -> str | None:
        """The other setting as it is written, if it is there with one of the values."""
        located = given.of(keyword)
        known_none = [self.reader.value(each.expression, each.scope) for each in located]
        if not located or any(isinstance(value, Known) and value.value is None for value in known_none):
            return None
        if values and not all(self._is_one_of(each, values) for each in located):
            return None
        return f"{keyword}={render(located[0].expression)}"

    def _greater(self, given: Given, misfit: Misfit) -> str | None:
        """The setting that is greater, with its value; one of the two at least must be given."""
        less, more = self._setting(given, misfit.keyword), self._setting(given, misfit.less_than)
        is_given = any(given.of(keyword) for keyword in (misfit.keyword, misfit.less_than))
        numbers = [[_number(literal) for literal in literals(value)] for value in (less, more)]
        if not is_given or not all(numbers):
            return None
        if any(low is None or _is_unlimited(given, misfit.keyword, low) for low in numbers[0]):
            return None
        if any(low is None or high is None or low >= high for low in numbers[0] for high in numbers[1]):
            return None
        return _shown(misfit.less_than, given.of(misfit.less_than), more)

    def _setting(self, given: Given, keyword: str) -> Value:
        option = given.options.get(keyword)
        if option is None:
            return self.reader.values(given.arguments.given(keyword, None))
        return self.settings.value(given.dotted, option, given.arguments)


def _is_unlimited(given: Given, keyword: str, number: float) -> bool:
    option = given.options.get(keyword)
    return option is not None and is_among(number, option.unlimited)


def _number(literal: Literal) -> float | None:
    return literal if isinstance(literal, (int, float)) and not isinstance(literal, bool) else None


def _shown(keyword: str, located: list[Located], value: Value) -> str:
    """`pool_size=5`, or with the library's default where it is not given."""
    if located:
        return f"{keyword}={render(located[0].expression)}"
    return f"the default {keyword}={literals(value)[0]}" if literals(value) else keyword
